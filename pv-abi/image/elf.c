/* SPDX-License-Identifier: MIT */
#include <pv-abi/image/elf.h>

#include <string.h>

#include <pv-abi/version.h>

#include <pv-abi/image/elf_note.h>

/* The parts of the ELF format that matter here. */
struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_program {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct elf_section {
    uint32_t name, type;
    uint64_t flags, addr, offset, size;
    uint32_t link, info;
    uint64_t addralign, entsize;
};

#define ET_EXEC   2
#define ET_DYN    3
#define EM_X86_64 62
#define PT_LOAD   1
#define PT_NOTE   4
#define SHT_NOTE  7

static bool refuse(struct elf_image *image, const char *why)
{
    image->error = why;
    return false;
}

static bool in_file(const struct elf_image *image, uint64_t offset, uint64_t n)
{
    return offset <= image->size && n <= image->size - offset;
}

/* The header was checked by elf_read: tables lie within the file. */
static struct elf_header header_of(const struct elf_image *image)
{
    struct elf_header h;

    memcpy(&h, image->file, sizeof(h));
    return h;
}

static struct elf_program program(const struct elf_image *image,
                                  const struct elf_header *h, unsigned int i)
{
    struct elf_program p;

    memcpy(&p, image->file + h->phoff + i * sizeof(p), sizeof(p));
    return p;
}

static struct elf_section section(const struct elf_image *image,
                                  const struct elf_header *h, unsigned int i)
{
    struct elf_section s;

    memcpy(&s, image->file + h->shoff + i * sizeof(s), sizeof(s));
    return s;
}

static bool check_header(struct elf_image *image)
{
    static const uint8_t magic[7] = {
        0x7f, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little endian */, 1};
    struct elf_header h;

    if (image->size < sizeof(h))
        return refuse(image, "shorter than an ELF header");
    h = header_of(image);
    if (memcmp(h.ident, magic, 4) != 0)
        return refuse(image, "no ELF file");
    if (memcmp(h.ident, magic, sizeof(magic)) != 0 || h.machine != EM_X86_64)
        return refuse(image, "no ELF file for 64-bit x86");
    if (h.type != ET_EXEC && h.type != ET_DYN)
        return refuse(image, "ELF file is no program");
    if (h.phnum == 0 || h.phentsize != sizeof(struct elf_program) ||
        !in_file(image, h.phoff, h.phnum * sizeof(struct elf_program)))
        return refuse(image, "ELF program headers are not in the file");
    if (h.shnum != 0 &&
        (h.shentsize != sizeof(struct elf_section) ||
         !in_file(image, h.shoff, h.shnum * sizeof(struct elf_section))))
        return refuse(image, "ELF section headers are not in the file");
    return true;
}

/* Find what PT_LOAD covers, as physical addresses [*start, *end). */
static bool find_extent(struct elf_image *image, uint64_t *start, uint64_t *end)
{
    struct elf_header h = header_of(image);

    *start = UINT64_MAX;
    *end = 0;
    for (unsigned int i = 0; i < h.phnum; i++) {
        struct elf_program p = program(image, &h, i);

        if (p.type != PT_LOAD || p.memsz == 0)
            continue;
        if (!in_file(image, p.offset, p.filesz) || p.filesz > p.memsz)
            return refuse(image, "ELF segment is not in the file");
        if (p.paddr + p.memsz < p.paddr)
            return refuse(image, "ELF segment wraps around");
        if (p.paddr < *start)
            *start = p.paddr;
        if (p.paddr + p.memsz > *end)
            *end = p.paddr + p.memsz;
    }
    return *end != 0 || refuse(image, "ELF file has nothing to load");
}

static void read_segment_notes(struct elf_image *image)
{
    struct elf_header h = header_of(image);

    for (unsigned int i = 0; i < h.phnum; i++) {
        struct elf_program p = program(image, &h, i);

        if (p.type == PT_NOTE && p.offset != 0 &&
            in_file(image, p.offset, p.filesz))
            elf_notes_read(image, image->file + p.offset, p.filesz);
    }
}

static void read_section_notes(struct elf_image *image)
{
    struct elf_header h = header_of(image);

    for (unsigned int i = 0; i < h.shnum; i++) {
        struct elf_section s = section(image, &h, i);

        if (s.type == SHT_NOTE && in_file(image, s.offset, s.size))
            elf_notes_read(image, image->file + s.offset, s.size);
    }
}

static bool section_is(const struct elf_image *image,
                       const struct elf_section *names,
                       const struct elf_section *s, const char *name)
{
    size_t n = strlen(name) + 1;

    return s->name < names->size && n <= names->size - s->name &&
           memcmp(image->file + names->offset + s->name, name, n) == 0;
}

static void read_guest_section(struct elf_image *image)
{
    struct elf_header h = header_of(image);
    struct elf_section names;

    if (h.shstrndx >= h.shnum)
        return;
    names = section(image, &h, h.shstrndx);
    if (!in_file(image, names.offset, names.size))
        return;
    for (unsigned int i = 0; i < h.shnum; i++) {
        struct elf_section s = section(image, &h, i);

        if (section_is(image, &names, &s, "__xen_guest") &&
            in_file(image, s.offset, s.size)) {
            elf_guest_section_read(image, image->file + s.offset, s.size);
            return;
        }
    }
}

static bool check_notes(struct elf_image *image)
{
    if (!image->has_note && !image->has_section)
        return refuse(image, "no Xen guest: neither notes nor __xen_guest");
    if (!image->has_xen_version)
        return refuse(image, "made for another interface than xen-3.0");
    if (!image->has_loader && !image->has_linux)
        return refuse(image, "wants another loader than 'generic'");
    if (image->unknown_required)
        return refuse(image, "requires a feature that is not known");
    if (image->required & (1ul << XENFEAT_auto_translated_physmap))
        return refuse(image, "wants translated memory, which PV has not");
    return true;
}

/* Turn the physical extent into virtual addresses, and check all of them. */
static bool place(struct elf_image *image, uint64_t start, uint64_t end)
{
    if (image->padd_offset != ELF_UNSET && image->virt_base == ELF_UNSET)
        return refuse(image, "PADDR_OFFSET given without VIRT_BASE");
    if (image->virt_base == ELF_UNSET)
        image->virt_base = 0;
    if (image->padd_offset == ELF_UNSET)
        image->padd_offset = image->has_note ? 0 : image->virt_base;

    image->virt_offset = image->virt_base - image->padd_offset;
    image->virt_start = start + image->virt_offset;
    image->virt_end = end + image->virt_offset;
    if (image->virt_start >= image->virt_end)
        return refuse(image, "image wraps around the address space");
    if (image->virt_base > image->virt_start)
        return refuse(image, "image begins below VIRT_BASE");
    if (image->virt_base & 0xfff)
        return refuse(image, "VIRT_BASE is not page aligned");
    if (image->entry < image->virt_start || image->entry > image->virt_end)
        return refuse(image, "entry point is outside of the image");
    if (image->hypercall_page != ELF_UNSET &&
        ((image->hypercall_page & 0xfff) ||
         image->hypercall_page < image->virt_base ||
         image->hypercall_page >= image->virt_end))
        return refuse(image, "hypercall page is outside of the image");

    /* A p2m above the image would collide with the boot region. */
    if (image->init_p2m != ELF_UNSET && image->init_p2m >= image->virt_start &&
        image->init_p2m < image->virt_end)
        return refuse(image, "INIT_P2M is inside the image");
    if (image->init_p2m >= image->virt_base || (image->init_p2m & 0xfff))
        image->init_p2m = ELF_UNSET;
    return true;
}

bool elf_read(struct elf_image *image, const void *file, size_t size)
{
    uint64_t start, end;

    memset(image, 0, sizeof(*image));
    image->file = file;
    image->size = size;
    image->virt_base = ELF_UNSET;
    image->padd_offset = ELF_UNSET;
    image->hypercall_page = ELF_UNSET;
    image->init_p2m = ELF_UNSET;
    image->supported = UINT64_MAX;

    if (!check_header(image))
        return false;
    image->entry = header_of(image).entry;
    if (!find_extent(image, &start, &end))
        return false;

    read_segment_notes(image);
    if (!image->has_note)
        read_section_notes(image);
    if (!image->has_note)
        read_guest_section(image);
    return check_notes(image) && place(image, start, end);
}

void elf_fill(const struct elf_image *image, uint64_t va, void *dst, size_t n)
{
    struct elf_header h = header_of(image);

    memset(dst, 0, n);
    for (unsigned int i = 0; i < h.phnum; i++) {
        struct elf_program p = program(image, &h, i);
        uint64_t start = p.paddr + image->virt_offset;
        uint64_t from, to;

        if (p.type != PT_LOAD || p.memsz == 0)
            continue;
        from = start > va ? start : va;
        to = start + p.filesz < va + n ? start + p.filesz : va + n;
        if (from < to)
            memcpy((uint8_t *)dst + (from - va),
                   image->file + p.offset + (from - start), to - from);
    }
}

/* SPDX-License-Identifier: MIT */
#include "fake/image.h"

#include <string.h>

#include <pv-abi/elfnote.h>

#define SECTION_BYTES 64

static const char names[] = "\0.names\0__xen_guest\0.note";
#define NAME_GUEST 8
#define NAME_NOTE  20

void image_put16(struct image *im, size_t offset, uint16_t value)
{
    memcpy(im->file + offset, &value, sizeof(value));
}

void image_put32(struct image *im, size_t offset, uint32_t value)
{
    memcpy(im->file + offset, &value, sizeof(value));
}

void image_put64(struct image *im, size_t offset, uint64_t value)
{
    memcpy(im->file + offset, &value, sizeof(value));
}

void image_start(struct image *im, uint64_t paddr, uint64_t filesz,
                 uint64_t memsz)
{
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

    memset(im, 0, sizeof(*im));
    memcpy(im->file, ident, sizeof(ident));
    image_put16(im, 16, 2);  /* ET_EXEC */
    image_put16(im, 18, 62); /* EM_X86_64 */
    image_put32(im, 20, 1);
    image_put64(im, 24, paddr);
    image_put64(im, 32, IMAGE_PHDR_LOAD);
    image_put16(im, 52, 64);
    image_put16(im, 54, 56);
    image_put16(im, 56, 2);
    image_put16(im, 58, SECTION_BYTES);

    image_put32(im, IMAGE_PHDR_LOAD, 1);
    image_put64(im, IMAGE_PHDR_LOAD + 8, IMAGE_DATA);
    image_put64(im, IMAGE_PHDR_LOAD + 16, paddr);
    image_put64(im, IMAGE_PHDR_LOAD + 24, paddr);
    image_put64(im, IMAGE_PHDR_LOAD + 32, filesz);
    image_put64(im, IMAGE_PHDR_LOAD + 40, memsz);
    for (uint64_t i = 0; i < filesz; i++)
        im->file[IMAGE_DATA + i] = (uint8_t)(i % 251);
    im->notes = IMAGE_DATA + ((filesz + 3) & ~3ul);
    im->size = im->notes;
}

void image_note_raw(struct image *im, uint32_t type, const void *desc,
                    uint32_t n)
{
    image_put32(im, im->size, 4);
    image_put32(im, im->size + 4, n);
    image_put32(im, im->size + 8, type);
    memcpy(im->file + im->size + 12, "Xen", 4);
    if (n > 0)
        memcpy(im->file + im->size + 16, desc, n);
    im->size += 16 + ((n + 3) & ~3u);
}

void image_note_number(struct image *im, uint32_t type, uint64_t value)
{
    image_note_raw(im, type, &value, sizeof(value));
}

void image_note_text(struct image *im, uint32_t type, const char *text)
{
    image_note_raw(im, type, text, (uint32_t)strlen(text) + 1);
}

void image_note_basics(struct image *im)
{
    image_note_text(im, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    image_note_text(im, XEN_ELFNOTE_LOADER, "generic");
}

void image_end(struct image *im)
{
    image_put32(im, IMAGE_PHDR_NOTE, 4);
    image_put64(im, IMAGE_PHDR_NOTE + 8, im->notes);
    image_put64(im, IMAGE_PHDR_NOTE + 32, im->size - im->notes);
}

/* Sections: 0 is void, 1 the names, 2 what stands at notes. */
static void end_section(struct image *im, uint32_t name, uint32_t type)
{
    size_t second = IMAGE_SHDR + 2 * SECTION_BYTES;

    image_put64(im, 40, IMAGE_SHDR);
    image_put16(im, 60, 3);
    image_put16(im, 62, 1);
    memcpy(im->file + IMAGE_NAMES, names, sizeof(names));
    image_put32(im, IMAGE_SHDR + SECTION_BYTES, 1);
    image_put32(im, IMAGE_SHDR + SECTION_BYTES + 4, 3);
    image_put64(im, IMAGE_SHDR + SECTION_BYTES + 24, IMAGE_NAMES);
    image_put64(im, IMAGE_SHDR + SECTION_BYTES + 32, sizeof(names));
    image_put32(im, second, name);
    image_put32(im, second + 4, type);
    image_put64(im, second + 24, im->notes);
    image_put64(im, second + 32, im->size - im->notes);
}

void image_end_section_notes(struct image *im)
{
    end_section(im, NAME_NOTE, 7);
}

void image_end_guest_section(struct image *im, const char *text)
{
    im->size = im->notes;
    strcpy((char *)im->file + im->size, text);
    im->size += strlen(text) + 1;
    end_section(im, NAME_GUEST, 1);
}

/* SPDX-License-Identifier: MIT */
/*
 * The two loaders, and what both note.
 *
 * Multiboot2 is how GRUB speaks, on BIOS and on UEFI. On UEFI it has left
 * boot services before it starts us, and passes both its own memory map and
 * the firmware's; the latter knows more (which ranges the firmware's run-time
 * services need), so it is used if present.
 *
 * PVH is how `qemu -kernel` speaks: one structure, a memory map, at most one
 * module without a command line of its own.
 *
 * Source: Multiboot2 specification 2.0, section 3.6; UEFI 2.9, 7.2; PVH boot
 * ABI (struct hvm_start_info, version 1).
 */
#include <string.h>

#include "hal.h"
#include "x86/boot/boot_info.h"

struct boot_info boot_info;

void boot_add_range(uint64_t start, uint64_t size, uint32_t type)
{
    struct boot_info *b = &boot_info;

    if (!size || start + size < start)
        return;
    /* UEFI's maps have many small neighbours of one kind. */
    if (b->range_count && b->ranges[b->range_count - 1].end == start &&
        b->ranges[b->range_count - 1].type == type) {
        b->ranges[b->range_count - 1].end += size;
        return;
    }
    if (b->range_count == BOOT_RANGES_MAX)
        hal_panic("the firmware's memory map has too many entries");
    b->ranges[b->range_count++] =
        (struct boot_range){start, start + size, type};
}

void boot_add_module(uint64_t start, uint64_t size, const char *line,
                     uint64_t n)
{
    struct boot_module *m = boot_info.modules;
    struct boot_module *end = m + boot_info.module_count;

    if (boot_info.module_count == BOOT_MODULES_MAX)
        hal_panic("more than %d boot modules", BOOT_MODULES_MAX);
    /* Their memory is given to the heap, each on its own. */
    while (m < end && (m->start + m->size <= start || start + size <= m->start))
        m++;
    if (m < end || start + size < start)
        hal_panic("the boot module at 0x%lx cannot have 0x%lx bytes", start,
                  size);
    m->start = start;
    m->size = size;
    boot_copy_line(m->line, line, n);
    boot_info.module_count++;
}

void boot_copy_line(char *dst, const char *src, uint64_t n)
{
    uint64_t i;

    for (i = 0; i < n && i < BOOT_LINE_MAX - 1 && src[i]; i++)
        dst[i] = src[i];
    dst[i] = '\0';
}

/* ------------------------------------------------------- Multiboot2 */

enum mb2_tag_type {
    MB2_END = 0,
    MB2_COMMAND_LINE = 1,
    MB2_MODULE = 3,
    MB2_MEMORY_MAP = 6,
    MB2_ACPI_OLD = 14,
    MB2_ACPI_NEW = 15,
    MB2_EFI_MEMORY_MAP = 17,
};

struct mb2_tag {
    uint32_t type;
    uint32_t size; /* without the padding to 8 bytes */
};

struct mb2_module {
    struct mb2_tag tag;
    uint32_t start, end;
    char line[];
};

/* A memory map of either kind, and its entries. */
struct mb2_map {
    struct mb2_tag tag;
    uint32_t entry_size, entry_version;
};

struct mb2_memory_entry {
    uint64_t start, size;
    uint32_t type, zero;
};

struct efi_entry {
    uint32_t type, pad;
    uint64_t start, virtual_start, pages, attributes;
};

/* What an EFI memory type is to us after the end of boot services. */
static uint32_t efi_range_type(uint32_t type)
{
    static const uint8_t types[] = {
        [1] = RANGE_RAM,  [2] = RANGE_RAM, /* of the loader */
        [3] = RANGE_RAM,  [4] = RANGE_RAM, /* of boot services */
        [7] = RANGE_RAM,  [8] = RANGE_UNUSABLE,
        [9] = RANGE_ACPI, [10] = RANGE_NVS,
    };

    /* The rest: run-time services, memory-mapped I/O, firmware's own. */
    return type < sizeof(types) && types[type] ? types[type] : RANGE_RESERVED;
}

static void read_map(const struct mb2_map *map)
{
    bool efi = map->tag.type == MB2_EFI_MEMORY_MAP;
    const char *end = (const char *)map + map->tag.size;
    const char *p = (const char *)(map + 1);

    if (map->entry_size <
        (efi ? sizeof(struct efi_entry) : sizeof(struct mb2_memory_entry)))
        hal_panic("multiboot2: memory map entries of %u bytes",
                  map->entry_size);
    for (; p + map->entry_size <= end; p += map->entry_size) {
        const struct mb2_memory_entry *m = (const void *)p;
        const struct efi_entry *e = (const void *)p;

        if (efi)
            boot_add_range(e->start, e->pages << 12, efi_range_type(e->type));
        else
            boot_add_range(m->start, m->size, m->type);
    }
}

/* The newer root pointer wins; tags come in any order. */
static void read_rsdp(const struct mb2_tag *tag)
{
    unsigned int size = tag->size - sizeof(*tag);

    if (size > sizeof(boot_info.rsdp_copy))
        size = sizeof(boot_info.rsdp_copy);
    if (size <= boot_info.rsdp_size)
        return;
    memcpy(boot_info.rsdp_copy, tag + 1, size);
    boot_info.rsdp_size = size;
}

/* The bytes that every tag of its type has, and that are read unasked. */
static uint32_t least_bytes(const struct mb2_tag *tag)
{
    switch (tag->type) {
    case MB2_MODULE:
        return sizeof(struct mb2_module);
    case MB2_MEMORY_MAP:
    case MB2_EFI_MEMORY_MAP:
        return sizeof(struct mb2_map);
    default:
        return sizeof(*tag);
    }
}

void boot_from_multiboot2(uint64_t info)
{
    const struct mb2_map *map = NULL;
    const char *p = (const char *)info;
    const char *end = p + *(const uint32_t *)p;

    boot_info.loader = "multiboot2";
    for (p += 8; p + sizeof(struct mb2_tag) <= end;) {
        const struct mb2_tag *tag = (const void *)p;
        const struct mb2_module *m = (const void *)tag;

        if (tag->type == MB2_END)
            break;
        if (tag->size < least_bytes(tag) || tag->size > end - p)
            hal_panic("multiboot2: a tag of %u bytes", tag->size);
        if (tag->type == MB2_COMMAND_LINE)
            boot_copy_line(boot_info.line, (const char *)(tag + 1),
                           tag->size - sizeof(*tag));
        else if (tag->type == MB2_MODULE)
            boot_add_module(m->start, (uint64_t)m->end - m->start, m->line,
                            tag->size - sizeof(*m));
        else if (tag->type == MB2_EFI_MEMORY_MAP ||
                 (tag->type == MB2_MEMORY_MAP && !map))
            map = (const void *)tag;
        else if (tag->type == MB2_ACPI_OLD || tag->type == MB2_ACPI_NEW)
            read_rsdp(tag);
        p += (tag->size + 7) & ~7u;
    }
    if (!map)
        hal_panic("multiboot2: the loader passed no memory map");
    read_map(map);
}

/* -------------------------------------------------------------- PVH */

#define PVH_MAGIC 0x336ec578

struct hvm_start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, line, rsdp;
    /* version 1 */
    uint64_t memory_map;
    uint32_t memory_map_entries, reserved;
};

struct hvm_module {
    uint64_t start, size, line, reserved;
};

struct hvm_memory_entry {
    uint64_t start, size;
    uint32_t type, reserved;
};

void boot_from_pvh(uint64_t info)
{
    const struct hvm_start_info *s = (const void *)info;
    const struct hvm_module *modules = (const void *)s->modules;
    const struct hvm_memory_entry *map = (const void *)s->memory_map;

    if (s->magic != PVH_MAGIC)
        hal_panic("pvh: bad magic 0x%x", s->magic);
    if (s->version < 1 || s->memory_map_entries - 1 >= BOOT_RANGES_MAX)
        hal_panic("pvh: the loader passed no memory map, or a bad one");
    boot_info.loader = "pvh";
    boot_info.rsdp = s->rsdp;
    if (s->line)
        boot_copy_line(boot_info.line, (const char *)s->line, BOOT_LINE_MAX);
    for (uint32_t i = 0; i < s->module_count; i++)
        boot_add_module(modules[i].start, modules[i].size,
                        (const char *)modules[i].line,
                        modules[i].line ? BOOT_LINE_MAX : 0);
    for (uint32_t i = 0; i < s->memory_map_entries; i++)
        boot_add_range(map[i].start, map[i].size, map[i].type);
}

/* SPDX-License-Identifier: MIT */
/*
 * Multiboot2, as GRUB speaks it on BIOS and on UEFI.
 *
 * On UEFI GRUB has left boot services before it starts us, and passes both
 * its own memory map and the firmware's; the latter knows more (which
 * ranges the firmware's run-time services need), so it is used if present.
 *
 * Source: Multiboot2 specification 2.0, section 3.6; UEFI 2.9, 7.2.
 */
#include <string.h>

#include "hal.h"
#include "x86/boot/boot_info.h"

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
    switch (type) {
    case 1: /* loader code */
    case 2: /* loader data */
    case 3: /* boot services code */
    case 4: /* boot services data */
    case 7: /* conventional */
        return RANGE_RAM;
    case 8:
        return RANGE_UNUSABLE;
    case 9:
        return RANGE_ACPI;
    case 10:
        return RANGE_NVS;
    default: /* run-time services, memory-mapped I/O, firmware's own */
        return RANGE_RESERVED;
    }
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

void boot_from_multiboot2(uint64_t info)
{
    const struct mb2_map *map = NULL;
    const char *p = (const char *)info;
    const char *end = p + *(const uint32_t *)p;

    boot_info.loader = "multiboot2";
    for (p += 8; p + sizeof(struct mb2_tag) <= end;) {
        const struct mb2_tag *tag = (const void *)p;
        const struct mb2_module *m = (const void *)tag;

        if (tag->type == MB2_END || tag->size < sizeof(*tag))
            break;
        if (tag->type == MB2_COMMAND_LINE)
            boot_copy_line(boot_info.line, (const char *)(tag + 1),
                           tag->size - sizeof(*tag));
        else if (tag->type == MB2_MODULE)
            boot_add_module(m->start, m->end - m->start, m->line);
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

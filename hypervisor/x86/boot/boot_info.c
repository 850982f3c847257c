/* SPDX-License-Identifier: MIT */
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

void boot_add_module(uint64_t start, uint64_t size, const char *line)
{
    struct boot_module *m;

    if (boot_info.module_count == BOOT_MODULES_MAX)
        hal_panic("more than %d boot modules", BOOT_MODULES_MAX);
    m = &boot_info.modules[boot_info.module_count++];
    m->start = start;
    m->size = size;
    if (line)
        boot_copy_line(m->line, line, BOOT_LINE_MAX);
}

void boot_copy_line(char *dst, const char *src, uint64_t n)
{
    uint64_t i;

    for (i = 0; i < n && i < BOOT_LINE_MAX - 1 && src[i]; i++)
        dst[i] = src[i];
    dst[i] = '\0';
}

/* SPDX-License-Identifier: MIT */
/*
 * PVH, as `qemu -kernel` speaks it: one structure, a memory map, at most
 * one module without a command line of its own.
 *
 * Source: PVH boot ABI (struct hvm_start_info, version 1).
 */
#include "hal.h"
#include "x86/boot/boot_info.h"

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
    if (s->version < 1 || !s->memory_map_entries)
        hal_panic("pvh: the loader passed no memory map");
    boot_info.loader = "pvh";
    boot_info.rsdp = s->rsdp;
    if (s->line)
        boot_copy_line(boot_info.line, (const char *)s->line, BOOT_LINE_MAX);
    for (uint32_t i = 0; i < s->module_count; i++)
        boot_add_module(modules[i].start, modules[i].size,
                        modules[i].line ? (const char *)modules[i].line : NULL);
    for (uint32_t i = 0; i < s->memory_map_entries; i++)
        boot_add_range(map[i].start, map[i].size, map[i].type);
}

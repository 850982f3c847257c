/* SPDX-License-Identifier: MIT */
/*
 * The machine's memory: which ranges are RAM, which of them are free, and an
 * allocator for the time before the heap.
 *
 * memory_map_init() turns the firmware's list, which may overlap, be out of
 * order or end inside a page, into two sorted lists of whole pages: RAM, and
 * free RAM. A page that the firmware gives two types is not RAM. The first
 * MiB is RAM but never free: firmware and other CPUs' start-up live there.
 *
 * Used by the boot CPU only, before other CPUs run. Panics when a list is
 * full or memory runs out.
 */
#ifndef X86_MEMORY_MAP_H
#define X86_MEMORY_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/boot/boot_info.h"

#define MAP_RANGES_MAX (2 * BOOT_RANGES_MAX)

struct page_range {
    uint64_t start, end; /* physical addresses, whole pages */
};

struct page_ranges {
    unsigned int count;
    struct page_range r[MAP_RANGES_MAX]; /* ascending, apart */
};

struct memory_map {
    struct page_ranges ram;
    struct page_ranges free;
};

extern struct memory_map memory_map;

/* Fill both lists from b; the image and the modules are not free. */
void memory_map_init(const struct boot_info *b, uint64_t image_start,
                     uint64_t image_end);
/*
 * Take pages free frames, zeroed through the map at `base` (the address at
 * which physical 0 is mapped), aligned to align bytes (a power of two,
 * at least 4096), below limit. Highest first. Returns the physical address.
 */
uint64_t memory_map_alloc(uint64_t pages, uint64_t align, uint64_t limit,
                          uint64_t base);
/* First byte after the last RAM page. */
uint64_t memory_map_end(void);
/* Is [start, end) wholly RAM? */
bool memory_map_is_ram(uint64_t start, uint64_t end);

#endif

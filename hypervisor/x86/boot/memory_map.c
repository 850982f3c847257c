/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "hal.h"
#include "types.h"
#include "x86/boot/memory_map.h"

#define LOW_END 0x100000ul

struct memory_map memory_map;

/* The last page of all addresses is nobody's: its end is not one. */
static uint64_t round_up(uint64_t address)
{
    return (address > PAGE_MASK ? PAGE_MASK : address + PAGE_SIZE - 1) &
           PAGE_MASK;
}

static void insert(struct page_ranges *l, unsigned int at, uint64_t start,
                   uint64_t end)
{
    if (l->count == MAP_RANGES_MAX)
        hal_panic("the memory map has too many holes");
    memmove(&l->r[at + 1], &l->r[at], (l->count - at) * sizeof(l->r[0]));
    l->r[at] = (struct page_range){start, end};
    l->count++;
}

static void erase(struct page_ranges *l, unsigned int at)
{
    l->count--;
    memmove(&l->r[at], &l->r[at + 1], (l->count - at) * sizeof(l->r[0]));
}

static void ranges_add(struct page_ranges *l, uint64_t start, uint64_t end)
{
    unsigned int i = 0;

    if (start >= end)
        return;
    while (i < l->count && l->r[i].end < start)
        i++;
    /* Swallow all that touch it. */
    while (i < l->count && l->r[i].start <= end) {
        if (l->r[i].start < start)
            start = l->r[i].start;
        if (l->r[i].end > end)
            end = l->r[i].end;
        erase(l, i);
    }
    insert(l, i, start, end);
}

/* Every page that [start, end) touches. */
static void ranges_remove(struct page_ranges *l, uint64_t start, uint64_t end)
{
    if (start >= end)
        return;
    start &= PAGE_MASK;
    end = round_up(end);
    for (unsigned int i = 0; i < l->count;) {
        struct page_range old = l->r[i];

        if (old.end <= start || old.start >= end) {
            i++;
            continue;
        }
        erase(l, i);
        if (old.end > end)
            insert(l, i, end, old.end);
        if (old.start < start)
            insert(l, i, old.start, start);
    }
}

void memory_map_init(const struct boot_info *b, uint64_t image_start,
                     uint64_t image_end)
{
    struct memory_map *m = &memory_map;

    for (unsigned int i = 0; i < b->range_count; i++)
        if (b->ranges[i].type == RANGE_RAM)
            ranges_add(&m->ram, round_up(b->ranges[i].start),
                       b->ranges[i].end & PAGE_MASK);
    for (unsigned int i = 0; i < b->range_count; i++)
        if (b->ranges[i].type != RANGE_RAM)
            ranges_remove(&m->ram, b->ranges[i].start, b->ranges[i].end);
    m->free = m->ram;
    ranges_remove(&m->free, 0, LOW_END);
    ranges_remove(&m->free, image_start, image_end);
    for (unsigned int i = 0; i < b->module_count; i++)
        ranges_remove(&m->free, b->modules[i].start,
                      b->modules[i].start + b->modules[i].size);
}

uint64_t memory_map_alloc(uint64_t pages, uint64_t align, uint64_t limit,
                          uint64_t base)
{
    struct page_ranges *l = &memory_map.free;
    uint64_t size = pages * PAGE_SIZE;

    for (unsigned int i = l->count; i-- > 0;) {
        uint64_t end = l->r[i].end < limit ? l->r[i].end : limit;
        uint64_t start;

        if (end < size)
            continue;
        start = (end - size) & ~(align - 1);
        if (start < l->r[i].start)
            continue;
        ranges_remove(l, start, start + size);
        memset((void *)(base + start), 0, size);
        return start;
    }
    hal_panic("no %lu KiB of memory left below 0x%lx", size >> 10, limit);
}

uint64_t memory_map_end(void)
{
    const struct page_ranges *l = &memory_map.ram;

    return l->count ? l->r[l->count - 1].end : 0;
}

bool memory_map_is_ram(uint64_t start, uint64_t end)
{
    const struct page_ranges *l = &memory_map.ram;

    for (unsigned int i = 0; i < l->count; i++)
        if (l->r[i].start <= start && end <= l->r[i].end)
            return true;
    return false;
}

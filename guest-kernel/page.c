/* SPDX-License-Identifier: MIT */
/*
 * Who uses which page: one bit each, kept apart from the pages so that a free
 * page keeps its content (memhog looks at it). Next fit.
 */
#include <string.h>
#include <guest/console.h>
#include <guest/memory.h>
#include "internal.h"

#define WORD_BITS 64UL

static uint64_t *used; /* bit set: taken */
static uint64_t free_count;
static uint64_t next; /* where the last search ended */

static bool is_used(uint64_t pfn)
{
    return used[pfn / WORD_BITS] >> (pfn % WORD_BITS) & 1;
}

static void set_used(uint64_t first, uint64_t count, bool value)
{
    for (uint64_t pfn = first; pfn < first + count; pfn++)
        if (value)
            used[pfn / WORD_BITS] |= 1UL << (pfn % WORD_BITS);
        else
            used[pfn / WORD_BITS] &= ~(1UL << (pfn % WORD_BITS));
}

static uint64_t pages_of(uint64_t bytes)
{
    return (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* The bits, and behind them the list of frames that the domain has not yet. */
void page_init(uint64_t first_free_pfn)
{
    uint64_t above = page_limit() - page_total();
    uint64_t words = page_limit() / WORD_BITS + 2;
    uint64_t pages = pages_of((words + above) * sizeof(uint64_t));

    used = pfn_to_virt(first_free_pfn);
    first_free_pfn += pages;
    if (first_free_pfn >= page_total())
        panic("no page left for the page allocator");
    memset(used, 0, pages << PAGE_SHIFT);
    memory_init_above(used + words);
    set_used(0, first_free_pfn, true);
    set_used(page_total(), above, true);
    next = first_free_pfn;
    free_count = page_total() - first_free_pfn;
}

uint64_t page_free_count(void)
{
    return free_count;
}

/* First run of `count` free pages in [from, to), or `to`. */
static uint64_t find_run(uint64_t from, uint64_t to, uint64_t count)
{
    uint64_t run = 0;

    for (uint64_t pfn = from; pfn < to; pfn++) {
        if (pfn % WORD_BITS == 0 && used[pfn / WORD_BITS] == ~0UL) {
            pfn += WORD_BITS - 1;
            run = 0;
            continue;
        }
        run = is_used(pfn) ? 0 : run + 1;
        if (run == count)
            return pfn - count + 1;
    }
    return to;
}

void *page_alloc(size_t count)
{
    bool was_masked = upcall_mask();
    uint64_t total = page_limit();
    uint64_t pfn = total;

    if (count && count <= free_count) {
        pfn = find_run(next, total, count);
        if (pfn == total)
            pfn = find_run(0, total, count);
    }
    if (pfn != total) {
        set_used(pfn, count, true);
        free_count -= count;
        next = pfn + count;
    }
    upcall_restore(was_masked);
    return pfn == total ? NULL : pfn_to_virt(pfn);
}

void *page_alloc_zeroed(size_t count)
{
    void *pages = page_alloc(count);

    if (pages)
        memset(pages, 0, count << PAGE_SHIFT);
    return pages;
}

void page_free(void *pages, size_t count)
{
    uint64_t first = virt_to_pfn(pages);
    bool was_masked = upcall_mask();

    for (uint64_t pfn = first; pfn < first + count; pfn++)
        if (pfn >= page_limit() || !is_used(pfn))
            panic("page_free: page %lx is not in use", pfn);
    set_used(first, count, false);
    free_count += count;
    upcall_restore(was_masked);
}

void page_for_each_free(void (*fn)(void *page, void *arg), void *arg)
{
    for (uint64_t pfn = 0; pfn < page_limit(); pfn++)
        if (!is_used(pfn))
            fn(pfn_to_virt(pfn), arg);
}

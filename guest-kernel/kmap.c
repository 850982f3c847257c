/* SPDX-License-Identifier: MIT */
/*
 * The address space above KMAP_BASE: a bit per page says what is taken. The
 * page tables below it are made as needed and kept.
 */
#include <stdlib.h>
#include <string.h>
#include <guest/console.h>
#include <guest/memory.h>
#include <pv-abi/errno.h>
#include "internal.h"

#define WORD_BITS 64UL
#define BATCH     64

static uint64_t taken[KMAP_PAGES / WORD_BITS];
static size_t lowest; /* nothing below is free */

static void set_taken(size_t first, size_t count, bool value)
{
    for (size_t i = first; i < first + count; i++)
        if (value)
            taken[i / WORD_BITS] |= 1UL << (i % WORD_BITS);
        else
            taken[i / WORD_BITS] &= ~(1UL << (i % WORD_BITS));
}

static size_t find_run(size_t from, size_t count)
{
    size_t run = 0;

    for (size_t i = from; i < KMAP_PAGES; i++) {
        if (i % WORD_BITS == 0 && taken[i / WORD_BITS] == ~0UL) {
            i += WORD_BITS - 1;
            run = 0;
            continue;
        }
        run = taken[i / WORD_BITS] >> (i % WORD_BITS) & 1 ? 0 : run + 1;
        if (run == count)
            return i - count + 1;
    }
    return KMAP_PAGES;
}

/* Address space alone, without page tables. */
void *kmap_claim(size_t count)
{
    bool was_masked = upcall_mask();
    size_t at = find_run(lowest, count);

    /* First fit: addresses, and with them page tables, are used again. */
    if (at != KMAP_PAGES) {
        set_taken(at, count, true);
        if (at == lowest)
            lowest = at + count;
    }
    upcall_restore(was_masked);
    return at == KMAP_PAGES ? NULL : (void *)(KMAP_BASE + (at << PAGE_SHIFT));
}

static void unclaim(void *va, size_t count)
{
    size_t first = ((uint64_t)(uintptr_t)va - KMAP_BASE) >> PAGE_SHIFT;
    bool was_masked = upcall_mask();

    set_taken(first, count, false);
    lowest = MIN(lowest, first);
    upcall_restore(was_masked);
}

void *kmap_reserve(size_t count)
{
    void *va = count ? kmap_claim(count) : NULL;
    uint64_t end = (uint64_t)(uintptr_t)va + (count << PAGE_SHIFT);
    bool was_masked;

    if (!va)
        return NULL;
    was_masked = upcall_mask();
    for (uint64_t at = (uint64_t)(uintptr_t)va; at < end;
         at = (at + (1UL << 21)) & -(1UL << 21))
        if (pt_make_table(at)) {
            unclaim(va, count);
            va = NULL;
            break;
        }
    upcall_restore(was_masked);
    return va;
}

void kmap_release(void *va, size_t count)
{
    bool was_masked = upcall_mask();

    if (pt_set_many((uint64_t)(uintptr_t)va, NULL, count, DOMID_SELF, NULL))
        panic("cannot unmap %p", va);
    pt_flush();
    unclaim(va, count);
    upcall_restore(was_masked);
}

void *kmap_frames(const uint64_t *mfns, size_t count, uint64_t flags,
                  domid_t owner, int *errors)
{
    char *va = kmap_reserve(count);
    uint64_t ptes[BATCH];
    int error = 0;

    if (!va)
        return NULL;
    for (size_t at = 0; at < count && !error;) {
        size_t n = MIN(count - at, (size_t)BATCH);

        for (size_t i = 0; i < n; i++)
            ptes[i] = PTE(mfns[at + i], flags);
        if (errors)
            memset(errors + at, 0, n * sizeof(*errors));
        error = pt_set_many((uint64_t)(uintptr_t)va + (at << PAGE_SHIFT), ptes,
                            n, owner, errors ? errors + at : NULL);
        if (errors)
            error = 0; /* the caller looks */
        at += n;
    }
    if (error) {
        kmap_release(va, count);
        return NULL;
    }
    return va;
}

void *kmap_frame(uint64_t mfn, uint64_t flags, domid_t owner)
{
    return kmap_frames(&mfn, 1, flags, owner, NULL);
}

/* Put fresh zeroed pages behind claimed addresses. 0 or -ENOMEM. */
int kmap_back(void *va, size_t count)
{
    uint64_t at = (uint64_t)(uintptr_t)va;

    for (size_t i = 0; i < count; i++, at += PAGE_SIZE) {
        void *page = page_alloc_zeroed(1);

        if (!page)
            return -XEN_ENOMEM;
        if (pt_set(pt_root_mfn(), at,
                   PTE(virt_to_mfn(page), PTE_KERNEL | PTE_NX))) {
            page_free(page, 1);
            return -XEN_ENOMEM;
        }
    }
    return 0;
}

/* Take the pages away again, as far as there are any. */
static void unback(void *va, size_t count)
{
    uint64_t at = (uint64_t)(uintptr_t)va;

    for (size_t i = 0; i < count; i++, at += PAGE_SIZE) {
        uint64_t pte = pt_lookup(pt_root_mfn(), at, 1, NULL);

        if (!(pte & PTE_P))
            continue;
        if (pt_set(pt_root_mfn(), at, 0))
            panic("cannot unmap %lx", at);
        page_free(pfn_to_virt(mfn_to_pfn(PTE_MFN(pte))), 1);
    }
}

void *kmap_alloc(size_t bytes)
{
    size_t count = (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
    char *guard = kmap_claim(count + 2);

    if (!guard)
        return NULL;
    if (kmap_back(guard + PAGE_SIZE, count)) {
        kmap_free(guard + PAGE_SIZE, bytes);
        return NULL;
    }
    return guard + PAGE_SIZE;
}

void kmap_free(void *va, size_t bytes)
{
    size_t count = (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;

    unback(va, count);
    unclaim((char *)va - PAGE_SIZE, count + 2);
}

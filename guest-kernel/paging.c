/* SPDX-License-Identifier: MIT */
/* Page tables after start-up: entries by hypercall, tables on demand. */
#include <string.h>
#include <guest/console.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <pv-abi/errno.h>
#include <pv-abi/mmu.h>
#include "internal.h"

/* Entries in one mmu_update call: two on a stack of 16 KiB. */
#define BATCH 128

static int write_entry(uint64_t where, uint64_t value)
{
    struct mmu_update update = {.ptr = where, .val = value};

    return hypercall_mmu_update(&update, 1, NULL, DOMID_SELF);
}

void pt_flush(void)
{
    struct mmuext_op op = {.cmd = MMUEXT_TLB_FLUSH_LOCAL};

    hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

void pt_flush_page(uint64_t va)
{
    struct mmuext_op op = {.cmd = MMUEXT_INVLPG_LOCAL};

    op.arg1.linear_addr = va;
    hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static int set_direct(void *page, uint64_t flags)
{
    return hypercall_update_va_mapping(
        (uint64_t)(uintptr_t)page, PTE(virt_to_mfn(page), flags), UVMF_INVLPG);
}

void *pt_page_alloc(void)
{
    void *table = page_alloc_zeroed(1);

    if (table && set_direct(table, PTE_KERNEL_RO | PTE_NX))
        panic("cannot write-protect a page table");
    return table;
}

void pt_page_free(void *table)
{
    if (set_direct(table, PTE_KERNEL | PTE_NX))
        panic("a page table is still in use");
    page_free(table, 1);
}

/* Make the tables for va below root, down to its L1. */
static int make_tables(uint64_t root_mfn, uint64_t va)
{
    for (int level = 4; level > 1; level--) {
        uint64_t where;
        void *table;
        int error;

        if (pt_lookup(root_mfn, va, level, &where) & PTE_P)
            continue;
        table = pt_page_alloc();
        if (!table)
            return -XEN_ENOMEM;
        error = write_entry(where, PTE(virt_to_mfn(table), PTE_TABLE));
        if (error) {
            pt_page_free(table);
            return error;
        }
    }
    return 0;
}

int pt_make_table(uint64_t va)
{
    return make_tables(pt_root_mfn(), va);
}

int pt_set(uint64_t root_mfn, uint64_t va, uint64_t pte)
{
    bool was_masked = upcall_mask();
    int error = make_tables(root_mfn, va);
    uint64_t where;

    if (!error) {
        pt_lookup(root_mfn, va, 1, &where);
        error = write_entry(where, pte);
        pt_flush_page(va);
    }
    upcall_restore(was_masked);
    return error;
}

/*
 * Submit a batch; a refused entry is noted and skipped. Returns the first
 * error.
 */
static int submit(struct mmu_update *batch, size_t count, domid_t owner,
                  int *errors)
{
    int first_error = 0;
    size_t at = 0;

    while (at < count) {
        uint32_t done = 0;
        int error = hypercall_mmu_update(batch + at, count - at, &done, owner);

        at += done;
        if (!error)
            break;
        if (errors)
            errors[at] = error;
        if (!first_error)
            first_error = error;
        at++;
    }
    return first_error;
}

int pt_set_many(uint64_t va, const uint64_t *ptes, size_t count, domid_t owner,
                int *errors)
{
    struct mmu_update batch[BATCH];
    int first_error = 0;

    for (size_t at = 0; at < count;) {
        size_t n = MIN(count - at, (size_t)BATCH);
        int error;

        for (size_t i = 0; i < n; i++) {
            uint64_t page = va + ((at + i) << PAGE_SHIFT);

            pt_lookup(pt_root_mfn(), page, 1, &batch[i].ptr);
            batch[i].val = ptes ? ptes[at + i] : 0;
        }
        error = submit(batch, n, owner, errors ? errors + at : NULL);
        if (!first_error)
            first_error = error;
        at += n;
    }
    return first_error;
}

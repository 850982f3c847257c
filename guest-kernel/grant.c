/* SPDX-License-Identifier: MIT */
/* Grants, both directions. See guest/grant.h. */
#include <stdlib.h>
#include <string.h>
#include <guest/console.h>
#include <guest/grant.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/thread.h>
#include <pv-abi/errno.h>
#include <pv-abi/inline/barrier.h>
#include <pv-abi/inline/shared.h>
#include "internal.h"

#define TABLE_FRAMES   4U
#define REFS_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define REFS_RESERVED  8U /* the tools': console, xenstore */
#define BATCH          32U

static struct grant_entry_v1 *table;
static uint32_t ref_count;
static grant_ref_t *free_refs; /* a stack */
static uint32_t free_count;
static struct mutex making = MUTEX_INIT(making);

/* Have the table made and map it. */
static int make_table(void)
{
    uint64_t frames[TABLE_FRAMES];
    struct gnttab_setup_table setup = {
        .dom = DOMID_SELF,
        .nr_frames = TABLE_FRAMES,
        .frame_list = frames,
    };
    uint32_t count = TABLE_FRAMES * REFS_PER_FRAME;
    void *mapped;
    long error;

    error = hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1);
    if (error)
        return error;
    if (setup.status != GNTST_okay)
        return -XEN_ENOSPC;
    mapped = kmap_frames(frames, TABLE_FRAMES, PTE_KERNEL | PTE_NX, DOMID_SELF,
                         NULL);
    free_refs = malloc(count * sizeof(*free_refs));
    if (!mapped || !free_refs)
        return -XEN_ENOMEM;
    for (grant_ref_t ref = count - 1; ref >= REFS_RESERVED; ref--)
        free_refs[free_count++] = ref;
    ref_count = count;
    table = mapped;
    return 0;
}

static int need_table(void)
{
    int error = 0;

    mutex_lock(&making);
    if (!table)
        error = make_table();
    mutex_unlock(&making);
    return error;
}

static grant_ref_t take_ref(void)
{
    bool was_masked = upcall_mask();
    grant_ref_t ref = free_count ? free_refs[--free_count] : 0;

    upcall_restore(was_masked);
    return ref;
}

static void put_ref(grant_ref_t ref)
{
    bool was_masked = upcall_mask();

    free_refs[free_count++] = ref;
    upcall_restore(was_masked);
}

int grant_access(domid_t to, uint64_t mfn, bool readonly)
{
    int error = need_table();
    grant_ref_t ref;

    if (error)
        return error;
    ref = take_ref();
    if (!ref)
        return -XEN_ENOSPC;
    table[ref].frame = mfn;
    table[ref].domid = to;
    smp_wmb(); /* the entry is valid from the next store on */
    shared_write(&table[ref].flags,
                 GTF_permit_access | (readonly ? GTF_readonly : 0));
    return ref;
}

int grant_end(grant_ref_t ref)
{
    uint16_t flags;

    if (ref < REFS_RESERVED || ref >= ref_count)
        return -XEN_EINVAL;
    flags = shared_read(&table[ref].flags);
    do {
        if (flags & (GTF_reading | GTF_writing))
            return -XEN_EBUSY;
    } while (!shared_compare_exchange(&table[ref].flags, &flags, 0));
    put_ref(ref);
    return 0;
}

/* --- the other domain's --- */

static void *page_of(const struct grant_mapping *m, size_t i)
{
    return (char *)m->va + (i << PAGE_SHIFT);
}

static void unmap_pages(struct grant_mapping *m, size_t first, size_t count)
{
    struct gnttab_unmap_grant_ref ops[BATCH];

    for (size_t done = 0; done < count;) {
        size_t n = MIN(count - done, (size_t)BATCH);

        memset(ops, 0, sizeof(ops));
        for (size_t i = 0; i < n; i++) {
            ops[i].host_addr =
                (uint64_t)(uintptr_t)page_of(m, first + done + i);
            ops[i].handle = m->handles[first + done + i];
        }
        if (hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, ops, n))
            panic("unmap_grant_ref refused");
        for (size_t i = 0; i < n; i++)
            if (ops[i].status != GNTST_okay)
                panic("a grant cannot be unmapped: %d", ops[i].status);
        done += n;
    }
}

/* Map a batch; returns how many, the status of the one after those in *status.
 */
static size_t map_batch(struct grant_mapping *m, size_t first, size_t count,
                        domid_t from, const grant_ref_t *refs, bool readonly,
                        int *status)
{
    struct gnttab_map_grant_ref ops[BATCH];
    size_t mapped = 0;

    memset(ops, 0, sizeof(ops));
    for (size_t i = 0; i < count; i++) {
        ops[i].host_addr = (uint64_t)(uintptr_t)page_of(m, first + i);
        ops[i].flags = GNTMAP_host_map | (readonly ? GNTMAP_readonly : 0);
        ops[i].ref = refs[first + i];
        ops[i].dom = from;
        ops[i].status = GNTST_general_error;
    }
    if (hypercall_grant_table_op(GNTTABOP_map_grant_ref, ops, count))
        panic("map_grant_ref refused");
    *status = GNTST_okay;
    /* What was mapped behind a refusal is undone, so the rest is a prefix. */
    for (size_t i = 0; i < count; i++) {
        if (ops[i].status == GNTST_okay)
            m->handles[first + i] = ops[i].handle;
        if (ops[i].status == GNTST_okay && *status == GNTST_okay)
            mapped++;
        else if (*status == GNTST_okay)
            *status = ops[i].status;
        else if (ops[i].status == GNTST_okay)
            unmap_pages(m, first + i, 1);
    }
    return mapped;
}

static void free_mapping(struct grant_mapping *m)
{
    if (m->va)
        kmap_release(m->va, m->count);
    free(m->handles);
    *m = (struct grant_mapping){0};
}

int grant_map(struct grant_mapping *m, domid_t from, const grant_ref_t *refs,
              size_t count, bool readonly, int *status)
{
    int first_refusal = GNTST_okay;
    size_t done = 0;

    *m = (struct grant_mapping){.count = count};
    m->handles = malloc(count * sizeof(*m->handles));
    m->va = kmap_reserve(count);
    if (!m->handles || !m->va) {
        free_mapping(m);
        return -XEN_ENOMEM;
    }
    while (done < count && first_refusal == GNTST_okay)
        done += map_batch(m, done, MIN(count - done, (size_t)BATCH), from, refs,
                          readonly, &first_refusal);
    if (status)
        *status = first_refusal;
    if (first_refusal == GNTST_okay)
        return 0;
    unmap_pages(m, 0, done);
    free_mapping(m);
    return -XEN_EACCES;
}

void grant_unmap(struct grant_mapping *m)
{
    unmap_pages(m, 0, m->count);
    free_mapping(m);
}

/* SPDX-License-Identifier: MIT */
/* memory_op: where the machine-to-physical table is, and what is refused. */
#include "calls.h"

#define ELEMENTS 4

static uint64_t in[ELEMENTS];

static long memory(uint64_t cmd, void *arg)
{
    return hypercall_memory_op(cmd, arg);
}

/* ------------------------------------------------- the table's own frames */

static long list_of(uint32_t max, void *extents)
{
    struct xen_machphys_mfn_list list = {.max_extents = max,
                                         .extent_start = extents};
    long answer = memory(XENMEM_machphys_mfn_list, &list);

    return answer ? answer : (long)list.nr_extents;
}

/* Dom0 maps them and finds what stands in the table. */
static long list_is_true(void)
{
    uint64_t at = mfn(world.data) * 8, chunks[ELEMENTS], *page;
    long same;

    if ((uint64_t)list_of(ELEMENTS, chunks) <= at >> 21)
        return 0;
    page = kmap_frame(chunks[at >> 21] + (at >> 12) % 512, PTE_KERNEL_RO,
                      DOMID_XEN);
    if (!page)
        return 0;
    same = page[at % PAGE_SIZE / 8] == m2p(mfn(world.data));
    kmap_release(page, 1);
    return same;
}

/* -------------------------------------------------------- whatever else */

/* An operation whose structure begins, or ends, with our number. */
static long ours(uint64_t cmd)
{
    uint64_t zero[8] = {DOMID_SELF};

    zero[3] = DOMID_SELF;
    return memory(cmd, zero);
}

static long set_map(domid_t owner, uint32_t entries, void *map)
{
    struct xen_foreign_memory_map x = {
        .domid = owner, .map = {.nr_entries = entries, .buffer = map}};

    return memory(XENMEM_set_memory_map, &x);
}

#define AREA      memory
#define AREA_ROWS "memory.def"
#include "area.h"

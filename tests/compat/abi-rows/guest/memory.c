/* SPDX-License-Identifier: MIT */
/* memory_op: frames exchanged, and where the machine-to-physical table is. */
#include "calls.h"

#define ELEMENTS 4

static uint64_t in[ELEMENTS], out[ELEMENTS];

static long memory(uint64_t cmd, void *arg)
{
    return hypercall_memory_op(cmd, arg);
}

/* ------------------------------------------------------------ exchange */

/* What is asked for: `count` frames, single ones, for as many. */
static struct xen_memory_exchange single(uint64_t count)
{
    return (struct xen_memory_exchange){
        .in = {.extent_start = in, .nr_extents = count, .domid = DOMID_SELF},
        .out = {.extent_start = out, .nr_extents = count, .domid = DOMID_SELF},
    };
}

/* The same with some fields otherwise. */
#define EXCHANGE(frame, ...)                                                   \
    __extension__({                                                            \
        struct xen_memory_exchange x = single(1);                              \
        in[0] = (frame);                                                       \
        out[0] = 0;                                                            \
        __VA_ARGS__;                                                           \
        memory(XENMEM_exchange, &x);                                           \
    })

/*
 * A list from an address that is good, and so far from it that the next
 * element would be one of the hypervisor's; one from where that is no matter.
 */
#define FAR  ((void *)8)
#define NEAR ((void *)(1UL << 43))

static long walks_inside(void *from, void *to)
{
    struct xen_memory_exchange x = single(1UL << 61);

    x.in.extent_start = from ? from : NEAR;
    x.out.extent_start = to ? to : NEAR;
    x.nr_exchanged = (uint64_t)INSIDE / 8;
    return memory(XENMEM_exchange, &x);
}

/* It says how many are gone, also when none is. */
static long told(uint64_t count, uint64_t done)
{
    struct xen_memory_exchange x = single(count);
    long answer;

    in[0] = in[1] = mfn(world.data);
    x.nr_exchanged = done;
    answer = memory(XENMEM_exchange, &x);
    return answer == -XEN_EINVAL ? (long)x.nr_exchanged : answer;
}

/* The frame of a page of ours goes, another comes, with the same number. */
static long exchange_page(void)
{
    uint64_t *page = page_alloc(1);
    struct xen_memory_exchange x = single(1);
    uint64_t pfn = virt_to_pfn(page), old = page_detach(page);
    long answer;

    in[0] = old;
    out[0] = pfn;
    answer = memory(XENMEM_exchange, &x);
    if (!answer && (x.nr_exchanged != 1 || out[0] == old || m2p(out[0]) != pfn))
        answer = 1;
    page_attach(page, answer ? old : out[0]);
    page_free(page, 1);
    return answer;
}

/* Two frames for two neighbours. One that cannot go: neither goes. */
static long exchange_pair(bool good)
{
    uint64_t *first = page_alloc(1), *second = page_alloc(1);
    struct xen_memory_exchange x = single(2);
    bool kept;
    long answer;

    first[0] = 0x11;
    x.out.nr_extents = 1;
    x.out.extent_order = 1;
    in[0] = page_detach(first);
    in[1] = good ? page_detach(second) : virt_to_mfn(second);
    out[0] = virt_to_pfn(first);
    answer = memory(XENMEM_exchange, &x);
    kept = m2p(in[0]) == virt_to_pfn(first);
    page_attach(first, answer ? in[0] : out[0]);
    if (good)
        page_attach(second, answer ? in[1] : out[0] + 1);
    page_free(second, 1);
    if (!good && (!kept || first[0] != 0x11 || x.nr_exchanged != 0))
        answer = 1;
    page_free(first, 1);
    return answer ? answer : (long)(out[0] & 1);
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

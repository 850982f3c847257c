/* SPDX-License-Identifier: MIT */
/* Frames that a domain gets and gives back, in extents of 2^order. */
#include "mm/calls.h"

#include <errno.h>
#include <pv-abi/memory.h>

#include "domain.h"
#include "hal.h"
#include "mm/alloc.h"
#include "mm/frame.h"
#include "vcpu.h"

/* The largest extent a guest may ask for: 2^9 frames, 2 MiB. */
#define RESERVATION_ORDER_MAX 9

/* Units of work (effects.h) for a frame that comes, cleared, or goes. */
#define FRAME_COST 8

static int release_frame(struct domain *d, mfn_t m)
{
    struct frame *f;
    int rc = frame_get(d, m, &f);

    if (rc)
        return rc;
    rc = domain_frame_release(d, f);
    frame_put(d->hv, f);
    return rc;
}

/* Whether the guest's limit on machine addresses, in bits, holds. */
static bool address_fits(const struct xen_memory_reservation *r, mfn_t first)
{
    unsigned int bits = r->mem_flags & 0xff;
    uint64_t end = (first.n + (1ul << r->extent_order)) << PAGE_SHIFT;

    return bits == 0 || bits >= 64 || end <= 1ul << bits;
}

/*
 * The frames have been d's to use since they were allocated: another of its
 * vCPUs may have given them back, and they may be somebody else's now.
 */
static void enter_m2p(struct domain *d, mfn_t first, unsigned int order,
                      uint64_t pfn)
{
    for (uint64_t i = 0; i < 1ul << order; i++) {
        struct frame *f;

        if (frame_get(d, mfn_of(first.n + i), &f))
            continue;
        m2p_set(d->hv, mfn_of(first.n + i), pfn + i);
        frame_put(d->hv, f);
    }
}

static int give_extent(struct domain *d, const struct xen_memory_reservation *r,
                       uint64_t at, bool populate)
{
    uint64_t pfn = INVALID_M2P_ENTRY;
    mfn_t first;
    int rc;

    if (populate && hal_copy_from_guest(&pfn, at, sizeof(pfn)))
        return -EFAULT;
    rc = domain_frame_alloc(d, r->extent_order, &first);
    if (rc)
        return rc;
    if (!address_fits(r, first))
        rc = -ENOMEM;
    else if (r->extent_start.va)
        rc = hal_copy_to_guest(at, &first.n, sizeof(first.n));
    if (rc) {
        /* Whoever pinned one meanwhile keeps it. */
        for (uint64_t i = 0; i < 1ul << r->extent_order; i++)
            (void)!release_frame(d, mfn_of(first.n + i));
        return rc;
    }
    if (populate)
        enter_m2p(d, first, r->extent_order, pfn);
    return 0;
}

/* Stops at the first frame that cannot be taken. */
static int take_extent(struct domain *d, const struct xen_memory_reservation *r,
                       uint64_t at)
{
    uint64_t first;
    int rc = 0;

    if (hal_copy_from_guest(&first, at, sizeof(first)))
        return -EFAULT;
    for (uint64_t i = 0; !rc && i < 1ul << r->extent_order; i++)
        rc = release_frame(d, mfn_of(first + i));
    return rc;
}

static int one_extent(struct domain *d, unsigned int op,
                      const struct xen_memory_reservation *r, uint64_t i)
{
    uint64_t at = r->extent_start.va + i * sizeof(uint64_t);

    return op == XENMEM_decrease_reservation
               ? take_extent(d, r, at)
               : give_extent(d, r, at, op == XENMEM_populate_physmap);
}

int64_t reservation_op(struct vcpu *v, unsigned int op, uint64_t i,
                       guest_ptr_t arg, struct effects *fx)
{
    struct xen_memory_reservation r;
    bool restart = false;
    struct domain *d;

    if (hal_copy_from_guest(&r, arg.va, sizeof(r)) || i >= r.nr_extents ||
        r.nr_extents > UINT64_MAX >> (MEMORY_OP_BITS + 1) ||
        r.extent_order > RESERVATION_ORDER_MAX ||
        foreign_domain(v, r.domid, &d))
        return (int64_t)i;
    for (; i < r.nr_extents; i++) {
        restart = fx->budget <= 0;
        if (restart || one_extent(d, op, &r, i))
            break;
        effects_spend(fx, FRAME_COST << r.extent_order);
    }
    foreign_release(v, d);
    if (!restart)
        return (int64_t)i;
    fx->restart_args = 2;
    fx->restart[0] = op | i << MEMORY_OP_BITS;
    fx->restart[1] = arg.va;
    return -ERESTART;
}

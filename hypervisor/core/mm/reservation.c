/* SPDX-License-Identifier: MIT */
#include "mm/reservation.h"

#include <errno.h>
#include <pv-abi/memory.h>

#include "bug.h"
#include "domain.h"
#include "mm/alloc.h"
#include "mm/foreign.h"
#include "mm/frame.h"
#include "mm/m2p.h"
#include "mm/memory_op.h"
#include "vcpu.h"

static void release_extent(struct domain *d, mfn_t first, unsigned int order)
{
    for (uint64_t i = 0; i < 1ul << order; i++) {
        struct frame *f;

        if (frame_get(d, mfn_of(first.n + i), &f))
            continue;
        /* Whoever pinned it meanwhile keeps it. */
        (void)!domain_frame_release(d, f);
        frame_put(d->hv, f);
    }
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
        release_extent(d, first, r->extent_order);
        return rc;
    }
    if (populate)
        enter_m2p(d, first, r->extent_order, pfn);
    return 0;
}

static int take_extent(struct domain *d, const struct xen_memory_reservation *r,
                       uint64_t at)
{
    uint64_t first;

    if (hal_copy_from_guest(&first, at, sizeof(first)))
        return -EFAULT;
    for (uint64_t i = 0; i < 1ul << r->extent_order; i++) {
        struct frame *f;
        int rc;

        rc = frame_get(d, mfn_of(first + i), &f);
        if (rc)
            return rc;
        rc = domain_frame_release(d, f);
        frame_put(d->hv, f);
        if (rc)
            return rc;
    }
    return 0;
}

static int one_extent(struct domain *d, unsigned int op,
                      const struct xen_memory_reservation *r, uint64_t i)
{
    uint64_t at = r->extent_start.va + i * sizeof(uint64_t);

    if (op == XENMEM_decrease_reservation)
        return take_extent(d, r, at);
    return give_extent(d, r, at, op == XENMEM_populate_physmap);
}

/* Extents from i on. Returns where it stopped; *restart: for a while only. */
static uint64_t do_extents(struct domain *d, unsigned int op,
                           const struct xen_memory_reservation *r, uint64_t i,
                           struct effects *fx, bool *restart)
{
    for (; i < r->nr_extents; i++) {
        *restart = fx->budget <= 0;
        if (*restart || one_extent(d, op, r, i))
            break;
        effects_spend(fx, 1 << r->extent_order);
    }
    return i;
}

int64_t reservation_op(struct vcpu *v, unsigned int op, uint64_t start,
                       guest_ptr_t arg, struct effects *fx)
{
    struct xen_memory_reservation r;
    bool restart = false;
    struct domain *d;
    uint64_t done;

    if (hal_copy_from_guest(&r, arg.va, sizeof(r)) || start >= r.nr_extents ||
        r.nr_extents > UINT64_MAX >> (MEMORY_OP_BITS + 1) ||
        r.extent_order > RESERVATION_ORDER_MAX ||
        foreign_domain(v, r.domid, &d))
        return (int64_t)start;
    done = do_extents(d, op, &r, start, fx, &restart);
    foreign_release(v, d);
    if (!restart)
        return (int64_t)done;
    fx->restart_args = 2;
    fx->restart[0] = op | done << MEMORY_OP_BITS;
    fx->restart[1] = arg.va;
    return -ERESTART;
}

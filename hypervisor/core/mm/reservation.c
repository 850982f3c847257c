/* SPDX-License-Identifier: MIT */
/* Frames that a domain gets and gives back, in extents of 2^order. */
#include "mm/calls.h"

#include <errno.h>
#include <pv-abi/memory.h>

#include "domain.h"
#include "hal.h"
#include "mm/alloc.h"
#include "mm/frame.h"
#include "mm/table.h"
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

/* ------------------------------------------------------------ exchange */

/*
 * The smallest numbers of extents that are as large in as out: exchanged
 * whole, or not at all. Frames of d that go are taken (alloc.h), frames that
 * come are nobody's until the end, and hang in lists by their `debris`; an
 * extent that comes has its pfn in the M2P meanwhile.
 */
struct chunk {
    const struct xen_memory_exchange *x;
    struct domain *d;
    unsigned int in_shift, out_shift; /* log2 of extents in, out */
    uint32_t taken;                   /* frames */
    uint32_t got;                     /* first frames of extents */
};

static void push(struct hv *hv, uint32_t *list, struct frame *f)
{
    f->debris = *list;
    *list = frame_index(hv, f);
}

/* NULL at the end. */
static struct frame *pop(struct hv *hv, uint32_t *list)
{
    struct frame *f = NULL;

    if (*list != FRAME_LIST_END) {
        f = &hv->frames[*list];
        *list = f->debris;
    }
    return f;
}

static int take_in(struct chunk *c, uint64_t i)
{
    const struct xen_memory_reservation *in = &c->x->in;
    uint64_t first;

    if (hal_copy_from_guest(&first, in->extent_start.va + i * 8, 8))
        return -EFAULT;
    for (uint64_t n = 0; n < 1ul << in->extent_order; n++) {
        struct frame *f;
        int rc = domain_frame_take(c->d, mfn_of(first + n), &f);

        if (rc)
            return rc;
        push(c->d->hv, &c->taken, f);
    }
    return 0;
}

static int get_out(struct chunk *c, uint64_t i)
{
    const struct xen_memory_reservation *out = &c->x->out;
    struct hv *hv = c->d->hv;
    uint64_t pfn;
    mfn_t first;

    if (hal_copy_from_guest(&pfn, out->extent_start.va + i * 8, 8))
        return -EFAULT;
    first = heap_alloc(hv, out->extent_order);
    if (!mfn_is_valid(first))
        return -ENOMEM;
    push(hv, &c->got, &hv->frames[first.n]);
    m2p_set(hv, first, pfn);
    if (!address_fits(out, first))
        return -ENOMEM;
    frames_clear(first, 1ul << out->extent_order);
    return 0;
}

/* The last step that may fail. n: behind the last extent, which is the first
 * of the list. */
static int tell_out(const struct chunk *c, uint64_t n)
{
    uint64_t va = c->x->out.extent_start.va + n * 8;

    for (uint32_t i = c->got; i != FRAME_LIST_END;
         i = c->d->hv->frames[i].debris) {
        uint64_t first = i;

        va -= 8;
        if (hal_copy_to_guest(va, &first, 8))
            return -EFAULT;
    }
    return 0;
}

/* rc: 0, or what stopped it: then everything is as it was. */
static void end_chunk(struct chunk *c, int rc)
{
    unsigned int order = c->x->out.extent_order;
    struct hv *hv = c->d->hv;
    struct frame *f;

    while ((f = pop(hv, &c->got))) {
        mfn_t first = frame_mfn(hv, f);
        uint64_t pfn = m2p_get(hv, first);

        m2p_set(hv, first, INVALID_M2P_ENTRY);
        if (!rc && domain_frame_assign(c->d, first, 1ul << order, false))
            enter_m2p(c->d, first, order, pfn);
        else
            heap_free(hv, first, order);
    }
    while ((f = pop(hv, &c->taken)))
        rc ? domain_frame_untake(c->d, f) : frame_free(hv, f);
}

static int exchange_chunk(struct chunk *c, uint64_t i)
{
    uint64_t in = i << c->in_shift, in_end = (i + 1) << c->in_shift;
    uint64_t out = i << c->out_shift, out_end = (i + 1) << c->out_shift;
    int rc = 0;

    c->taken = c->got = FRAME_LIST_END;
    for (; !rc && in < in_end; in++)
        rc = take_in(c, in);
    for (; !rc && out < out_end; out++)
        rc = get_out(c, out);
    if (!rc)
        rc = tell_out(c, out_end);
    end_chunk(c, rc);
    return rc;
}

/* In the order that guests know. */
static int check_exchange(const struct chunk *c)
{
    const struct xen_memory_reservation *in = &c->x->in, *out = &c->x->out;
    uint64_t done = c->x->nr_exchanged;

    if (in->extent_order > RESERVATION_ORDER_MAX ||
        out->extent_order > RESERVATION_ORDER_MAX)
        return -EPERM;
    if (done > in->nr_extents || in->domid != out->domid ||
        in->nr_extents > ~0ul >> in->extent_order ||
        out->nr_extents > ~0ul >> out->extent_order ||
        in->nr_extents << in->extent_order != out->nr_extents
                                                  << out->extent_order)
        return -EINVAL;
    if (!va_is_guest(in->extent_start.va + done * 8) ||
        !va_is_guest(out->extent_start.va +
                     (done >> c->in_shift << c->out_shift) * 8))
        return -EFAULT;
    return 0;
}

int64_t memory_exchange(struct vcpu *v, guest_ptr_t arg, struct effects *fx)
{
    struct xen_memory_exchange x;
    struct chunk c = {.x = &x};
    int rc;

    if (hal_copy_from_guest(&x, arg.va, sizeof(x)))
        return -EFAULT;
    if (x.in.extent_order < x.out.extent_order)
        c.in_shift = x.out.extent_order - x.in.extent_order;
    else
        c.out_shift = x.in.extent_order - x.out.extent_order;
    rc = check_exchange(&c);
    if (!rc)
        rc = foreign_domain(v, x.in.domid, &c.d);
    if (!rc) {
        uint64_t i = x.nr_exchanged >> c.in_shift;

        for (; i < x.in.nr_extents >> c.in_shift; i++) {
            rc = fx->budget > 0 ? exchange_chunk(&c, i) : -ERESTART;
            if (rc)
                break;
            effects_spend(fx,
                          2 * FRAME_COST << (x.in.extent_order + c.in_shift));
        }
        x.nr_exchanged = i << c.in_shift;
        foreign_release(v, c.d);
    }
    if (hal_copy_to_guest(
            arg.va + offsetof(struct xen_memory_exchange, nr_exchanged),
            &x.nr_exchanged, sizeof(x.nr_exchanged)))
        return -EFAULT;
    return rc;
}

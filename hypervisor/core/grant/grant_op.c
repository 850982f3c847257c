/* SPDX-License-Identifier: MIT */
/*
 * grant_table_op: one function a row of pv-abi/gnttab_ops.def. Arrays come
 * in batches; between two of them the call may yield, to go on with the
 * rest of the array.
 */
#include <errno.h>
#include <string.h>

#include "bug.h"
#include "domain/domain.h"
#include "grant/grant.h"
#include "hal.h"
#include "hv.h"
#include "mm/alloc.h"

/* ---------------------------------------------------------------- copy */

/* What a copy of up to a page costs, or a flush for a transfer, in units. */
#define COPY_COST 24

/* One side of a copy: a pin, or, with granter NULL, a frame of the caller. */
static int16_t open_side(struct vcpu *v, const struct gnttab_copy_ptr *p,
                         bool is_grant, bool writable, struct grant_pin *side)
{
    struct domain *granter;
    int16_t status;

    if (is_grant) {
        granter = domain_find_from(v->d, p->domid);
        if (!granter)
            return GNTST_bad_domain;
        status = grant_pin_get(granter, p->u.ref, v->d, writable, 1, side);
        domain_put(granter);
        return status;
    }
    *side = (struct grant_pin){.writable = writable};
    if (p->domid != DOMID_SELF && p->domid != v->d->domid)
        return GNTST_permission_denied;
    if (writable ? frame_get_writable(v->d, mfn_of(p->u.gmfn), &side->frame)
                 : frame_get(v->d, mfn_of(p->u.gmfn), &side->frame))
        return GNTST_bad_page;
    return GNTST_okay;
}

static void close_side(struct hv *hv, const struct grant_pin *side)
{
    if (side->granter)
        grant_pin_put(side);
    else if (side->writable)
        frame_put_writable(hv, side->frame);
    else
        frame_put(hv, side->frame);
}

/*
 * Through the hypervisor's own mapping of the frames: no page table and no
 * TLB changes. Both may be one frame, and both may change while we read.
 */
static void copy_bytes(struct hv *hv, const struct gnttab_copy *op,
                       const struct frame *from, const struct frame *to)
{
    const uint8_t *source = hal_map(frame_mfn(hv, from));
    uint8_t *dest = hal_map(frame_mfn(hv, to));

    memmove(dest + op->dest.offset, source + op->source.offset, op->len);
    hal_unmap(dest);
    hal_unmap(source);
}

static int16_t copy_one(struct vcpu *v, const struct gnttab_copy *op)
{
    struct hv *hv = v->d->hv;
    struct grant_pin from, to;
    int16_t status;

    if (op->source.offset + (uint32_t)op->len > PAGE_SIZE ||
        op->dest.offset + (uint32_t)op->len > PAGE_SIZE)
        return GNTST_bad_copy_arg;
    status = open_side(v, &op->source, op->flags & GNTCOPY_source_gref, false,
                       &from);
    if (status)
        return status;
    status = open_side(v, &op->dest, op->flags & GNTCOPY_dest_gref, true, &to);
    if (!status) {
        copy_bytes(hv, op, from.frame, to.frame);
        close_side(hv, &to);
    }
    close_side(hv, &from);
    return status;
}

int grant_op_copy(struct vcpu *v, struct gnttab_copy *op, unsigned int n,
                  struct effects *fx)
{
    for (unsigned int i = 0; i < n; i++) {
        effects_spend(fx, COPY_COST);
        op[i].status = copy_one(v, &op[i]);
    }
    return 0;
}

/* ------------------------------------------------------------ transfer */

static int16_t transfer_one(struct vcpu *v, const struct gnttab_transfer *op)
{
    struct domain *to;
    struct frame *f;
    int16_t status;

    if (domain_frame_take(v->d, mfn_of(op->mfn), &f))
        return GNTST_bad_page;
    to = domain_find(v->d->hv, op->domid);
    if (!to) {
        domain_frame_untake(v->d, f);
        return GNTST_bad_domain;
    }
    status = grant_give(v->d, f, to, op->ref);
    domain_put(to);
    return status;
}

int grant_op_transfer(struct vcpu *v, struct gnttab_transfer *op,
                      unsigned int n, struct effects *fx)
{
    for (unsigned int i = 0; i < n; i++) {
        effects_spend(fx, COPY_COST);
        op[i].status = transfer_one(v, &op[i]);
    }
    return 0;
}

/* --------------------------------------------------------------- table */

/* The domain that an operation names, with a reference, if v may ask. */
static int16_t find_target(struct vcpu *v, domid_t id, struct domain **out)
{
    if (id != DOMID_SELF && id != v->d->domid && !v->d->privileged)
        return GNTST_permission_denied;
    *out = domain_find_from(v->d, id);
    return *out ? GNTST_okay : GNTST_bad_domain;
}

/* Tell the frames of d's table, which has that many. */
static int16_t copy_frame_list(struct domain *d, uint64_t va,
                               unsigned int count)
{
    struct grant_table *t = d->grant;

    for (unsigned int i = 0; i < count; i++, va += sizeof(uint64_t)) {
        mfn_t mfn = MFN_INVALID;

        spin_lock(&t->lock);
        if (t->entries)
            mfn = hal_mfn_of(t->entries[i]);
        spin_unlock(&t->lock);
        if (!mfn_is_valid(mfn) || hal_copy_to_guest(va, &mfn.n, sizeof(mfn.n)))
            return GNTST_bad_virt_addr;
    }
    return GNTST_okay;
}

/* A table that has grown stays so, also if its frames cannot be told. */
int grant_op_setup_table(struct vcpu *v, struct gnttab_setup_table *op,
                         unsigned int n, struct effects *fx)
{
    struct domain *d;

    op->status = find_target(v, op->dom, &d);
    if (op->status != GNTST_okay)
        return 0;
    op->status = grant_table_grow(d, op->nr_frames)
                     ? GNTST_general_error
                     : copy_frame_list(d, op->frame_list.va, op->nr_frames);
    domain_put(d);
    return 0;
}

int grant_op_query_size(struct vcpu *v, struct gnttab_query_size *op,
                        unsigned int n, struct effects *fx)
{
    struct domain *d;

    op->status = find_target(v, op->dom, &d);
    if (op->status != GNTST_okay)
        return 0;
    spin_lock(&d->grant->lock);
    op->nr_frames = d->grant->frame_count;
    op->max_nr_frames = d->grant->frame_max;
    spin_unlock(&d->grant->lock);
    domain_put(d);
    return 0;
}

int grant_op_set_version(struct vcpu *v, struct gnttab_set_version *op,
                         unsigned int n, struct effects *fx)
{
    if (op->version == 1)
        return 0;
    return op->version == 2 ? -ENOSYS : -EINVAL;
}

int grant_op_get_version(struct vcpu *v, struct gnttab_get_version *op,
                         unsigned int n, struct effects *fx)
{
    struct domain *d;
    int16_t status = find_target(v, op->dom, &d);

    if (status)
        return status == GNTST_permission_denied ? -EPERM : -ESRCH;
    domain_put(d);
    op->version = 1;
    return 0;
}

/* -------------------------------------------------------- the hypercall */

union batch {
#define GNTTAB_OP(nr, name, type, direction, doc) type name[GRANT_BATCH];
#include <pv-abi/gnttab_ops.def>
};

static int run_batch(struct vcpu *v, uint32_t cmd, union batch *b,
                     unsigned int n, struct effects *fx)
{
    switch (cmd) {
#define GNTTAB_OP(nr, name, type, direction, doc)                              \
    case nr:                                                                   \
        return grant_op_##name(v, b->name, n, fx);
#include <pv-abi/gnttab_ops.def>
    default:
        BUG();
    }
}

/* size: of one element. */
static int64_t run_array(struct vcpu *v, uint32_t cmd, guest_ptr_t ops,
                         uint32_t count, size_t size, struct effects *fx)
{
    union batch b;

    while (count > 0) {
        uint32_t n = count < GRANT_BATCH ? count : GRANT_BATCH;
        int rc;

        if (!effects_spend(fx, 0)) {
            fx->restart_args = 3;
            fx->restart[0] = cmd;
            fx->restart[1] = ops.va;
            fx->restart[2] = count;
            return -ERESTART;
        }
        if (hal_copy_from_guest(&b, ops.va, n * size))
            return -EFAULT;
        rc = run_batch(v, cmd, &b, n, fx);
        if (rc)
            return rc;
        if (hal_copy_to_guest(ops.va, &b, n * size))
            return -EFAULT;
        ops.va += n * size;
        count -= n;
    }
    return 0;
}

int64_t do_grant_table_op(struct vcpu *v, uint32_t cmd, guest_ptr_t ops,
                          uint32_t count, struct effects *fx)
{
    if ((int32_t)count < 0)
        return -EINVAL;
    /* Two take one element only, two do not look at the count. */
    if (cmd == GNTTABOP_set_version || cmd == GNTTABOP_get_version)
        count = 1;
    if ((cmd == GNTTABOP_setup_table || cmd == GNTTABOP_query_size) &&
        count != 1)
        return -EINVAL;
    switch (cmd) {
#define GNTTAB_OP(nr, name, type, direction, doc)                              \
    case nr:                                                                   \
        return run_array(v, cmd, ops, count, sizeof(type), fx);
#define GNTTAB_OP_REFUSED(nr, name, error, doc)                                \
    case nr:                                                                   \
        return -error;
#include <pv-abi/gnttab_ops.def>
    default:
        return -ENOSYS;
    }
}

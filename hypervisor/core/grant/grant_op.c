/* SPDX-License-Identifier: MIT */
/*
 * grant_table_op: one function a row of pv-abi/gnttab_ops.def. Arrays come
 * in batches; between two of them the call may yield, to go on with the
 * rest of the array.
 *
 * A copy goes through the hypervisor's own mapping of the frames, so no page
 * table and no TLB changes.
 */
#include <errno.h>
#include <string.h>

#include "bug.h"
#include "domain/domain.h"
#include "grant/grant.h"
#include "hal.h"
#include "hv.h"

/* What a copy of up to a page costs, in units of work. */
#define COPY_COST 24

struct side {
    struct grant_pin pin; /* granter NULL: a frame of the caller */
    struct frame *frame;
    bool writable;
};

static int16_t open_grant(struct vcpu *v, const struct gnttab_copy_ptr *p,
                          struct side *s)
{
    struct domain *granter = domain_find_from(v->d, p->domid);
    int16_t status;

    if (!granter)
        return GNTST_bad_domain;
    status = grant_pin_get(granter, p->u.ref, v->d, s->writable, &s->pin);
    s->frame = s->pin.frame;
    domain_put(granter);
    return status;
}

static int16_t open_own(struct vcpu *v, const struct gnttab_copy_ptr *p,
                        struct side *s)
{
    s->pin.granter = NULL;
    if (p->domid != DOMID_SELF && p->domid != v->d->domid)
        return GNTST_permission_denied;
    if (s->writable ? frame_get_writable(v->d, mfn_of(p->u.gmfn), &s->frame)
                    : frame_get(v->d, mfn_of(p->u.gmfn), &s->frame))
        return GNTST_bad_page;
    return GNTST_okay;
}

static int16_t open_side(struct vcpu *v, const struct gnttab_copy_ptr *p,
                         bool is_grant, bool writable, struct side *s)
{
    s->writable = writable;
    return is_grant ? open_grant(v, p, s) : open_own(v, p, s);
}

static void close_side(struct hv *hv, const struct side *s)
{
    if (s->pin.granter)
        grant_pin_put(&s->pin);
    else if (s->writable)
        frame_put_writable(hv, s->frame);
    else
        frame_put(hv, s->frame);
}

/* Both may be one frame, and both may change while we read. */
static void copy_bytes(struct hv *hv, const struct gnttab_copy *op,
                       const struct side *from, const struct side *to)
{
    const uint8_t *source = hal_map(frame_mfn(hv, from->frame));
    uint8_t *dest = hal_map(frame_mfn(hv, to->frame));

    memmove(dest + op->dest.offset, source + op->source.offset, op->len);
    hal_unmap(dest);
    hal_unmap(source);
}

static int16_t copy_one(struct vcpu *v, const struct gnttab_copy *op)
{
    struct hv *hv = v->d->hv;
    struct side from, to;
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
        copy_bytes(hv, op, &from, &to);
        close_side(hv, &to);
    }
    close_side(hv, &from);
    return status;
}

void grant_copy_batch(struct vcpu *v, struct gnttab_copy *op, unsigned int n,
                      struct effects *fx)
{
    for (unsigned int i = 0; i < n; i++) {
        effects_spend(fx, COPY_COST);
        op[i].status = copy_one(v, &op[i]);
    }
}

int16_t grant_find_target(struct vcpu *v, domid_t id, struct domain **out)
{
    if (id != DOMID_SELF && id != v->d->domid && !v->d->privileged)
        return GNTST_permission_denied;
    *out = domain_find_from(v->d, id);
    return *out ? GNTST_okay : GNTST_bad_domain;
}

/* -------------------------------------------------------------- arrays */

union batch {
    struct gnttab_map_grant_ref map[GRANT_BATCH];
    struct gnttab_unmap_grant_ref unmap[GRANT_BATCH];
    struct gnttab_copy copy[GRANT_BATCH];
};

static void run_batch(struct vcpu *v, uint32_t cmd, union batch *b,
                      unsigned int n, struct effects *fx)
{
    switch (cmd) {
    case GNTTABOP_map_grant_ref:
        grant_map_batch(v, b->map, n, fx);
        break;
    case GNTTABOP_unmap_grant_ref:
        grant_unmap_batch(v, b->unmap, n, fx);
        break;
    case GNTTABOP_copy:
        grant_copy_batch(v, b->copy, n, fx);
        break;
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

        if (!effects_spend(fx, 0)) {
            fx->restart_args = 3;
            fx->restart[0] = cmd;
            fx->restart[1] = ops.va;
            fx->restart[2] = count;
            return -ERESTART;
        }
        if (hal_copy_from_guest(&b, ops.va, n * size))
            return -EFAULT;
        run_batch(v, cmd, &b, n, fx);
        if (hal_copy_to_guest(ops.va, &b, n * size))
            return -EFAULT;
        ops.va += n * size;
        count -= n;
    }
    return 0;
}

static int64_t op_map_grant_ref(struct vcpu *v, guest_ptr_t ops, uint32_t count,
                                struct effects *fx)
{
    return run_array(v, GNTTABOP_map_grant_ref, ops, count,
                     sizeof(struct gnttab_map_grant_ref), fx);
}

static int64_t op_unmap_grant_ref(struct vcpu *v, guest_ptr_t ops,
                                  uint32_t count, struct effects *fx)
{
    return run_array(v, GNTTABOP_unmap_grant_ref, ops, count,
                     sizeof(struct gnttab_unmap_grant_ref), fx);
}

static int64_t op_copy(struct vcpu *v, guest_ptr_t ops, uint32_t count,
                       struct effects *fx)
{
    return run_array(v, GNTTABOP_copy, ops, count, sizeof(struct gnttab_copy),
                     fx);
}

/* --------------------------------------------------------------- table */

/* Tell the frames of d's table. 0 or -EFAULT. */
static int copy_frame_list(struct domain *d, uint64_t va, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        mfn_t mfn;

        if (grant_table_frame(d, i, &mfn))
            return -EFAULT;
        if (hal_copy_to_guest(va + i * sizeof(uint64_t), &mfn.n,
                              sizeof(uint64_t)))
            return -EFAULT;
    }
    return 0;
}

static int64_t op_setup_table(struct vcpu *v, guest_ptr_t ops, uint32_t count,
                              struct effects *fx)
{
    struct gnttab_setup_table op;
    struct domain *d;
    int64_t rc = 0;

    if (count != 1)
        return -EINVAL;
    if (hal_copy_from_guest(&op, ops.va, sizeof(op)))
        return -EFAULT;
    op.status = grant_find_target(v, op.dom, &d);
    if (op.status == GNTST_okay) {
        if (grant_table_grow(d, op.nr_frames))
            op.status = GNTST_general_error;
        else
            rc = copy_frame_list(d, op.frame_list.va, op.nr_frames);
        domain_put(d);
    }
    if (rc == 0 && hal_copy_to_guest(ops.va, &op, sizeof(op)))
        rc = -EFAULT;
    return rc;
}

static int64_t op_query_size(struct vcpu *v, guest_ptr_t ops, uint32_t count,
                             struct effects *fx)
{
    struct gnttab_query_size op;
    struct domain *d;

    if (count != 1)
        return -EINVAL;
    if (hal_copy_from_guest(&op, ops.va, sizeof(op)))
        return -EFAULT;
    op.status = grant_find_target(v, op.dom, &d);
    if (op.status == GNTST_okay) {
        spin_lock(&d->grant->lock);
        op.nr_frames = d->grant->frame_count;
        op.max_nr_frames = d->grant->frame_max;
        spin_unlock(&d->grant->lock);
        domain_put(d);
    }
    return hal_copy_to_guest(ops.va, &op, sizeof(op)) ? -EFAULT : 0;
}

static int64_t op_set_version(struct vcpu *v, guest_ptr_t ops, uint32_t count,
                              struct effects *fx)
{
    struct gnttab_set_version op;

    if (hal_copy_from_guest(&op, ops.va, sizeof(op)))
        return -EFAULT;
    if (op.version != 1)
        return op.version == 2 ? -ENOSYS : -EINVAL;
    return hal_copy_to_guest(ops.va, &op, sizeof(op)) ? -EFAULT : 0;
}

static int64_t op_get_version(struct vcpu *v, guest_ptr_t ops, uint32_t count,
                              struct effects *fx)
{
    struct gnttab_get_version op;
    struct domain *d;

    if (hal_copy_from_guest(&op, ops.va, sizeof(op)))
        return -EFAULT;
    switch (grant_find_target(v, op.dom, &d)) {
    case GNTST_permission_denied:
        return -EPERM;
    case GNTST_bad_domain:
        return -ESRCH;
    }
    domain_put(d);
    op.version = 1;
    return hal_copy_to_guest(ops.va, &op, sizeof(op)) ? -EFAULT : 0;
}

/* -------------------------------------------------------- the hypercall */

int64_t do_grant_table_op(struct vcpu *v, uint32_t cmd, guest_ptr_t ops,
                          uint32_t count, struct effects *fx)
{
    if ((int32_t)count < 0)
        return -EINVAL;
    switch (cmd) {
#define GNTTAB_OP(nr, name, type, direction, doc)                              \
    case nr:                                                                   \
        return op_##name(v, ops, count, fx);
#define GNTTAB_OP_REFUSED(nr, name, error, doc)                                \
    case nr:                                                                   \
        return -error;
#include <pv-abi/gnttab_ops.def>
    default:
        return -ENOSYS;
    }
}

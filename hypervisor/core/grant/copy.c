/* SPDX-License-Identifier: MIT */
/*
 * Copying between frames: each side is a grant or a frame of the caller.
 * The copy goes through the hypervisor's own mapping of the frames, so no
 * page table and no TLB changes.
 */
#include <string.h>

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

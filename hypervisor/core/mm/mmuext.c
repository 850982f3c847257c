/* SPDX-License-Identifier: MIT */
#include "mm/mmuext.h"

#include <errno.h>
#include <string.h>

#include "bug.h"
#include "domain.h"
#include "mm/base.h"
#include "mm/batch.h"
#include "mm/descriptor.h"
#include "mm/flush.h"
#include "mm/foreign.h"
#include "mm/pte.h"
#include "mm/type.h"
#include "vcpu.h"

/* mm_lock held. */
static int pin(struct domain *d, mfn_t m, unsigned int level,
               struct effects *fx)
{
    struct frame *f;
    int rc = type_get(d, m, type_of_level(level), fx, &f);

    if (rc)
        return rc;
    if (frame_type(f) & FRAME_PINNED) {
        type_put(d, f);
        return -EINVAL;
    }
    __atomic_fetch_or(&f->type, FRAME_PINNED, __ATOMIC_SEQ_CST);
    return 0;
}

/* mm_lock held. */
static int unpin(struct domain *d, mfn_t m)
{
    struct frame *f;
    int rc = -EINVAL;

    if (frame_get(d, m, &f))
        return -EINVAL;
    if (frame_type(f) & FRAME_PINNED) {
        __atomic_fetch_and(&f->type, ~FRAME_PINNED, __ATOMIC_SEQ_CST);
        type_put(d, f);
        rc = 0;
    }
    frame_put(d->hv, f);
    return rc;
}

static int change_pin(struct domain *d, const struct mmuext_op *op,
                      struct effects *fx)
{
    mfn_t m = mfn_of(op->arg1.mfn);
    int rc;

    spin_lock(&d->mm_lock);
    rc = debris_drain(d, fx);
    if (rc)
        ;
    else if (op->cmd == MMUEXT_UNPIN_TABLE)
        rc = unpin(d, m);
    else
        rc = pin(d, m, op->cmd - MMUEXT_PIN_L1_TABLE + 1, fx);
    spin_unlock(&d->mm_lock);
    return rc;
}

static int clear_page(struct domain *d, mfn_t m)
{
    struct frame *f;
    void *page;

    if (frame_get_writable(d, m, &f))
        return -EINVAL;
    page = hal_map(m);
    memset(page, 0, PAGE_SIZE);
    hal_unmap(page);
    frame_put_writable(d->hv, f);
    return 0;
}

static int copy_page(struct domain *d, mfn_t to, mfn_t from)
{
    struct frame *source, *target;
    void *a, *b;

    if (frame_get(d, from, &source))
        return -EINVAL;
    if (frame_get_writable(d, to, &target)) {
        frame_put(d->hv, source);
        return -EINVAL;
    }
    a = hal_map(to);
    b = hal_map(from);
    memmove(a, b, PAGE_SIZE); /* they may be one */
    hal_unmap(b);
    hal_unmap(a);
    frame_put_writable(d->hv, target);
    frame_put(d->hv, source);
    return 0;
}

/* Operations on frames, which may be another domain's. */
static int frame_op(struct domain *d, const struct mmuext_op *op,
                    struct effects *fx)
{
    effects_spend(fx, 1);
    switch (op->cmd) {
    case MMUEXT_CLEAR_PAGE:
        return clear_page(d, mfn_of(op->arg1.mfn));
    case MMUEXT_COPY_PAGE:
        return copy_page(d, mfn_of(op->arg1.mfn), mfn_of(op->arg2.src_mfn));
    default:
        return change_pin(d, op, fx);
    }
}

static bool is_frame_op(uint32_t cmd)
{
    return cmd <= MMUEXT_UNPIN_TABLE || cmd == MMUEXT_CLEAR_PAGE ||
           cmd == MMUEXT_COPY_PAGE;
}

static int flush_some(struct vcpu *v, const struct mmuext_op *op,
                      struct effects *fx)
{
    cpumask_t cpus;

    if (flush_read_mask(v->d, op->arg2.vcpumask.va, &cpus))
        return -EINVAL;
    if (op->cmd == MMUEXT_TLB_FLUSH_MULTI)
        effects_flush(fx, cpus);
    else
        flush_address(fx, cpus, op->arg1.linear_addr);
    return 0;
}

static int refused(uint32_t cmd)
{
    switch (cmd) {
#define MMUEXT_OP_REFUSED(nr, name, error, doc)                                \
    case nr:                                                                   \
        return -error;
#include <pv-abi/mmuext_ops.def>
    default:
        return -ENOSYS;
    }
}

/* Operations on the calling vCPU. */
static int vcpu_op(struct vcpu *v, const struct mmuext_op *op,
                   struct effects *fx)
{
    cpumask_t self = cpumask_of(hal_cpu());
    uint64_t va = op->arg1.linear_addr;
    mfn_t m = mfn_of(op->arg1.mfn);

    switch (op->cmd) {
    case MMUEXT_NEW_BASEPTR:
        return vcpu_set_base(v, BASE_KERNEL, m, fx);
    case MMUEXT_NEW_USER_BASEPTR:
        /* 0 means none: ~0, which does so inside, is a frame we do not have. */
        if (!mfn_is_valid(m))
            return -EINVAL;
        return vcpu_set_base(v, BASE_USER, m.n ? m : MFN_INVALID, fx);
    case MMUEXT_TLB_FLUSH_LOCAL:
        effects_flush(fx, self);
        return 0;
    case MMUEXT_INVLPG_LOCAL:
        flush_address(fx, self, va);
        return 0;
    case MMUEXT_TLB_FLUSH_MULTI:
    case MMUEXT_INVLPG_MULTI:
        return flush_some(v, op, fx);
    case MMUEXT_TLB_FLUSH_ALL:
        effects_flush(fx, flush_all(v->d));
        return 0;
    case MMUEXT_INVLPG_ALL:
        flush_address(fx, flush_all(v->d), va);
        return 0;
    case MMUEXT_SET_LDT:
        return vcpu_set_ldt(v, va, op->arg2.nr_ents);
    default:
        return refused(op->cmd);
    }
}

static int one_op(struct vcpu *v, struct domain *d, const struct mmuext_op *op,
                  struct effects *fx)
{
    if (fx->budget <= 0)
        return -ERESTART;
    effects_spend(fx, 1);
    if (is_frame_op(op->cmd))
        return frame_op(d, op, fx);
    if (d != v->d)
        return -EPERM;
    return vcpu_op(v, op, fx);
}

static int empty_debris(struct domain *d, struct effects *fx)
{
    int rc;

    spin_lock(&d->mm_lock);
    rc = debris_drain(d, fx);
    spin_unlock(&d->mm_lock);
    return rc;
}

int64_t do_mmuext_op(struct vcpu *v, guest_ptr_t ops, uint32_t count,
                     guest_ptr_t done, uint32_t foreigndom, struct effects *fx)
{
    struct mmuext_op op;
    struct domain *d;
    struct batch b;
    int rc, drained;

    rc = batch_begin(&b, ops.va, sizeof(op), count, done.va, foreigndom);
    if (rc)
        return rc;
    rc = foreign_domain(v, (domid_t)foreigndom, &d);
    if (rc)
        return rc;
    while (!rc && b.left > 0) {
        rc = batch_read(&b, &op, 1);
        if (!rc)
            rc = one_op(v, d, &op, fx);
        if (!rc)
            batch_step(&b);
    }
    drained = empty_debris(d, fx);
    if (!rc)
        rc = drained;
    foreign_release(v, d);
    return batch_end(&b, rc, fx);
}

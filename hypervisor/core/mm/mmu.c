/* SPDX-License-Identifier: MIT */
#include "mm/calls.h"

#include <errno.h>
#include <string.h>

#include "bug.h"
#include "domain.h"
#include "mm/entry.h"
#include "mm/frame.h"
#include "mm/pte.h"
#include "mm/tlb.h"
#include "mm/type.h"
#include "mm/vcpu_mmu.h"
#include "vcpu.h"

/* In count: the call goes on; *done says how many were completed before. */
#define MMU_UPDATE_PREEMPTED 0x80000000u

/* Requests copied in at a time, and processed under one hold of the lock. */
#define CHUNK 32

#define COMMAND_MASK 7

/* ---------------------------------------------- whom and what they mean */

int foreign_domain(struct vcpu *v, domid_t id, struct domain **d)
{
    if (id == DOMID_SELF || id == v->d->domid) {
        *d = v->d;
        return 0;
    }
    *d = domain_find(v->d->hv, id);
    if (!*d)
        return -ESRCH;
    if (!v->d->privileged) {
        domain_put(*d);
        return -EPERM;
    }
    return 0;
}

void foreign_release(struct vcpu *v, struct domain *d)
{
    if (d != v->d)
        domain_put(d);
}

static int foreign_target(struct vcpu *v, domid_t id, struct target *t)
{
    *t = (struct target){.d = v->d};
    switch (id) {
    case DOMID_IO:
        t->io = true;
        return 0;
    case DOMID_XEN:
        t->xen = true;
        return v->d->privileged ? 0 : -EPERM;
    default:
        return foreign_domain(v, id, &t->d);
    }
}

static void foreign_target_release(struct vcpu *v, struct target *t)
{
    foreign_release(v, t->d);
}

/*
 * An array of requests in guest memory, taken in small copies, in order, up to
 * the first failure; a count of completed ones that is exact in every case;
 * and a restart that the guest does not notice.
 */
struct batch {
    uint64_t requests;   /* va of the next request */
    size_t size;         /* of one */
    uint32_t left;       /* requests not completed */
    uint64_t done_va;    /* 0: nobody wants to know */
    uint32_t done;       /* completed, in earlier runs too */
    uint32_t foreigndom; /* as the guest gave it, for the restart */
};

static int batch_begin(struct batch *b, uint64_t requests, size_t size,
                       uint32_t count, uint64_t done_va, uint32_t foreigndom)
{
    *b = (struct batch){
        .requests = requests,
        .size = size,
        .left = count & ~MMU_UPDATE_PREEMPTED,
        .done_va = done_va,
        .foreigndom = foreigndom,
    };
    /* A guest that sets the bit by itself chooses where *done begins. */
    if ((count & MMU_UPDATE_PREEMPTED) && done_va)
        return hal_copy_from_guest(&b->done, done_va, sizeof(b->done));
    return 0;
}

static int batch_read(const struct batch *b, void *to, uint32_t n)
{
    return hal_copy_from_guest(to, b->requests, n * b->size);
}

static void batch_step(struct batch *b)
{
    b->requests += b->size;
    b->left--;
    b->done++;
}

static int64_t batch_end(const struct batch *b, int rc, struct effects *fx)
{
    if (b->done_va && hal_copy_to_guest(b->done_va, &b->done, sizeof(b->done)))
        return -EFAULT;
    if (rc == -ERESTART) {
        fx->restart_args = 4;
        fx->restart[0] = b->requests;
        fx->restart[1] = b->left | MMU_UPDATE_PREEMPTED;
        fx->restart[2] = b->done_va;
        fx->restart[3] = b->foreigndom;
    }
    return rc;
}

/* ----------------------------------------------------------- mmu_update */

/* A frame that is no live table is memory like any other. */
static int plain_store(struct domain *d, struct frame *f, unsigned int index,
                       uint64_t value)
{
    if (frame_ref_writable(d->hv, f))
        return -EINVAL;
    entry_swap(frame_mfn(d->hv, f), index, value);
    frame_put_writable(d->hv, f);
    return 0;
}

static int update_entry(struct domain *d, const struct target *t,
                        const struct mmu_update *u, struct effects *fx)
{
    struct table_write w = {
        .d = d,
        .target = *t,
        .index = (u->ptr & ~PAGE_MASK) / sizeof(uint64_t),
        .value = u->val,
        .preserve_ad = (u->ptr & COMMAND_MASK) == MMU_PT_UPDATE_PRESERVE_AD,
    };
    uint32_t type;
    int rc;

    if (frame_get(d, mfn_of(u->ptr >> PAGE_SHIFT), &w.table))
        return -EINVAL;
    type = frame_type(w.table);
    if (type_level(type) > 0 && (type & FRAME_TYPE_COUNT) > 0)
        rc = table_write(&w, fx);
    else
        rc = plain_store(d, w.table, w.index, w.value);
    frame_put(d->hv, w.table);
    return rc;
}

static int update_m2p(struct vcpu *v, struct domain *tables,
                      const struct target *t, const struct mmu_update *u)
{
    mfn_t m = mfn_of(u->ptr >> PAGE_SHIFT);
    struct frame *f;

    if (tables != v->d)
        return -EPERM;
    if (t->io || t->xen || frame_get(t->d, m, &f))
        return -EINVAL;
    m2p_set(v->d->hv, m, u->val);
    frame_put(v->d->hv, f);
    return 0;
}

static int update(struct vcpu *v, struct domain *tables, const struct target *t,
                  const struct mmu_update *u, struct effects *fx)
{
    switch (u->ptr & COMMAND_MASK) {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_PRESERVE_AD:
    case MMU_PT_UPDATE_NO_TRANSLATE:
        return update_entry(tables, t, u, fx);
    case MMU_MACHPHYS_UPDATE:
        return update_m2p(v, tables, t, u);
    default:
        return -ENOSYS;
    }
}

/* As many of u[n] as go. Tables that an update drops are emptied by the next
 * one, or by the call's end, before anything else may want them. */
static int update_chunk(struct vcpu *v, struct domain *tables,
                        const struct target *t, struct batch *b,
                        const struct mmu_update *u, uint32_t n,
                        struct effects *fx)
{
    int rc = 0, drained;

    spin_lock(&tables->mm_lock);
    for (uint32_t i = 0; i < n && !rc; i++) {
        rc = debris_drain(tables, fx);
        if (!rc && fx->budget <= 0)
            rc = -ERESTART;
        if (!rc)
            rc = update(v, tables, t, &u[i], fx);
        if (!rc) {
            effects_spend(fx, 1);
            batch_step(b);
        }
    }
    drained = debris_drain(tables, fx);
    spin_unlock(&tables->mm_lock);
    return rc ? rc : drained;
}

static int update_all(struct vcpu *v, struct domain *tables,
                      const struct target *t, struct batch *b,
                      struct effects *fx)
{
    struct mmu_update u[CHUNK];
    int rc;

    do {
        uint32_t n = b->left < CHUNK ? b->left : CHUNK;

        rc = batch_read(b, u, n);
        if (!rc)
            rc = update_chunk(v, tables, t, b, u, n, fx);
    } while (!rc && b->left > 0);
    return rc;
}

int64_t do_mmu_update(struct vcpu *v, guest_ptr_t requests, uint32_t count,
                      guest_ptr_t done, uint32_t foreigndom, struct effects *fx)
{
    domid_t table_owner = foreigndom >> 16 ? (domid_t)((foreigndom >> 16) - 1)
                                           : (domid_t)DOMID_SELF;
    struct domain *tables;
    struct target t;
    struct batch b;
    int rc;

    rc = batch_begin(&b, requests.va, sizeof(struct mmu_update), count, done.va,
                     foreigndom);
    if (rc)
        return rc;
    rc = foreign_domain(v, table_owner, &tables);
    if (rc)
        return rc;
    rc = foreign_target(v, (domid_t)foreigndom, &t);
    if (!rc) {
        rc = update_all(v, tables, &t, &b, fx);
        foreign_target_release(v, &t);
    }
    foreign_release(v, tables);
    return batch_end(&b, rc, fx);
}

/* ------------------------------------------------------------ mmuext_op */

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

/* SPDX-License-Identifier: MIT */
#include "mm/calls.h"

#include <errno.h>
#include <string.h>

#include "hal.h"
#include "mm/alloc.h"
#include "mm/table.h"
#include "mm/tlb.h"
#include "mm/vcpu_mmu.h"

/* In count: the call goes on; *done says how many were completed before. */
#define MMU_UPDATE_PREEMPTED 0x80000000u

/* Requests copied in at a time, and processed under one hold of the lock. */
#define CHUNK 32

/* Units of work (effects.h): a request, a page to clear or to copy. */
#define UPDATE_COST 4
#define PAGE_COST   8

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

/* As foreigndom says it: one's own number is nobody. */
static int page_owner(struct vcpu *v, domid_t id, struct domain **d)
{
    return id == v->d->domid ? -ESRCH : foreign_domain(v, id, d);
}

int foreign_target(struct vcpu *v, domid_t id, struct target *t)
{
    *t = (struct target){
        .d = v->d,
        .io = id == DOMID_IO,
        .xen = id == DOMID_XEN,
    };
    if (t->xen && !v->d->privileged)
        return -EPERM;
    return t->io || t->xen ? 0 : page_owner(v, id, &t->d);
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

/* The next n requests, at most left. */
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

/* rc: of the request that stopped it, or 0; -EFAULT if *done cannot be told. */
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

    spin_guard(&tables->mm_lock);
    for (uint32_t i = 0; i < n && !rc; i++) {
        rc = debris_drain(tables, fx);
        if (!rc && fx->budget <= 0)
            rc = -ERESTART;
        if (!rc)
            rc = update(v, tables, t, &u[i], fx);
        if (!rc) {
            effects_spend(fx, UPDATE_COST);
            batch_step(b);
        }
    }
    drained = debris_drain(tables, fx);
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
        foreign_release(v, t.d);
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
    if (__atomic_fetch_or(&f->type, FRAME_PINNED, __ATOMIC_SEQ_CST) &
        FRAME_PINNED) {
        type_put(d, f);
        return -EINVAL;
    }
    return 0;
}

/* mm_lock held. */
static int unpin(struct domain *d, mfn_t m)
{
    struct frame *f;
    bool was_pinned;

    if (frame_get(d, m, &f))
        return -EINVAL;
    was_pinned = type_unpin(d, f);
    frame_put(d->hv, f);
    return was_pinned ? 0 : -EINVAL;
}

static int change_pin(struct domain *d, const struct mmuext_op *op,
                      struct effects *fx)
{
    mfn_t m = mfn_of(op->arg1.mfn);
    int rc;

    spin_guard(&d->mm_lock);
    rc = debris_drain(d, fx);
    if (rc)
        return rc;
    return op->cmd == MMUEXT_UNPIN_TABLE
               ? unpin(d, m)
               : pin(d, m, op->cmd - MMUEXT_PIN_L1_TABLE + 1, fx);
}

static int clear_page(struct domain *d, mfn_t m)
{
    struct frame *f;

    if (frame_get_writable(d, m, &f))
        return -EINVAL;
    frames_clear(m, 1);
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

/* All translations, or one, on the CPUs of this vCPU, of some, or of all. */
static int flush(struct vcpu *v, const struct mmuext_op *op, struct effects *fx)
{
    cpumask_t cpus = flush_all(v->d);

    switch (op->cmd) {
    case MMUEXT_TLB_FLUSH_LOCAL:
    case MMUEXT_INVLPG_LOCAL:
        cpus = cpumask_of(hal_cpu());
        break;
    case MMUEXT_TLB_FLUSH_MULTI:
    case MMUEXT_INVLPG_MULTI:
        if (flush_read_mask(v->d, op->arg2.vcpumask.va, &cpus))
            return -EINVAL;
    }
    switch (op->cmd) {
    case MMUEXT_TLB_FLUSH_LOCAL:
    case MMUEXT_TLB_FLUSH_MULTI:
    case MMUEXT_TLB_FLUSH_ALL:
        effects_flush(fx, cpus);
        break;
    default:
        flush_address(fx, cpus, op->arg1.linear_addr);
    }
    return 0;
}

/* Operations on the calling vCPU. */
static int vcpu_op(struct vcpu *v, const struct mmuext_op *op,
                   struct effects *fx)
{
    mfn_t m = mfn_of(op->arg1.mfn);

    switch (op->cmd) {
    case MMUEXT_NEW_BASEPTR:
        return vcpu_set_base(v, BASE_KERNEL, m, fx);
    case MMUEXT_NEW_USER_BASEPTR:
        /* 0 means none: ~0, which does so inside, is a frame we do not have. */
        if (!mfn_is_valid(m))
            return -EINVAL;
        return vcpu_set_base(v, BASE_USER, m.n ? m : MFN_INVALID, fx);
    case MMUEXT_TLB_FLUSH_LOCAL ... MMUEXT_INVLPG_ALL:
        return flush(v, op, fx);
    case MMUEXT_SET_LDT:
        return vcpu_set_ldt(v, op->arg1.linear_addr, op->arg2.nr_ents);
#define MMUEXT_OP_REFUSED(nr, name, error, doc)                                \
    case nr:                                                                   \
        return -error;
#include <pv-abi/mmuext_ops.def>
    default:
        return -ENOSYS;
    }
}

/* Operations on frames may be on another domain's. */
static int one_op(struct vcpu *v, struct domain *d, const struct mmuext_op *op,
                  struct effects *fx)
{
    if (fx->budget <= 0)
        return -ERESTART;
    effects_spend(fx, 2);
    switch (op->cmd) {
    case MMUEXT_PIN_L1_TABLE ... MMUEXT_UNPIN_TABLE:
        return change_pin(d, op, fx);
    case MMUEXT_CLEAR_PAGE:
        effects_spend(fx, PAGE_COST);
        return clear_page(d, mfn_of(op->arg1.mfn));
    case MMUEXT_COPY_PAGE:
        effects_spend(fx, PAGE_COST);
        return copy_page(d, mfn_of(op->arg1.mfn), mfn_of(op->arg2.src_mfn));
    default:
        return d == v->d ? vcpu_op(v, op, fx) : -EPERM;
    }
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
    rc = page_owner(v, (domid_t)foreigndom, &d);
    if (rc)
        return rc;
    while (!rc && b.left > 0) {
        rc = batch_read(&b, &op, 1);
        if (!rc)
            rc = one_op(v, d, &op, fx);
        if (!rc)
            batch_step(&b);
    }
    spin_lock(&d->mm_lock);
    drained = debris_drain(d, fx);
    spin_unlock(&d->mm_lock);
    if (!rc)
        rc = drained;
    foreign_release(v, d);
    return batch_end(&b, rc, fx);
}

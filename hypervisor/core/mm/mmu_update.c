/* SPDX-License-Identifier: MIT */
#include "mm/mmu_update.h"

#include <errno.h>

#include "bug.h"
#include "domain.h"
#include "mm/batch.h"
#include "mm/flush.h"
#include "mm/foreign.h"
#include "mm/m2p.h"
#include "mm/pte.h"
#include "mm/table_write.h"
#include "mm/type.h"
#include "mm/walk.h"
#include "vcpu.h"

/* Requests copied in at a time, and processed under one hold of the lock. */
#define CHUNK 32

#define COMMAND_MASK 7

/* A frame that is no live table is memory like any other. */
static int plain_store(struct domain *d, struct frame *f, unsigned int index,
                       uint64_t value)
{
    uint64_t *page;

    if (frame_ref_writable(d->hv, f))
        return -EINVAL;
    page = hal_map(frame_mfn(d->hv, f));
    __atomic_store_n(&page[index], value, __ATOMIC_SEQ_CST);
    hal_unmap(page);
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

/* ------------------------------------------------- update_va_mapping */

/* Which CPUs flags name. Reads guest memory: no lock held. */
static int flush_cpus(struct vcpu *v, uint64_t flags, cpumask_t *cpus)
{
    uint64_t where = flags & ~UVMF_FLUSHTYPE_MASK;

    *cpus = CPUMASK_NONE;
    if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_NONE)
        return 0;
    if (where == UVMF_LOCAL)
        *cpus = cpumask_of(hal_cpu());
    else if (where == UVMF_ALL)
        *cpus = flush_all(v->d);
    else
        return flush_read_mask(v->d, where, cpus);
    return 0;
}

static int update_mapping(struct vcpu *v, uint64_t va, uint64_t entry,
                          struct effects *fx)
{
    struct table_write w = {.d = v->d, .target.d = v->d, .value = entry};
    struct walk path;
    int rc;

    rc = walk(v, va, &path);
    if (rc)
        return rc;
    if (frame_get(v->d, path.table, &w.table))
        return -EINVAL;
    w.index = path.index;
    rc = table_write(&w, fx);
    frame_put(v->d->hv, w.table);
    return rc;
}

int64_t do_update_va_mapping(struct vcpu *v, uint64_t va, uint64_t entry,
                             uint64_t flags, struct effects *fx)
{
    cpumask_t cpus;
    int rc;

    rc = flush_cpus(v, flags, &cpus);
    if (rc)
        return rc;
    spin_lock(&v->d->mm_lock);
    rc = debris_drain(v->d, fx);
    if (!rc)
        rc = update_mapping(v, va, entry, fx);
    spin_unlock(&v->d->mm_lock);
    if (rc)
        return rc;
    /* Once more: a vCPU may have come to another CPU before the entry was
     * written, and may have loaded the old one there. */
    if (flush_cpus(v, flags, &cpus))
        cpus = flush_all(v->d);
    if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_TLB_FLUSH)
        effects_flush(fx, cpus);
    else if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_INVLPG)
        flush_address(fx, cpus, va);
    return 0;
}

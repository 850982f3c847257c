/* SPDX-License-Identifier: MIT */
/*
 * L1 entries that a guest means by an address: one it stores to, one of a
 * grant mapping, one of update_va_mapping.
 */
#include "mm/calls.h"

#include <errno.h>

#include "hal.h"
#include "mm/table.h"
#include "mm/tlb.h"

/* Frame m, if it is a live L1 table of d, with a reference. mm_lock held. */
static int get_table(struct domain *d, mfn_t m, struct frame **table)
{
    if (frame_get(d, m, table))
        return -EINVAL;
    if (frame_is(*table, FRAME_L1))
        return 0;
    frame_put(d->hv, *table);
    return -EINVAL;
}

/* -------------------------------------------------------------- stores */

/* The part of an entry that a store of some bytes touches. */
struct part {
    unsigned int shift;
    uint64_t mask;
};

static struct part part_of(uint64_t va, unsigned int bytes)
{
    unsigned int shift = (va % sizeof(uint64_t)) * 8;
    uint64_t ones = bytes == 8 ? ~0ul : (1ul << (bytes * 8)) - 1;

    return (struct part){.shift = shift, .mask = ones << shift};
}

/* mm_lock held, w->table is a live L1 table. */
static int store(struct table_write *w, struct part part, uint64_t value,
                 bool compare, uint64_t *old, struct effects *fx)
{
    mfn_t table = frame_mfn(w->d->hv, w->table);
    int rc;

    do {
        uint64_t expected = *old;

        w->old = entry_read(table, w->index);
        *old = (w->old & part.mask) >> part.shift;
        if (compare && *old != expected)
            return -EAGAIN;
        w->value = (w->old & ~part.mask) | ((value << part.shift) & part.mask);
        w->compare = true;
        rc = table_write(w, fx);
        /* The processor set A or D in between: look again. */
    } while (rc == -EAGAIN);
    return rc;
}

int ptwr_store(struct vcpu *v, uint64_t va, unsigned int bytes, uint64_t value,
               bool compare, uint64_t *old, struct effects *fx)
{
    struct domain *d = v->d;
    struct table_write w = {.d = d, .target.d = d};
    struct walk path;
    int rc;

    if ((bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8) || va % bytes)
        return -EINVAL;
    w.index = (va & ~PAGE_MASK) / sizeof(uint64_t);
    spin_guard(&d->mm_lock);
    if (walk(v, va, &path) || !pte_is_present(path.entry) ||
        get_table(d, pte_mfn(path.entry), &w.table))
        return -EINVAL;
    rc = store(&w, part_of(va, bytes), value, compare, old, fx);
    frame_put(d->hv, w.table);
    return rc;
}

/* -------------------------------------------------------------- grants */

/* The L1 table and entry that g names, the table with a reference. */
static int find_entry(struct vcpu *v, const struct grant_map *g,
                      struct frame **table, unsigned int *index)
{
    struct walk w = {
        .table = mfn_of(g->host_addr >> PAGE_SHIFT),
        .index = (g->host_addr & ~PAGE_MASK) / sizeof(uint64_t),
    };

    if (g->contains_pte ? g->host_addr % sizeof(uint64_t) != 0
                        : walk(v, g->host_addr, &w) != 0)
        return -EINVAL;
    *index = w.index;
    return get_table(v->d, w.table, table);
}

static uint64_t make_entry(mfn_t m, const struct grant_map *g)
{
    uint64_t e = pte_make(m, PTE_P | PTE_A | PTE_D | PTE_NX);

    if (!g->readonly)
        e |= PTE_RW;
    if (g->application)
        e |= PTE_US;
    e |= (uint64_t)(g->avail & 7) << 9;
    return pte_adjust(1, e);
}

int mm_map_grant(struct vcpu *v, const struct grant_map *g, struct frame *f,
                 struct effects *fx)
{
    struct hv *hv = v->d->hv;
    struct frame *table;
    unsigned int index;
    int rc = -EINVAL;

    effects_spend(fx, 1);
    spin_guard(&v->d->mm_lock);
    if (!find_entry(v, g, &table, &index)) {
        rc = g->readonly ? frame_ref(f) : frame_ref_writable(hv, f);
        if (!rc)
            entry_put(v->d, 1,
                      entry_swap(frame_mfn(hv, table), index,
                                 make_entry(frame_mfn(hv, f), g)));
        frame_put(hv, table);
    }
    return rc ? -EINVAL : 0;
}

/*
 * What stands at this place of a table when the grant's mapping is gone: none,
 * or the entry of new_addr, which moves here with its references. 0, -EINVAL.
 */
static int successor(struct vcpu *v, const struct grant_map *g, mfn_t table,
                     unsigned int index, uint64_t *e)
{
    struct frame *from;
    struct walk w;

    *e = 0;
    if (!g->new_addr)
        return 0;
    if (g->contains_pte || walk(v, g->new_addr, &w) ||
        (mfn_eq(w.table, table) && w.index == index) ||
        get_table(v->d, w.table, &from))
        return -EINVAL;
    *e = entry_swap(w.table, w.index, 0);
    frame_put(v->d->hv, from);
    return 0;
}

int mm_unmap_grant(struct vcpu *v, const struct grant_map *g, struct frame *f,
                   struct effects *fx)
{
    uint64_t rights = PTE_P | (g->readonly ? 0 : PTE_RW);
    struct hv *hv = v->d->hv;
    struct frame *table;
    unsigned int index;
    int rc = -EINVAL;

    effects_spend(fx, 1);
    spin_guard(&v->d->mm_lock);
    if (!find_entry(v, g, &table, &index)) {
        mfn_t m = frame_mfn(hv, table);
        uint64_t e = entry_read(m, index), new;

        if ((e & (PTE_P | PTE_RW)) == rights &&
            mfn_eq(pte_mfn(e), frame_mfn(hv, f)) &&
            !successor(v, g, m, index, &new)) {
            entry_swap(m, index, new);
            entry_put(v->d, 1, e);
            rc = 0;
        }
        frame_put(hv, table);
    }
    return rc;
}

/* --------------------------------------------------- update_va_mapping */

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
                          const struct target *t, struct effects *fx)
{
    struct table_write w = {.d = v->d, .target = *t, .value = entry};
    struct walk path;
    int rc;

    if (walk(v, va, &path) || get_table(v->d, path.table, &w.table))
        return -EINVAL;
    w.index = path.index;
    rc = table_write(&w, fx);
    frame_put(v->d->hv, w.table);
    return rc;
}

static int update_va(struct vcpu *v, uint64_t va, uint64_t entry,
                     uint64_t flags, const struct target *t, struct effects *fx)
{
    cpumask_t cpus;
    int rc;

    rc = flush_cpus(v, flags, &cpus);
    if (rc)
        return rc;
    spin_lock(&v->d->mm_lock);
    rc = debris_drain(v->d, fx);
    if (!rc)
        rc = update_mapping(v, va, entry, t, fx);
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

int64_t do_update_va_mapping_otherdomain(struct vcpu *v, uint64_t va,
                                         uint64_t entry, uint64_t flags,
                                         domid_t domid, struct effects *fx)
{
    struct target t;
    int rc = foreign_target(v, domid, &t);

    if (rc)
        return rc;
    rc = t.io && !v->d->privileged ? -EPERM
                                   : update_va(v, va, entry, flags, &t, fx);
    foreign_release(v, t.d);
    return rc;
}

int64_t do_update_va_mapping(struct vcpu *v, uint64_t va, uint64_t entry,
                             uint64_t flags, struct effects *fx)
{
    return do_update_va_mapping_otherdomain(v, va, entry, flags, DOMID_SELF,
                                            fx);
}

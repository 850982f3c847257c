/* SPDX-License-Identifier: MIT */
#include "mm/table.h"

#include <errno.h>

#include "bug.h"
#include "mm/tlb.h"

bool pte_flags_ok(unsigned int level, uint64_t e, bool device_access)
{
    if (level == 1)
        return device_access || !(e & PTE_CACHE);
    return !(e & (PTE_PSE | PTE_G | PTE_PWT | PTE_PCD));
}

uint64_t pte_adjust(unsigned int level, uint64_t e)
{
    if (!pte_is_present(e))
        return e;
    switch (level) {
    case 1:
        if (!(e & PTE_US))
            e |= PTE_GUEST_KERNEL;
        if (e & PTE_GUEST_KERNEL)
            return (e | PTE_US) & ~PTE_G;
        return e | PTE_US | PTE_G;
    case 4:
        return e | PTE_US | PTE_A;
    default:
        return e | PTE_US;
    }
}

bool pte_same_target(unsigned int level, uint64_t old, uint64_t new)
{
    /* A change of these needs a new decision about the frame. */
    uint64_t decisive = PTE_P | PTE_FRAME_MASK;

    if (level == 1)
        decisive |= PTE_RW | PTE_CACHE;
    return pte_is_present(old) && !((old ^ new) & decisive);
}

static bool io_is_denied(const struct hv *hv, mfn_t m)
{
    for (unsigned int i = 0; i < hv->machine.io_deny_count; i++) {
        const struct mfn_range *r = &hv->machine.io_deny[i];

        if (m.n - r->first.n < r->count)
            return true;
    }
    return false;
}

/*
 * Device memory is never cached, whatever the guest asks: write-back,
 * write-through and write-protect become uncached; write-combining stays.
 */
static uint64_t uncached(uint64_t e)
{
    uint64_t cache = e & PTE_CACHE;

    if (cache == 0 || cache == PTE_PWT || cache == (PTE_PAT | PTE_PWT))
        return (e & ~PTE_CACHE) | PTE_PCD | PTE_PWT;
    return e;
}

/* What a guest writes for "no frame": all the bits of an entry's address. */
#define INVALID_MFN (PTE_FRAME_MASK >> PAGE_SHIFT)

static int get_io(const struct domain *d, const struct target *t, uint64_t *e)
{
    mfn_t m = pte_mfn(*e);

    if (m.n == INVALID_MFN)
        return -EINVAL;
    if (!d->device_access || !t->d->device_access || t->xen ||
        m.n >> (d->hv->machine.phys_bits - PAGE_SHIFT) ||
        io_is_denied(d->hv, m))
        return -EPERM;
    *e = uncached(*e);
    return 0;
}

static int get_ram(struct hv *hv, const struct target *t, uint64_t e)
{
    mfn_t m = pte_mfn(e);
    struct frame *f;
    int rc;

    /* RAM is cached. Whoever could make it otherwise would show us other
     * contents than the processor's table walker sees. */
    if (e & PTE_CACHE)
        return -EINVAL;
    if (t->xen && (e & PTE_RW))
        return -EPERM;
    if (t->io)
        return -EBUSY;
    if (t->xen)
        rc = frame_get_public(hv, m, &f);
    else if (e & PTE_RW)
        rc = frame_get_writable(t->d, m, &f);
    else
        rc = frame_get(t->d, m, &f);
    return rc ? -EBUSY : 0;
}

int entry_get(struct domain *d, unsigned int level, const struct target *t,
              uint64_t *e, struct effects *fx)
{
    mfn_t m = pte_mfn(*e);
    struct frame *f;
    int rc;

    if (!pte_is_present(*e))
        return 0;
    if (!pte_flags_ok(level, *e, d->device_access))
        return -EINVAL;
    if (level > 1)
        rc = type_get(d, m, type_of_level(level - 1), fx, &f);
    else if (frame_of(d->hv, m))
        rc = get_ram(d->hv, t, *e);
    else
        rc = get_io(d, t, e);
    if (!rc)
        *e = pte_adjust(level, *e);
    return rc;
}

void entry_put(struct domain *d, unsigned int level, uint64_t e)
{
    struct frame *f = frame_of(d->hv, pte_mfn(e));

    if (!pte_is_present(e) || (level == 1 && !f))
        return;
    BUG_ON(level > 1 && (!f || type_level(frame_type(f)) != level - 1));
    if (level > 1)
        type_put(d, f);
    else if (e & PTE_RW)
        frame_put_writable(d->hv, f);
    else
        frame_put(d->hv, f);
}

uint64_t entry_read(mfn_t table, unsigned int index)
{
    uint64_t *page = hal_map(table);
    uint64_t e = __atomic_load_n(&page[index], __ATOMIC_SEQ_CST);

    hal_unmap(page);
    return e;
}

uint64_t entry_swap(mfn_t table, unsigned int index, uint64_t e)
{
    uint64_t *page = hal_map(table);
    uint64_t old = __atomic_exchange_n(&page[index], e, __ATOMIC_SEQ_CST);

    hal_unmap(page);
    return old;
}

int walk(const struct vcpu *v, uint64_t va, struct walk *w)
{
    mfn_t table = v->mmu.kernel_base;

    ASSERT(spin_is_held(&v->d->mm_lock));
    if (!va_is_guest(va) || !mfn_is_valid(table))
        return -EINVAL;
    for (unsigned int level = 4; level > 1; level--) {
        uint64_t e = entry_read(table, pte_index(va, level));

        if (!pte_is_present(e))
            return -EINVAL;
        /* The type system lets no other frame, and no PSE, stand here. */
        table = pte_mfn(e);
    }
    w->table = table;
    w->index = pte_index(va, 1);
    w->entry = entry_read(table, w->index);
    return 0;
}

/*
 * Only the processor changes an entry meanwhile, and only A and D. Locked
 * instructions all: the write is visible before the stamp that follows.
 * False: compare, and it was changed.
 */
static bool install(const struct table_write *w, uint64_t *slot, uint64_t old,
                    uint64_t e)
{
    for (;;) {
        uint64_t keep = w->preserve_ad ? old & (PTE_A | PTE_D) : 0;

        if (__atomic_compare_exchange_n(slot, &old, e | keep, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return true;
        if (w->compare)
            return false;
    }
}

static int write_entry(const struct table_write *w, unsigned int level,
                       uint64_t *slot, struct effects *fx)
{
    uint64_t old = __atomic_load_n(slot, __ATOMIC_SEQ_CST);
    uint64_t e = w->value;
    /* Then the references of the old entry go on to hold. */
    bool same = pte_same_target(level, old, e), installed;
    int rc = 0;

    if (w->compare && old != w->old)
        return -EAGAIN;
    if (!same)
        rc = entry_get(w->d, level, &w->target, &e, fx);
    else if (pte_flags_ok(level, e, w->d->device_access))
        e = pte_adjust(level, e);
    else
        rc = -EINVAL;
    if (rc)
        return rc;
    installed = install(w, slot, old, e);
    if (!same)
        entry_put(w->d, level, installed ? old : e);
    if (!installed)
        return -EAGAIN;
    /* Processors cache upper entries out of INVLPG's sight. */
    if (level > 1)
        effects_flush(fx, flush_all(w->d));
    return 0;
}

int table_write(const struct table_write *w, struct effects *fx)
{
    unsigned int level = type_level(frame_type(w->table));
    uint64_t *table;
    int rc;

    ASSERT(spin_is_held(&w->d->mm_lock));
    if (level == 0 || !frame_is(w->table, type_of_level(level)) ||
        pte_slot_is_hv(level, w->index))
        return -EINVAL;
    if (level > 1 && (w->target.d != w->d || w->target.io || w->target.xen))
        return -EINVAL;
    table = hal_map(frame_mfn(w->d->hv, w->table));
    rc = write_entry(w, level, &table[w->index], fx);
    hal_unmap(table);
    return rc;
}

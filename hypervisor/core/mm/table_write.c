/* SPDX-License-Identifier: MIT */
#include "mm/table_write.h"

#include <errno.h>

#include "bug.h"
#include "domain.h"
#include "mm/pte.h"
#include "mm/type.h"

/* Whether new targets are the table owner's own frames, as is normal. */
static bool target_is_self(const struct table_write *w)
{
    return w->target.d == w->d && !w->target.io && !w->target.xen;
}

/*
 * Make *e what is to be installed, with its references. same: those of the
 * old entry go on to hold.
 */
static int prepare(const struct table_write *w, unsigned int level,
                   uint64_t old, uint64_t *e, bool *same, struct effects *fx)
{
    *same = pte_same_target(level, old, *e);
    if (*same) {
        /* Nothing is refused for its target here, so all bits are. */
        if (!pte_flags_ok(level, *e, w->d->device_access))
            return -EINVAL;
        *e = pte_adjust(level, *e);
        return 0;
    }
    if (level == 1)
        return l1_entry_get(w->d, &w->target, e);
    return table_entry_get(w->d, level, e, fx);
}

/*
 * Only the processor changes an entry meanwhile, and only A and D. Locked
 * instructions all: the write is visible before the stamp that follows.
 * False: compare, and it was changed.
 */
static bool install(const struct table_write *w, uint64_t *slot, uint64_t old,
                    uint64_t e)
{
    uint64_t now = old;

    if (!w->preserve_ad && !w->compare) {
        __atomic_exchange_n(slot, e, __ATOMIC_SEQ_CST);
        return true;
    }
    for (;;) {
        uint64_t keep = w->preserve_ad ? now & (PTE_A | PTE_D) : 0;

        if (__atomic_compare_exchange_n(slot, &now, e | keep, false,
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
    bool same;
    int rc;

    if (w->compare && old != w->old)
        return -EAGAIN;
    rc = prepare(w, level, old, &e, &same, fx);
    if (rc)
        return rc;
    if (!install(w, slot, old, e)) {
        if (!same)
            entry_put(w->d, level, e);
        return -EAGAIN;
    }
    if (!same)
        entry_put(w->d, level, old);
    /* Processors cache upper entries out of INVLPG's sight. */
    if (level > 1)
        effects_flush(fx, cpumask_read(&w->d->dirty_cpus));
    return 0;
}

int table_write(const struct table_write *w, struct effects *fx)
{
    unsigned int level = type_level(frame_type(w->table));
    uint64_t *table;
    int rc;

    ASSERT(spin_is_held(&w->d->mm_lock));
    if (level == 0 || !frame_is(w->table, type_of_level(level)) ||
        pte_slot_is_hv(level, w->index) || (level > 1 && !target_is_self(w)))
        return -EINVAL;
    table = hal_map(frame_mfn(w->d->hv, w->table));
    rc = write_entry(w, level, &table[w->index], fx);
    hal_unmap(table);
    return rc;
}

/* SPDX-License-Identifier: MIT */
#include "mm/ptwr.h"

#include <errno.h>

#include "bug.h"
#include "domain.h"
#include "mm/pte.h"
#include "mm/table_write.h"
#include "mm/type.h"
#include "mm/walk.h"
#include "vcpu.h"

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

static uint64_t read_slot(const struct table_write *w)
{
    uint64_t *page = hal_map(frame_mfn(w->d->hv, w->table));
    uint64_t e = __atomic_load_n(&page[w->index], __ATOMIC_SEQ_CST);

    hal_unmap(page);
    return e;
}

/* mm_lock held, w->table is a live L1 table. */
static int store(struct table_write *w, struct part part, uint64_t value,
                 bool compare, uint64_t *old, struct effects *fx)
{
    int rc;

    do {
        uint64_t seen;

        w->old = read_slot(w);
        seen = (w->old & part.mask) >> part.shift;
        if (compare && seen != *old) {
            *old = seen;
            return -EAGAIN;
        }
        *old = seen;
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
    int rc = -EINVAL;

    if ((bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8) || va % bytes)
        return -EINVAL;
    w.index = (va & ~PAGE_MASK) / sizeof(uint64_t);
    spin_lock(&d->mm_lock);
    if (!walk(v, va, &path) && pte_is_present(path.entry) &&
        !frame_get(d, pte_mfn(path.entry), &w.table)) {
        if (frame_is(w.table, FRAME_L1))
            rc = store(&w, part_of(va, bytes), value, compare, old, fx);
        frame_put(d->hv, w.table);
    }
    spin_unlock(&d->mm_lock);
    return rc;
}

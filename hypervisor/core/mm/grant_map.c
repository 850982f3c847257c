/* SPDX-License-Identifier: MIT */
#include "mm/grant_map.h"

#include <errno.h>

#include "bug.h"
#include "domain.h"
#include "mm/entry.h"
#include "mm/pte.h"
#include "mm/walk.h"
#include "vcpu.h"

/* The L1 table and entry that g names, the table with a reference. */
static int find_entry(struct vcpu *v, const struct grant_map *g,
                      struct frame **table, unsigned int *index)
{
    mfn_t m = mfn_of(g->host_addr >> PAGE_SHIFT);
    struct walk w;

    *index = (g->host_addr & ~PAGE_MASK) / sizeof(uint64_t);
    if (g->contains_pte) {
        if (g->host_addr % sizeof(uint64_t))
            return -EINVAL;
    } else {
        if (walk(v, g->host_addr, &w))
            return -EINVAL;
        m = w.table;
        *index = w.index;
    }
    if (frame_get(v->d, m, table))
        return -EINVAL;
    if (!frame_is(*table, FRAME_L1)) {
        frame_put(v->d->hv, *table);
        return -EINVAL;
    }
    return 0;
}

static uint64_t make_entry(struct hv *hv, const struct grant_map *g,
                           const struct frame *f)
{
    uint64_t e = pte_make(frame_mfn(hv, f), PTE_P | PTE_A | PTE_D | PTE_NX);

    if (!g->readonly)
        e |= PTE_RW;
    if (g->application)
        e |= PTE_US;
    e |= (uint64_t)(g->avail & 7) << 9;
    return pte_adjust(1, e);
}

/* mm_lock held. */
static int map(struct vcpu *v, const struct grant_map *g, struct frame *f)
{
    struct hv *hv = v->d->hv;
    struct frame *table;
    unsigned int index;
    uint64_t *page, old;

    if (find_entry(v, g, &table, &index))
        return -EINVAL;
    if (g->readonly ? frame_ref(f) : frame_ref_writable(hv, f)) {
        frame_put(hv, table);
        return -EINVAL;
    }
    page = hal_map(frame_mfn(hv, table));
    old = __atomic_exchange_n(&page[index], make_entry(hv, g, f),
                              __ATOMIC_SEQ_CST);
    hal_unmap(page);
    l1_entry_put(hv, old);
    frame_put(hv, table);
    return 0;
}

/* mm_lock held. */
static int unmap(struct vcpu *v, const struct grant_map *g, struct frame *f)
{
    uint64_t rights = PTE_P | (g->readonly ? 0 : PTE_RW);
    struct hv *hv = v->d->hv;
    struct frame *table;
    unsigned int index;
    uint64_t *page, e;
    bool ours;

    if (find_entry(v, g, &table, &index))
        return -EINVAL;
    page = hal_map(frame_mfn(hv, table));
    e = __atomic_load_n(&page[index], __ATOMIC_SEQ_CST);
    ours = (e & (PTE_P | PTE_RW)) == rights &&
           mfn_eq(pte_mfn(e), frame_mfn(hv, f));
    if (ours)
        __atomic_exchange_n(&page[index], 0, __ATOMIC_SEQ_CST);
    hal_unmap(page);
    if (ours)
        l1_entry_put(hv, e);
    frame_put(hv, table);
    return ours ? 0 : -EINVAL;
}

int mm_map_grant(struct vcpu *v, const struct grant_map *g, struct frame *f,
                 struct effects *fx)
{
    int rc;

    effects_spend(fx, 1);
    spin_lock(&v->d->mm_lock);
    rc = map(v, g, f);
    spin_unlock(&v->d->mm_lock);
    return rc;
}

int mm_unmap_grant(struct vcpu *v, const struct grant_map *g, struct frame *f,
                   struct effects *fx)
{
    int rc;

    effects_spend(fx, 1);
    spin_lock(&v->d->mm_lock);
    rc = unmap(v, g, f);
    spin_unlock(&v->d->mm_lock);
    return rc;
}

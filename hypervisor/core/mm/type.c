/* SPDX-License-Identifier: MIT */
#include "mm/table.h"

#include <errno.h>
#include <pv-abi/arch.h>

#include "bug.h"
#include "mm/tlb.h"
#include "mm/vcpu_mmu.h"

/* Slot 256 is the M2P: entered when the table becomes a kernel root, unless
 * the guest asked for strictness (abi/start-of-day.md 9). */
static void fill_hv_slots(const struct domain *d, uint64_t *table)
{
    bool strict = d->vm_assist & (1ul << VMASST_TYPE_m2p_strict);

    for (unsigned int i = PTE_L4_HV_FIRST; i <= PTE_L4_HV_LAST; i++)
        table[i] = d->hv->l4_template[i - PTE_L4_HV_FIRST];
    if (!strict)
        table[PTE_L4_HV_FIRST] = 0;
}

/*
 * An L1 table is 512 entries, half a budget: done in one go and undone if
 * refused, so there are no partial ones.
 */
static int validate_table(struct domain *d, struct frame *f, unsigned int level,
                          uint64_t *table, struct effects *fx)
{
    const struct target self = {.d = d};

    for (unsigned int i = f->validated; i < PTE_COUNT; i++) {
        uint64_t e = table[i];
        int rc;

        f->validated = (uint16_t)i;
        if (level > 1 && fx->budget <= 0)
            return -ERESTART;
        effects_spend(fx, 1);
        if (pte_slot_is_hv(level, i))
            continue;
        rc = entry_get(d, level, &self, &e, fx);
        if (rc) {
            while (level == 1 && f->validated > 0)
                entry_put(d, 1, table[--f->validated]);
            return rc;
        }
        if (e != table[i])
            table[i] = e;
    }
    if (level == 4)
        fill_hv_slots(d, table);
    return 0;
}

static int validate_descriptors(uint64_t *page, struct effects *fx)
{
    effects_spend(fx, PTE_COUNT);
    for (unsigned int i = 0; i < PTE_COUNT; i++) {
        uint64_t descriptor = page[i];

        if (!descriptor_fix(&descriptor))
            return -EINVAL;
        if (descriptor != page[i])
            page[i] = descriptor;
    }
    return 0;
}

/*
 * Take the references of all entries of a claimed f from f->validated on.
 * Returns 0 or why not. Afterwards entries below f->validated hold their
 * references, the others none; L1 and descriptor pages are never left half
 * done.
 */
static int validate(struct domain *d, struct frame *f, uint32_t type,
                    struct effects *fx)
{
    uint64_t *page = hal_map(frame_mfn(d->hv, f));
    unsigned int level = type_level(type);
    int rc;

    if (level > 0)
        rc = validate_table(d, f, level, page, fx);
    else
        rc = validate_descriptors(page, fx);
    hal_unmap(page);
    return rc;
}

static uint32_t kind_of(uint32_t type)
{
    return type & FRAME_TYPE_MASK;
}

static void set_type(struct frame *f, uint32_t type)
{
    __atomic_store_n(&f->type, type, __ATOMIC_SEQ_CST);
}

/* f is PARTIAL and has a reference of its own: it is to be emptied. */
static void push_debris(struct domain *d, struct frame *f)
{
    f->validated |= FRAME_DEBRIS;
    f->debris = d->debris;
    d->debris = frame_index(d->hv, f);
}

static void pop_debris(struct domain *d, struct frame *f)
{
    d->debris = f->debris;
    f->debris = FRAME_LIST_END;
    f->validated = 0;
    set_type(f, kind_of(f->type));
    frame_put(d->hv, f);
}

/*
 * Make f PARTIAL of that kind, which nobody else can use, and see to it that
 * no CPU writes to it. False: it is in use as something else.
 */
static bool claim(struct domain *d, struct frame *f, uint32_t type)
{
    uint32_t now = frame_type(f);
    uint32_t before;

    do {
        if (now & FRAME_TYPE_COUNT)
            return false;
        before = kind_of(now);
    } while (!__atomic_compare_exchange_n(&f->type, &now, type | FRAME_PARTIAL,
                                          false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    f->validated = 0;
    if (before != type && before != FRAME_NONE)
        tlb_flush_stale(d->hv, __atomic_load_n(&f->stamp, __ATOMIC_SEQ_CST));
    return true;
}

/*
 * f is PARTIAL of that kind; its own reference came from the caller. Check
 * the rest. On success the caller has the reference, and the type; else the
 * reference is dropped, or stays with f.
 */
static int check(struct domain *d, struct frame *f, uint32_t type,
                 struct effects *fx)
{
    int rc;

    f->debris = FRAME_CHECKING;
    rc = validate(d, f, type, fx);
    f->debris = FRAME_LIST_END;
    if (rc == 0) {
        f->validated = 0;
        set_type(f, type | FRAME_VALIDATED | 1);
    } else if (rc == -ERESTART) {
        ASSERT(type_level(type) > 1);
    } else if (f->validated > 0) {
        push_debris(d, f);
    } else {
        set_type(f, type);
        frame_put(d->hv, f);
    }
    return rc;
}

/* Go on with a frame that was left PARTIAL; the caller has a reference. */
static int go_on(struct domain *d, struct frame *f, uint32_t type,
                 struct effects *fx)
{
    bool same = kind_of(frame_type(f)) == type;

    frame_put(d->hv, f); /* it has one of its own */
    if (f->debris == FRAME_CHECKING)
        return -EINVAL; /* a loop: we are in the midst of checking it */
    if (f->validated & FRAME_DEBRIS)
        return -ERESTART;
    if (!same) {
        push_debris(d, f);
        return -ERESTART;
    }
    return check(d, f, type, fx);
}

int type_get(struct domain *d, mfn_t m, uint32_t type, struct effects *fx,
             struct frame **out)
{
    struct frame *f;
    uint32_t now;
    int rc;

    ASSERT(spin_is_held(&d->mm_lock));
    /* Teardown, which holds this lock, may have passed whatever asks. */
    if (d->dying != DOMAIN_ALIVE || frame_get(d, m, &f))
        return -EINVAL;
    now = frame_type(f);
    if (now & FRAME_PARTIAL) {
        rc = go_on(d, f, type, fx);
    } else if (frame_is(f, type) &&
               (now & FRAME_TYPE_COUNT) < FRAME_TYPE_COUNT) {
        /* The lock is held: the count cannot fall meanwhile. */
        __atomic_fetch_add(&f->type, 1, __ATOMIC_SEQ_CST);
        rc = 0;
    } else if (claim(d, f, type)) {
        rc = check(d, f, type, fx);
    } else {
        frame_put(d->hv, f);
        rc = -EINVAL;
    }
    if (rc == 0)
        *out = f;
    return rc;
}

void type_put(struct domain *d, struct frame *f)
{
    uint32_t now = frame_type(f);
    bool last = (now & FRAME_TYPE_COUNT) == 1;

    ASSERT(spin_is_held(&d->mm_lock));
    BUG_ON((now & FRAME_TYPE_COUNT) == 0 || !(now & FRAME_VALIDATED));
    BUG_ON(last && (now & FRAME_PINNED));
    frame_stamp(d->hv, f);
    if (last && type_level(now) > 0) {
        f->validated = PTE_COUNT;
        set_type(f, kind_of(now) | FRAME_PARTIAL);
        push_debris(d, f);
        return;
    }
    if (last)
        set_type(f, kind_of(now));
    else
        __atomic_fetch_sub(&f->type, 1, __ATOMIC_SEQ_CST);
    frame_put(d->hv, f);
}

bool type_unpin(struct domain *d, struct frame *f)
{
    if (!(__atomic_fetch_and(&f->type, ~FRAME_PINNED, __ATOMIC_SEQ_CST) &
          FRAME_PINNED))
        return false;
    type_put(d, f);
    return true;
}

void type_abandon(struct domain *d, struct frame *f)
{
    ASSERT(spin_is_held(&d->mm_lock));
    if ((frame_type(f) & FRAME_PARTIAL) && !(f->validated & FRAME_DEBRIS))
        push_debris(d, f);
}

/*
 * Drop entries of f from the top: all of an L1 table, else until one adds to
 * the list, whose end it then has to wait for, or the budget is spent.
 */
static void empty_some(struct domain *d, struct frame *f, struct effects *fx)
{
    uint32_t head = d->debris;
    unsigned int level = type_level(frame_type(f));
    unsigned int left = f->validated & ~FRAME_DEBRIS;
    uint64_t *table = hal_map(frame_mfn(d->hv, f));

    while (left > 0 && d->debris == head && (level == 1 || fx->budget > 0)) {
        left--;
        effects_spend(fx, 1);
        f->validated = (uint16_t)(left | FRAME_DEBRIS);
        if (!pte_slot_is_hv(level, left))
            entry_put(d, level, table[left]);
    }
    hal_unmap(table);
}

int debris_drain(struct domain *d, struct effects *fx)
{
    ASSERT(spin_is_held(&d->mm_lock));
    while (d->debris != FRAME_LIST_END) {
        struct frame *f = &d->hv->frames[d->debris];

        if (f->validated == FRAME_DEBRIS)
            pop_debris(d, f);
        else if (fx->budget > 0)
            empty_some(d, f, fx);
        else
            return -ERESTART;
    }
    return 0;
}

uint32_t frame_info(struct domain *d, mfn_t m)
{
    struct frame *f;
    uint32_t type, info = 0;

    if (frame_get(d, m, &f))
        return 0xfu << 28;
    type = frame_type(f);
    if ((type & FRAME_VALIDATED) && (type & FRAME_TYPE_COUNT))
        info = type_level(type) << 28;
    if (type & FRAME_PINNED)
        info |= 1u << 31;
    frame_put(d->hv, f);
    return info;
}

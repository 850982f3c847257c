/* SPDX-License-Identifier: MIT */
/*
 * Frames with an owner. Each hangs in one of two lists of its domain, under
 * pages.lock, from the moment it has an owner until it has none.
 */
#include "mm/alloc.h"

#include <errno.h>
#include <string.h>

#include "bug.h"
#include "domain.h"
#include "mm/frame.h"
#include "mm/tlb.h"

/* The count comes last: it is what makes the frame reachable by others. */
static void own(struct domain *d, struct frame *f, uint32_t type,
                uint32_t count)
{
    f->debris = FRAME_LIST_END;
    f->validated = 0;
    f->type = type;
    f->owner = d->domid;
    m2p_set(d->hv, frame_mfn(d->hv, f), INVALID_M2P_ENTRY);
    __atomic_store_n(&f->count, count, __ATOMIC_SEQ_CST);
}

int domain_frames_reserve(struct domain *d, uint64_t n)
{
    spin_guard(&d->pages.lock);
    if (d->dying != DOMAIN_ALIVE)
        return -EINVAL;
    if (n > d->pages.max || d->pages.total > d->pages.max - n)
        return -ENOMEM;
    d->pages.total += n;
    return 0;
}

void domain_frames_unreserve(struct domain *d, uint64_t n)
{
    spin_guard(&d->pages.lock);
    d->pages.total -= n;
}

bool domain_frame_assign(struct domain *d, mfn_t first, uint64_t n,
                         bool counted)
{
    spin_guard(&d->pages.lock);
    if (d->dying != DOMAIN_ALIVE)
        return false;
    for (uint64_t i = 0; i < n; i++) {
        struct frame *f = &d->hv->frames[first.n + i];

        frame_list_add(d->hv, &d->pages.first, f);
        own(d, f, FRAME_NONE, FRAME_ALLOCATED | 1);
    }
    if (!counted)
        d->pages.total += n;
    return true;
}

int domain_frame_alloc(struct domain *d, unsigned int order, mfn_t *first)
{
    uint64_t n = 1ul << order;
    mfn_t m;
    int rc;

    if (order > HEAP_ORDER_MAX)
        return -EINVAL;
    rc = domain_frames_reserve(d, n);
    if (rc)
        return rc;
    m = heap_alloc(d->hv, order);
    if (!mfn_is_valid(m)) {
        domain_frames_unreserve(d, n);
        return -ENOMEM;
    }
    frames_clear(m, n);
    if (!domain_frame_assign(d, m, n, true)) {
        domain_frames_unreserve(d, n);
        heap_free(d->hv, m, order);
        return -EINVAL;
    }
    *first = m;
    return 0;
}

int domain_frame_release(struct domain *d, struct frame *f)
{
    uint32_t count = __atomic_load_n(&f->count, __ATOMIC_SEQ_CST);

    if (frame_type(f) & FRAME_PINNED)
        return -EBUSY;
    do {
        if (!(count & FRAME_ALLOCATED) || (count & FRAME_SPECIAL))
            return -EINVAL;
    } while (!__atomic_compare_exchange_n(&f->count, &count,
                                          count & ~FRAME_ALLOCATED, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    m2p_set(d->hv, frame_mfn(d->hv, f), INVALID_M2P_ENTRY);
    frame_put(d->hv, f);
    return 0;
}

int domain_frame_take(struct domain *d, mfn_t m, struct frame **f)
{
    uint32_t alone = FRAME_ALLOCATED | 2; /* the owner's, and this one */

    if (frame_get(d, m, f))
        return -EINVAL;
    if (__atomic_compare_exchange_n(&(*f)->count, &alone, 0, false,
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return 0;
    frame_put(d->hv, *f);
    return -EINVAL;
}

void domain_frame_untake(struct domain *d, struct frame *f)
{
    f->debris = FRAME_LIST_END;
    __atomic_store_n(&f->count, FRAME_ALLOCATED | 2, __ATOMIC_SEQ_CST);
    /* Teardown passed over it, or will find it now. */
    if (d->dying != DOMAIN_ALIVE)
        (void)!domain_frame_release(d, f);
    frame_put(d->hv, f);
}

int special_frame_alloc(struct domain *d, mfn_t *m)
{
    struct frame *f;

    *m = heap_alloc(d->hv, 0);
    if (!mfn_is_valid(*m))
        return -ENOMEM;
    frames_clear(*m, 1);
    f = &d->hv->frames[m->n];
    spin_guard(&d->pages.lock);
    frame_list_add(d->hv, &d->pages.special, f);
    /* Writable for ever: it can never become a table. */
    own(d, f, FRAME_WRITABLE | FRAME_VALIDATED | 1,
        FRAME_SPECIAL | FRAME_ALLOCATED | 1);
    return 0;
}

void special_frame_free(struct domain *d, mfn_t m)
{
    struct frame *f = &d->hv->frames[m.n];
    uint32_t before =
        __atomic_fetch_and(&f->count, ~FRAME_ALLOCATED, __ATOMIC_SEQ_CST);

    BUG_ON(!(before & FRAME_SPECIAL) || !(before & FRAME_ALLOCATED));
    frame_put_writable(d->hv, f);
}

/* f, without references, is not d's any more. */
static void disown(struct domain *d, struct frame *f, bool special)
{
    struct hv *hv = d->hv;

    m2p_set(hv, frame_mfn(hv, f), INVALID_M2P_ENTRY);
    spin_guard(&d->pages.lock);
    if (d->pages.cursor == frame_index(hv, f))
        d->pages.cursor = f->next;
    frame_list_remove(hv, special ? &d->pages.special : &d->pages.first, f);
    if (!special)
        d->pages.total--;
    f->owner = FRAME_NO_OWNER;
    f->type = FRAME_NONE;
    __atomic_store_n(&f->count, 0, __ATOMIC_SEQ_CST);
}

bool domain_frame_move(struct domain *from, struct frame *f, struct domain *to)
{
    mfn_t m = frame_mfn(from->hv, f);

    if (to == from) {
        domain_frame_untake(from, f);
        return true;
    }
    tlb_flush_stale(from->hv, f->stamp);
    disown(from, f, false);
    if (domain_frame_assign(to, m, 1, true))
        return true;
    domain_frames_unreserve(to, 1);
    heap_free(from->hv, m, 0);
    return false;
}

void frame_free(struct hv *hv, struct frame *f)
{
    struct domain *d = frame_owner(hv, f);
    uint32_t count = __atomic_load_n(&f->count, __ATOMIC_RELAXED);

    BUG_ON(!d || (count & FRAME_ALLOCATED));
    BUG_ON(f->type & (FRAME_TYPE_COUNT | FRAME_PARTIAL | FRAME_PINNED));
    disown(d, f, count & FRAME_SPECIAL);
    /* d may be gone from here on: domains_reap. */
    heap_free(hv, frame_mfn(hv, f), 0);
}

bool domain_owns_frames(struct domain *d)
{
    spin_guard(&d->pages.lock);
    return d->pages.total > 0 || d->pages.special != FRAME_LIST_END;
}

void domain_mm_init(struct domain *d)
{
    spin_lock_init(&d->mm_lock, LOCK_MM);
    d->pages = (struct domain_pages){
        .cursor = FRAME_LIST_END,
        .first = FRAME_LIST_END,
        .special = FRAME_LIST_END,
    };
    spin_lock_init(&d->pages.lock, LOCK_PAGES);
    d->debris = FRAME_LIST_END;
    d->e820 = NULL;
    d->e820_count = 0;
}

void domain_mm_destroy(struct domain *d)
{
    BUG_ON(domain_owns_frames(d));
    hv_free(d->hv, d->e820, sizeof(*d->e820) * HV_E820_MAX);
    d->e820 = NULL;
}

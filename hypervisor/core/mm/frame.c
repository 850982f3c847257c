/* SPDX-License-Identifier: MIT */
#include "mm/frame.h"

#include <errno.h>

#include "bug.h"
#include "domain.h"
#include "mm/alloc.h"
#include "mm/tlb.h"

static bool cas32(uint32_t *word, uint32_t *expected, uint32_t new)
{
    return __atomic_compare_exchange_n(word, expected, new, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

struct domain *frame_owner(const struct hv *hv, const struct frame *f)
{
    uint16_t owner = __atomic_load_n(&f->owner, __ATOMIC_RELAXED);

    return owner < DOMID_FIRST_RESERVED ? hv->by_domid[owner] : NULL;
}

/* The flags above the count are never carried into: a full count refuses. */
int frame_ref(struct frame *f)
{
    uint32_t count = __atomic_load_n(&f->count, __ATOMIC_RELAXED);

    do {
        uint32_t references = count & FRAME_COUNT_MASK;

        if (references == 0 || references == FRAME_COUNT_MASK)
            return -EINVAL;
    } while (!cas32(&f->count, &count, count + 1));
    return 0;
}

static int get_if_owner(struct hv *hv, mfn_t m, domid_t owner,
                        struct frame **out)
{
    struct frame *f = frame_of(hv, m);

    if (!f || frame_ref(f))
        return -EINVAL;
    /* The owner stands still only now that the frame cannot be freed. */
    if (__atomic_load_n(&f->owner, __ATOMIC_RELAXED) != owner) {
        frame_put(hv, f);
        return -EINVAL;
    }
    *out = f;
    return 0;
}

int frame_get(struct domain *d, mfn_t m, struct frame **out)
{
    return get_if_owner(d->hv, m, d->domid, out);
}

int frame_get_public(struct hv *hv, mfn_t m, struct frame **out)
{
    return get_if_owner(hv, m, DOMID_XEN, out);
}

void frame_stamp(struct hv *hv, struct frame *f)
{
    uint64_t now = tlb_now(hv);
    uint64_t stamp = __atomic_load_n(&f->stamp, __ATOMIC_SEQ_CST);

    /*
     * Every end of a use stamps, not the last alone: between the stamp and
     * the count of a last one, others may come and go, and theirs is newer.
     */
    while (stamp < now &&
           !__atomic_compare_exchange_n(&f->stamp, &stamp, now, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        ;
}

void frame_put(struct hv *hv, struct frame *f)
{
    uint32_t left;

    frame_stamp(hv, f);
    left = __atomic_sub_fetch(&f->count, 1, __ATOMIC_SEQ_CST);
    BUG_ON((left & FRAME_COUNT_MASK) == FRAME_COUNT_MASK);
    if ((left & FRAME_COUNT_MASK) == 0)
        frame_free(hv, f);
}

/*
 * A writable type reference, where a reference is held. A frame that was a
 * table may still be walked by some CPU: between taking the type and the end
 * of the flush it lacks FRAME_VALIDATED, and others wait.
 */
static int writable_up(struct hv *hv, struct frame *f)
{
    uint32_t type = frame_type(f);

    for (;;) {
        uint32_t kind = type & FRAME_TYPE_MASK;
        bool was_table = kind != FRAME_NONE && kind != FRAME_WRITABLE;

        if (type & FRAME_PARTIAL)
            return -EBUSY;
        if ((type & FRAME_TYPE_COUNT) == 0) {
            if (!cas32(&f->type, &type,
                       FRAME_WRITABLE | 1 | (was_table ? 0 : FRAME_VALIDATED)))
                continue;
            if (was_table) {
                tlb_flush_stale(hv,
                                __atomic_load_n(&f->stamp, __ATOMIC_SEQ_CST));
                __atomic_fetch_or(&f->type, FRAME_VALIDATED, __ATOMIC_SEQ_CST);
            }
            return 0;
        }
        if (kind != FRAME_WRITABLE ||
            (type & FRAME_TYPE_COUNT) == FRAME_TYPE_COUNT)
            return -EBUSY;
        if (!(type & FRAME_VALIDATED)) {
            hal_relax();
            type = frame_type(f);
            continue;
        }
        if (cas32(&f->type, &type, type + 1))
            return 0;
    }
}

int frame_ref_writable(struct hv *hv, struct frame *f)
{
    if (frame_ref(f))
        return -EBUSY;
    if (writable_up(hv, f) == 0)
        return 0;
    frame_put(hv, f);
    return -EBUSY;
}

int frame_get_writable(struct domain *d, mfn_t m, struct frame **out)
{
    int rc = frame_get(d, m, out);

    if (!rc) {
        rc = writable_up(d->hv, *out);
        if (rc)
            frame_put(d->hv, *out);
    }
    return rc;
}

void frame_put_writable(struct hv *hv, struct frame *f)
{
    uint32_t before;

    frame_stamp(hv, f);
    before = __atomic_fetch_sub(&f->type, 1, __ATOMIC_SEQ_CST);
    BUG_ON((before & FRAME_TYPE_MASK) != FRAME_WRITABLE ||
           (before & FRAME_TYPE_COUNT) == 0);
    frame_put(hv, f);
}

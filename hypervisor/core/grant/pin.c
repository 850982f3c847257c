/* SPDX-License-Identifier: MIT */
/*
 * Taking a grant into use and giving it back: the one place that reads and
 * writes entries which the granter may change at the same moment.
 */
#include <errno.h>

#include <pv-abi/inline/shared.h>

#include "bug.h"
#include "grant/grant.h"
#include "hal.h"
#include "hv.h"
#include "speculation.h"

/* How often a guest may change an entry under us before we give up. */
#define TRIES 5

/* {flags, domid} as the one word that is swapped. */
union head {
    uint32_t word;
    struct {
        uint16_t flags;
        domid_t domid;
    };
};

static uint32_t *head_of(struct grant_entry_v1 *e)
{
    return (uint32_t *)(void *)&e->flags;
}

static bool grants(union head h, domid_t user, bool writable)
{
    return (h.flags & GTF_type_mask) == GTF_permit_access && h.domid == user &&
           (h.flags & GTF_sub_page) == 0 &&
           !(writable && (h.flags & GTF_readonly));
}

/*
 * Set the use bits, provided that the entry grants this access at the very
 * moment they appear.
 */
static int16_t set_use(struct grant_entry_v1 *e, domid_t user, bool writable)
{
    uint16_t bits = writable ? GTF_reading | GTF_writing : GTF_reading;
    union head old = {.word = shared_read(head_of(e))};

    for (unsigned int i = 0; i < TRIES; i++) {
        union head new = old;

        if (!grants(old, user, writable))
            return GNTST_general_error;
        new.flags |= bits;
        if (shared_compare_exchange(head_of(e), &old.word, new.word))
            return GNTST_okay;
    }
    return GNTST_general_error;
}

static void clear_use(struct grant_entry_v1 *e, uint16_t bits)
{
    __atomic_fetch_and(head_of(e), ~(uint32_t)bits, __ATOMIC_SEQ_CST);
}

/* The use bits that nobody needs any more. */
static void clear_unused(struct grant_entry_v1 *e, const struct grant_active *a)
{
    uint16_t bits = 0;

    if (a->writers == 0)
        bits |= GTF_writing;
    if (a->readers == 0)
        bits |= GTF_reading;
    if (bits)
        clear_use(e, bits);
}

static int take_frame(struct domain *granter, mfn_t mfn, bool writable,
                      struct frame **f)
{
    return writable ? frame_get_writable(granter, mfn, f)
                    : frame_get(granter, mfn, f);
}

/*
 * A first user, or a first writer, sets bits in the entry; others find them
 * set. What the entry says of the frame is read once, by the first.
 */
static int16_t pin_locked(struct domain *granter, struct grant_table *t,
                          grant_ref_t ref, domid_t user, bool writable,
                          struct frame **f)
{
    struct grant_active *a = grant_active_of(t, ref);
    struct grant_entry_v1 *e =
        &t->entries[ref / ENTRIES_PER_FRAME][ref % ENTRIES_PER_FRAME];
    uint32_t mfn = a->frame;

    if (a->readers > 0 && a->domid != user)
        return GNTST_general_error;
    if (a->readers == UINT32_MAX)
        return GNTST_general_error;
    if (a->readers == 0 || (writable && a->writers == 0)) {
        if (set_use(e, user, writable))
            return GNTST_general_error;
    }
    if (a->readers == 0)
        mfn = shared_read(&e->frame);
    if (take_frame(granter, mfn_of(mfn), writable, f)) {
        clear_unused(e, a);
        return GNTST_general_error;
    }
    a->frame = mfn;
    a->domid = user;
    a->readers++;
    a->writers += writable;
    return GNTST_okay;
}

int16_t grant_pin_get(struct domain *granter, grant_ref_t ref,
                      const struct domain *user, bool writable,
                      struct grant_pin *pin)
{
    struct grant_table *t = granter->grant;
    int16_t status;
    size_t count;

    *pin = (struct grant_pin){granter, ref, writable, NULL};
    spin_lock(&t->lock);
    count = t->frame_count * ENTRIES_PER_FRAME;
    if (granter->dying || !t->entries)
        status = GNTST_general_error;
    else if (ref >= count)
        status = GNTST_bad_gntref;
    else
        status = pin_locked(granter, t, (grant_ref_t)index_masked(ref, count),
                            user->domid, writable, &pin->frame);
    spin_unlock(&t->lock);
    return status;
}

int16_t grant_pin_again(const struct grant_pin *pin)
{
    struct grant_table *t = pin->granter->grant;
    struct grant_active *a = grant_active_of(t, pin->ref);
    int16_t status = GNTST_general_error;

    spin_lock(&t->lock);
    if (a->readers < UINT32_MAX &&
        (pin->writable ? frame_ref_writable(pin->granter->hv, pin->frame)
                       : frame_ref(pin->frame)) == 0) {
        a->readers++;
        a->writers += pin->writable;
        status = GNTST_okay;
    }
    spin_unlock(&t->lock);
    return status;
}

/*
 * A granter who sees the bits clear may turn the frame into a page table at
 * once: the writable reference goes before. A plain one keeps the granter's
 * struct until its lock is released, it may be all that does.
 */
void grant_pin_put(const struct grant_pin *pin)
{
    struct grant_table *t = pin->granter->grant;
    struct grant_active *a = grant_active_of(t, pin->ref);
    struct hv *hv = pin->granter->hv;
    bool kept = pin->writable && frame_ref(pin->frame) == 0;

    spin_lock(&t->lock);
    BUG_ON(a->readers == 0 || a->writers < pin->writable);
    a->readers--;
    a->writers -= pin->writable;
    if (kept)
        frame_put_writable(hv, pin->frame);
    if (t->entries)
        clear_unused(&t->entries[pin->ref / ENTRIES_PER_FRAME]
                                [pin->ref % ENTRIES_PER_FRAME],
                     a);
    if (a->readers == 0)
        *a = (struct grant_active){0};
    spin_unlock(&t->lock);
    if (kept || !pin->writable)
        frame_put(hv, pin->frame);
    else
        frame_put_writable(hv, pin->frame);
}

/* SPDX-License-Identifier: MIT */
/*
 * The table and the maptrack as memory: made, grown, taken down. And the one
 * place that reads and writes entries which the granter may change at the
 * same moment: taking a grant into use and giving it back.
 */
#include <errno.h>

#include <pv-abi/inline/shared.h>

#include "bug.h"
#include "grant/grant.h"
#include "hal.h"
#include "hv.h"
#include "mm/alloc.h"
#include "speculation.h"

_Static_assert(sizeof(struct grant_active) == 16, "a grant costs 24 bytes");
_Static_assert(sizeof(struct grant_mapping) == 16, "a mapping costs 16 bytes");
_Static_assert(ENTRIES_PER_FRAME == 512, "as the ABI has it");

#define ACTIVE_BYTES (ENTRIES_PER_FRAME * sizeof(struct grant_active))

/* -------------------------------------------------------------- init */

static unsigned int limit(int32_t wanted, unsigned int usual)
{
    return wanted == -1 ? usual : (unsigned int)wanted;
}

/* All arrays of pointers to pages; what could not be had is NULL. */
static bool alloc_arrays(struct hv *hv, struct grant_table *t)
{
    t->entries = hv_alloc(hv, t->frame_max * sizeof(t->entries[0]));
    t->active = hv_alloc(hv, t->frame_max * sizeof(t->active[0]));
    t->mappings = hv_alloc(hv, t->mapping_frame_max * sizeof(t->mappings[0]));
    return t->entries && t->active && t->mappings;
}

static void free_arrays(struct hv *hv, struct grant_table *t)
{
    hv_free(hv, t->entries, t->frame_max * sizeof(t->entries[0]));
    hv_free(hv, t->active, t->frame_max * sizeof(t->active[0]));
    hv_free(hv, t->mappings, t->mapping_frame_max * sizeof(t->mappings[0]));
}

int domain_grant_init(struct domain *d, int32_t max_frames,
                      int32_t max_maptrack_frames)
{
    struct grant_table *t;

    if (limit(max_frames, GRANT_DEFAULT_FRAMES) - 1 >= GRANT_MAX_FRAMES ||
        limit(max_maptrack_frames, GRANT_DEFAULT_MAPTRACK) > GRANT_MAX_MAPTRACK)
        return -EINVAL;
    t = hv_alloc(d->hv, sizeof(*t));
    if (!t)
        return -ENOMEM;
    spin_lock_init(&t->lock, LOCK_GRANT);
    t->frame_max = limit(max_frames, GRANT_DEFAULT_FRAMES);
    t->mapping_frame_max = limit(max_maptrack_frames, GRANT_DEFAULT_MAPTRACK);
    t->mapping_free = MAPPING_NONE;
    d->grant = t;
    if (alloc_arrays(d->hv, t) && grant_table_grow(d, 1) == 0)
        return 0;
    free_arrays(d->hv, t);
    hv_free(d->hv, t, sizeof(*t));
    d->grant = NULL;
    return -ENOMEM;
}

/* -------------------------------------------------------------- grow */

/* One more frame. Lock held. */
static int add_frame(struct domain *d, struct grant_table *t)
{
    struct grant_active *active = hv_alloc(d->hv, ACTIVE_BYTES);
    mfn_t mfn;

    if (!active)
        return -ENOMEM;
    if (special_frame_alloc(d, &mfn)) {
        hv_free(d->hv, active, ACTIVE_BYTES);
        return -ENOMEM;
    }
    t->active[t->frame_count] = active;
    t->entries[t->frame_count] = hal_map(mfn);
    t->frame_count++;
    return 0;
}

int grant_table_grow(struct domain *d, unsigned int count)
{
    struct grant_table *t = d->grant;
    int rc = 0;

    spin_guard(&t->lock);
    if (count > t->frame_max || !t->entries || d->dying)
        return -EINVAL;
    while (rc == 0 && t->frame_count < count)
        rc = add_frame(d, t);
    return rc;
}

/* --------------------------------------------------------------- end */

/* The guest's frames go; others may still hold pins of ours. */
static void drop_entries(struct domain *d, struct grant_table *t)
{
    struct grant_entry_v1 **entries;

    spin_lock(&t->lock);
    entries = t->entries;
    t->entries = NULL;
    spin_unlock(&t->lock);
    for (unsigned int i = 0; entries && i < t->frame_count; i++) {
        mfn_t mfn = hal_mfn_of(entries[i]);

        hal_unmap(entries[i]);
        special_frame_free(d, mfn);
    }
    hv_free(d->hv, entries, t->frame_max * sizeof(entries[0]));
}

int domain_grant_destroy(struct domain *d, struct effects *fx)
{
    int rc = grant_undo_mappings(d, fx);

    if (!rc)
        drop_entries(d, d->grant);
    return rc;
}

void domain_grant_free(struct domain *d)
{
    struct grant_table *t = d->grant;

    if (!t)
        return;
    BUG_ON(t->entries);
    for (unsigned int i = 0; i < t->frame_count; i++)
        hv_free(d->hv, t->active[i], ACTIVE_BYTES);
    for (unsigned int i = 0; i < t->mapping_frame_count; i++)
        hv_free(d->hv, t->mappings[i], PAGE_SIZE);
    free_arrays(d->hv, t);
    hv_free(d->hv, t, sizeof(*t));
    d->grant = NULL;
}

/* -------------------------------------------------------------- pins */

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

/* Whether h lets user set these bits: of one use, or of a transfer. */
static bool allows(union head h, domid_t user, uint16_t bits)
{
    if (h.domid != user)
        return false;
    if (bits == GTF_transfer_committed)
        return h.flags == GTF_accept_transfer;
    return (h.flags & GTF_type_mask) == GTF_permit_access &&
           (h.flags & GTF_sub_page) == 0 &&
           !((bits & GTF_writing) && (h.flags & GTF_readonly));
}

/* Set bits, provided that the entry allows it at the very moment they appear.
 */
static bool set_bits(struct grant_entry_v1 *e, domid_t user, uint16_t bits)
{
    union head old = {.word = shared_read(head_of(e))};

    for (unsigned int i = 0; i < TRIES; i++) {
        union head new = old;

        if (!allows(old, user, bits))
            return false;
        new.flags |= bits;
        if (shared_compare_exchange(head_of(e), &old.word, new.word))
            return true;
    }
    return false;
}

/* Clear the use bits that nobody needs any more. */
static void clear_unused(struct grant_entry_v1 *e, const struct grant_active *a)
{
    uint16_t bits = 0;

    if (a->writers == 0)
        bits |= GTF_writing;
    if (a->readers == 0)
        bits |= GTF_reading;
    if (bits)
        __atomic_fetch_and(head_of(e), ~(uint32_t)bits, __ATOMIC_SEQ_CST);
}

/* One reference for each pin, or none. */
static int take_frame(struct domain *granter, mfn_t m, bool writable,
                      unsigned int uses, struct frame **f)
{
    struct hv *hv = granter->hv;

    for (unsigned int n = 0; n < uses; n++) {
        int rc = writable ? frame_get_writable(granter, m, f)
                          : frame_get(granter, m, f);

        if (rc) {
            while (n-- > 0)
                writable ? frame_put_writable(hv, *f) : frame_put(hv, *f);
            return rc;
        }
    }
    return 0;
}

/*
 * A first user, or a first writer, sets bits in the entry; others find them
 * set. What the entry says of the frame is read once, by the first.
 */
static int16_t pin_locked(const struct grant_pin *pin, domid_t user,
                          unsigned int uses, struct frame **f)
{
    struct grant_table *t = pin->granter->grant;
    struct grant_active *a = grant_active_of(t, pin->ref);
    struct grant_entry_v1 *e = grant_entry_of(t, pin->ref);
    uint32_t mfn = a->frame;

    if (a->readers > 0 && a->domid != user)
        return GNTST_general_error;
    if (a->readers > UINT32_MAX - uses)
        return GNTST_general_error;
    if ((a->readers == 0 || (pin->writable && a->writers == 0)) &&
        !set_bits(e, user,
                  pin->writable ? GTF_reading | GTF_writing : GTF_reading))
        return GNTST_general_error;
    if (a->readers == 0)
        mfn = shared_read(&e->frame);
    if (take_frame(pin->granter, mfn_of(mfn), pin->writable, uses, f)) {
        clear_unused(e, a);
        return GNTST_general_error;
    }
    /* Whoever has pinned it before reads the frame without the lock. */
    if (a->readers == 0)
        a->frame = mfn;
    a->domid = user;
    a->readers += uses;
    a->writers += pin->writable ? uses : 0;
    return GNTST_okay;
}

int16_t grant_pin_get(struct domain *granter, grant_ref_t ref,
                      const struct domain *user, bool writable,
                      unsigned int uses, struct grant_pin *pin)
{
    struct grant_table *t = granter->grant;
    int16_t status;
    size_t count;

    *pin = (struct grant_pin){granter, ref, writable, NULL};
    spin_guard(&t->lock);
    count = t->frame_count * ENTRIES_PER_FRAME;
    if (granter->dying || !t->entries) {
        status = GNTST_general_error;
    } else if (ref >= count) {
        status = GNTST_bad_gntref;
    } else {
        pin->ref = (grant_ref_t)index_masked(ref, count);
        status = pin_locked(pin, user->domid, uses, &pin->frame);
    }
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
        clear_unused(grant_entry_of(t, pin->ref), a);
    if (a->readers == 0)
        *a = (struct grant_active){0};
    spin_unlock(&t->lock);
    if (kept || !pin->writable)
        frame_put(hv, pin->frame);
    else
        frame_put_writable(hv, pin->frame);
}

/* --------------------------------------------------------- transfers */

/* Frame m is the receiver's: it hears of it, unless it has lost it again. */
static void complete(struct domain *to, mfn_t m, struct grant_entry_v1 *e)
{
    uint32_t pfn = shared_read(&e->frame);
    struct frame *f;

    if (!frame_get(to, m, &f)) {
        m2p_set(to->hv, m, pfn);
        frame_put(to->hv, f);
    }
    shared_write(&e->frame, (uint32_t)m.n);
    __atomic_fetch_or(head_of(e), GTF_transfer_completed, __ATOMIC_SEQ_CST);
}

int16_t grant_give(struct domain *from, struct frame *f, struct domain *to,
                   grant_ref_t ref)
{
    struct grant_table *t = to->grant;
    struct grant_entry_v1 *e = NULL;
    bool room = true, given = false;
    size_t count;

    spin_guard(&t->lock);
    count = t->entries ? t->frame_count * ENTRIES_PER_FRAME : 0;
    if (ref < count)
        e = grant_entry_of(t, (grant_ref_t)index_masked(ref, count));
    if (to != from)
        room = domain_frames_reserve(to, 1) == 0;
    if (e && room && set_bits(e, from->domid, GTF_transfer_committed)) {
        mfn_t m = frame_mfn(to->hv, f);

        given = domain_frame_move(from, f, to);
        if (given)
            complete(to, m, e);
    } else {
        if (to != from && room)
            domain_frames_unreserve(to, 1);
        domain_frame_untake(from, f);
    }
    return given ? GNTST_okay : GNTST_general_error;
}

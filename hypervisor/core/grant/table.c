/* SPDX-License-Identifier: MIT */
/* The table and the maptrack as memory: made, grown, taken down. */
#include "grant/table.h"

#include <errno.h>

#include "bug.h"
#include "grant/grant.h"
#include "hal.h"
#include "hv.h"
#include "mm/alloc.h"

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

    spin_lock(&t->lock);
    if (count > t->frame_max || !t->entries || d->dying)
        rc = -EINVAL;
    while (rc == 0 && t->frame_count < count)
        rc = add_frame(d, t);
    spin_unlock(&t->lock);
    return rc;
}

int grant_table_frame(struct domain *d, unsigned int i, mfn_t *mfn)
{
    struct grant_table *t = d->grant;
    int rc;

    if (i >= t->frame_max)
        return -EINVAL;
    rc = grant_table_grow(d, i + 1);
    if (rc)
        return rc;
    spin_lock(&t->lock);
    if (t->entries)
        *mfn = hal_mfn_of(t->entries[i]);
    else
        rc = -EINVAL;
    spin_unlock(&t->lock);
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

    if (rc)
        return rc;
    drop_entries(d, d->grant);
    return 0;
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

/* SPDX-License-Identifier: MIT */
#include "grant/table.h"

#include "bug.h"
#include "grant/grant.h"
#include "hv.h"

static uint32_t count_parts(const struct grant_mapping *m)
{
    return !!(m->flags & GNTMAP_device_map) + !!(m->flags & GNTMAP_host_map);
}

/* Pins of granter's grant ref that mappings of user hold. */
static void count_pins(const struct domain *user, const struct domain *granter,
                       grant_ref_t ref, uint32_t *readers, uint32_t *writers)
{
    const struct grant_table *t = user->grant;

    for (grant_handle_t h = 0; h < t->mapping_frame_count * MAPPINGS_PER_FRAME;
         h++) {
        const struct grant_mapping *m = grant_mapping_of(t, h);
        uint32_t parts = count_parts(m);

        if (parts == 0 || m->granter != granter || m->ref != ref)
            continue;
        *readers += parts;
        if (!(m->flags & GNTMAP_readonly))
            *writers += parts;
    }
}

static void check_active(struct domain *d, grant_ref_t ref)
{
    const struct grant_active *a = grant_active_of(d->grant, ref);
    uint32_t readers = 0, writers = 0;
    struct domain *user;

    if (a->readers == 0) {
        BUG_ON(a->writers != 0 || a->frame != 0);
        return;
    }
    LIST_FOREACH (user, &d->hv->domains, link) {
        uint32_t before = readers;

        count_pins(user, d, ref, &readers, &writers);
        BUG_ON(readers != before && user->domid != a->domid);
    }
    BUG_ON(readers != a->readers || writers != a->writers);
    BUG_ON(!frame_of(d->hv, mfn_of(a->frame)));
}

/* The list of free mappings: as long as there are mappings without parts. */
static void check_free_list(const struct grant_table *t)
{
    uint32_t count = 0, on_list = 0, end;

    end = (uint32_t)(t->mapping_frame_count * MAPPINGS_PER_FRAME);
    for (grant_handle_t h = 0; h < end; h++) {
        const struct grant_mapping *m = grant_mapping_of(t, h);

        BUG_ON(m->busy);
        count += count_parts(m) == 0;
    }
    for (uint32_t h = t->mapping_free; h != MAPPING_NONE;
         h = grant_mapping_of(t, h)->next) {
        BUG_ON(h >= end || on_list > count);
        on_list++;
    }
    BUG_ON(on_list != count);
}

void grant_check(struct domain *d)
{
    for (grant_ref_t ref = 0; ref < d->grant->frame_count * ENTRIES_PER_FRAME;
         ref++)
        check_active(d, ref);
    check_free_list(d->grant);
}

/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include "mm/tlb.h"

static void grant_frame_put(struct grant *g)
{
    if (g->map.readonly)
        frame_put(scene.hv, g->f);
    else
        frame_put_writable(scene.hv, g->f);
    g->active = false;
}

void do_grant(struct vcpu *v)
{
    struct grant *g = &scene.grant[byte() % GRANTS];
    struct domain *granter = scene.vcpu[byte() % TLB_CPUS]->d;
    unsigned int flags = byte();
    mfn_t m = pick_frame(v);
    struct effects fx;

    if (g->active || granter == v->d)
        return;
    g->mapper = v;
    g->map = (struct grant_map){.readonly = flags & 1,
                                .contains_pte = flags & 2,
                                .application = flags & 4};
    g->map.host_addr = g->map.contains_pte
                           ? pte_ptr(pick_frame(v), byte() % 32, 0)
                           : pick_va();
    if (g->map.readonly ? frame_get(granter, m, &g->f)
                        : frame_get_writable(granter, m, &g->f))
        return;
    effects_init(&fx);
    g->active = true;
    if (mm_map_grant(v, &g->map, g->f, &fx))
        grant_frame_put(g);
    tlb_check(&scene.tlb);
}

/* Returns whether the entry was found. */
static bool unmap_grant(struct grant *g, uint64_t new_addr)
{
    struct effects fx;
    bool found;

    effects_init(&fx);
    g->map.new_addr = new_addr;
    found = mm_unmap_grant(g->mapper, &g->map, g->f, &fx) == 0;
    if (found)
        hal_flush_tlb(flush_all(g->mapper->d));
    return found;
}

void do_ungrant(void)
{
    struct grant *g = &scene.grant[byte() % GRANTS];

    uint64_t new_addr = byte() % 2 ? pick_va() : 0;

    if (g->active && unmap_grant(g, new_addr))
        grant_frame_put(g);
    tlb_check(&scene.tlb);
}

void drop_grants(const struct domain *d)
{
    for (unsigned int i = 0; i < GRANTS; i++) {
        struct grant *g = &scene.grant[i];

        if (!g->active || (d && g->mapper->d != d))
            continue;
        /* If the entry is gone, so are its references. */
        (void)unmap_grant(g, 0);
        grant_frame_put(g);
    }
}

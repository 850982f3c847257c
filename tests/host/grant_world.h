/* SPDX-License-Identifier: MIT */
/*
 * Three domains that lend each other frames: what they write in their tables,
 * and the calls they make. A suite of grants begins with world_of_grants and
 * ends with world_done.
 */
#ifndef HOST_GRANT_WORLD_H
#define HOST_GRANT_WORLD_H

#include "suite.h"

#include <stdlib.h>

#include <pv-abi/grant_table.h>

#include "fake/check.h"
#include "fake/guests.h"
#include "fake/machine.h"
#include "grant/grant.h"
#include "mm/table.h"
#include "mm/vcpu_mmu.h"

#define FRAMES 12 /* of each domain; 0 .. 3 are its page tables */
#define DATA   4  /* the first that is not */

/*
 * Three domains with memory and a page table each: entry i of its L1 maps
 * va i << 12. Domain 1 grants, domain 2 uses, domain 0 is there.
 */
struct world {
    struct hv *hv;
    struct vcpu *v[3];
    struct tree tree[3];
};

static inline struct world world_of_grants(void)
{
    struct world w = {.hv = machine_with_memory(4, 3, 1, FRAMES)};

    for (domid_t id = 0; id < 3; id++) {
        struct effects fx;

        effects_init(&fx);
        w.v[id] = guest_vcpu(w.hv, id, 0);
        w.tree[id] = write_tree(guest(w.hv, id), 0);
        ck_assert_int_eq(
            call_mmuext(w.v[id], MMUEXT_PIN_L4_TABLE, w.tree[id].l4.n, 0), 0);
        ck_assert_int_eq(
            vcpu_set_base(w.v[id], BASE_KERNEL, w.tree[id].l4, &fx), 0);
    }
    return w;
}

/* All counts are right: mm's, together with the pins of all grants. */
static inline void check_all(struct hv *hv)
{
    struct frame_refs *refs = calloc(hv->frame_count, sizeof(*refs));
    struct domain *d;

    LIST_FOREACH (d, &hv->domains, link) {
        grant_check(d);
        domain_refs(d, refs);
    }
    mm_check(hv, refs);
    free(refs);
}

static inline void world_done(struct world *w)
{
    check_all(w->hv);
    guests_end(w->hv);
}

/* What the guest does in its table. */
static inline struct grant_entry_v1 *entry(struct world *w, domid_t id,
                                           grant_ref_t ref)
{
    return &guest(w->hv, id)->grant->entries[ref / ENTRIES_PER_FRAME]
                                            [ref % ENTRIES_PER_FRAME];
}

static inline mfn_t data(struct world *w, domid_t id, unsigned int i)
{
    return domain_frame(guest(w->hv, id), DATA + i);
}

static inline void grant(struct world *w, domid_t id, grant_ref_t ref,
                         domid_t to, mfn_t m, uint16_t flags)
{
    *entry(w, id, ref) = (struct grant_entry_v1){
        .flags = (uint16_t)(GTF_permit_access | flags),
        .domid = to,
        .frame = (uint32_t)m.n,
    };
}

static inline struct gnttab_map_grant_ref map(struct world *w, domid_t user,
                                              domid_t granter, grant_ref_t ref,
                                              uint32_t flags, unsigned int slot)
{
    struct gnttab_map_grant_ref op = {.host_addr = (uint64_t)slot << 12,
                                      .flags = flags,
                                      .ref = ref,
                                      .dom = granter};

    ck_assert_int_eq(
        call_grant(w->v[user], GNTTABOP_map_grant_ref, &op, 1, sizeof(op)), 0);
    return op;
}

static inline int16_t unmap(struct world *w, domid_t user,
                            const struct gnttab_map_grant_ref *m, bool device)
{
    struct gnttab_unmap_grant_ref op = {.host_addr = m->host_addr,
                                        .dev_bus_addr =
                                            device ? m->dev_bus_addr : 0,
                                        .handle = m->handle};

    ck_assert_int_eq(
        call_grant(w->v[user], GNTTABOP_unmap_grant_ref, &op, 1, sizeof(op)),
        0);
    return op.status;
}

static inline uint64_t l1(struct world *w, domid_t id, unsigned int slot)
{
    return peek(w->tree[id].l1, slot);
}

static inline int16_t copy(struct world *w, domid_t user, struct gnttab_copy op)
{
    ck_assert_int_eq(call_grant(w->v[user], GNTTABOP_copy, &op, 1, sizeof(op)),
                     0);
    return op.status;
}

/* For fake.on_flush: whether entry 9 of domain 1 is in use at that moment. */
static struct world *flushed_world;
static bool flush_found_in_use;

static inline void look_at_flush(cpumask_t cpus)
{
    flush_found_in_use =
        entry(flushed_world, 1, 9)->flags & GTF_writing &&
        frame_is(frame_of(flushed_world->hv, data(flushed_world, 1, 0)),
                 FRAME_WRITABLE);
}

#endif

/* SPDX-License-Identifier: MIT */
/* hypervisor/core/grant: frames lent, mapped, copied, and given back. */
#include "suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pv-abi/grant_table.h>

#include "domain/domain.h"
#include "fake/check.h"
#include "fake/guests.h"
#include "fake/machine.h"
#include "grant/grant.h"
#include "mm/alloc.h"
#include "mm/table.h"
#include "mm/vcpu_mmu.h"
#include "sched/runqueue.h"

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

static struct world world_of_grants(void)
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
static void check_all(struct hv *hv)
{
    struct frame_refs *refs = calloc(hv->frame_count, sizeof(*refs));
    struct domain *d;

    LIST_FOREACH (d, &hv->domains, link) {
        const struct grant_table *t = d->grant;

        grant_check(d);
        for (grant_ref_t ref = 0; ref < t->frame_count * ENTRIES_PER_FRAME;
             ref++) {
            const struct grant_active *a = grant_active_of(t, ref);

            if (a->readers == 0)
                continue;
            refs[a->frame].general += a->readers;
            refs[a->frame].type += a->writers;
            if (a->writers)
                refs[a->frame].kind = FRAME_WRITABLE;
        }
    }
    mm_check(hv, refs);
    free(refs);
}

static void world_done(struct world *w)
{
    check_all(w->hv);
    guests_end(w->hv);
}

/* What the guest does in its table. */
static struct grant_entry_v1 *entry(struct world *w, domid_t id,
                                    grant_ref_t ref)
{
    return &guest(w->hv, id)->grant->entries[ref / ENTRIES_PER_FRAME]
                                            [ref % ENTRIES_PER_FRAME];
}

static mfn_t data(struct world *w, domid_t id, unsigned int i)
{
    return domain_frame(guest(w->hv, id), DATA + i);
}

static void grant(struct world *w, domid_t id, grant_ref_t ref, domid_t to,
                  mfn_t m, uint16_t flags)
{
    *entry(w, id, ref) = (struct grant_entry_v1){
        .flags = (uint16_t)(GTF_permit_access | flags),
        .domid = to,
        .frame = (uint32_t)m.n,
    };
}

static struct gnttab_map_grant_ref map(struct world *w, domid_t user,
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

static int16_t unmap(struct world *w, domid_t user,
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

static uint64_t l1(struct world *w, domid_t id, unsigned int slot)
{
    return peek(w->tree[id].l1, slot);
}

/* ----------------------------------------------------------------- map */

START_TEST(a_granted_frame_is_mapped_and_marked_in_use)
{
    struct world w = world_of_grants();
    mfn_t m = data(&w, 1, 0);
    struct gnttab_map_grant_ref op;

    grant(&w, 1, 9, 2, m, 0);
    op = map(&w, 2, 1, 9, GNTMAP_host_map, 5);
    ck_assert_int_eq(op.status, GNTST_okay);
    ck_assert_uint_eq(op.dev_bus_addr, m.n << 12);
    ck_assert_uint_eq(pte_mfn(l1(&w, 2, 5)).n, m.n);
    ck_assert(l1(&w, 2, 5) & PTE_RW);
    ck_assert_uint_eq(entry(&w, 1, 9)->flags,
                      GTF_permit_access | GTF_reading | GTF_writing);
    check_all(w.hv);
    ck_assert_int_eq(unmap(&w, 2, &op, false), GNTST_okay);
    ck_assert_uint_eq(l1(&w, 2, 5), 0);
    ck_assert_uint_eq(entry(&w, 1, 9)->flags, GTF_permit_access);
    ck_assert(!frame_is(frame_of(w.hv, m), FRAME_WRITABLE));
    world_done(&w);
}
END_TEST

START_TEST(a_readonly_mapping_marks_reading_and_cannot_write)
{
    struct world w = world_of_grants();
    struct gnttab_map_grant_ref op;

    grant(&w, 1, 9, 2, data(&w, 1, 0), GTF_readonly);
    op = map(&w, 2, 1, 9, GNTMAP_host_map, 5);
    ck_assert_int_eq(op.status, GNTST_general_error);
    op = map(&w, 2, 1, 9, GNTMAP_host_map | GNTMAP_readonly, 5);
    ck_assert_int_eq(op.status, GNTST_okay);
    ck_assert(!(l1(&w, 2, 5) & PTE_RW));
    ck_assert_uint_eq(entry(&w, 1, 9)->flags,
                      GTF_permit_access | GTF_readonly | GTF_reading);
    ck_assert_int_eq(unmap(&w, 2, &op, false), GNTST_okay);
    world_done(&w);
}
END_TEST

START_TEST(use_bits_go_with_the_last_writer_and_the_last_reader)
{
    struct world w = world_of_grants();
    struct gnttab_map_grant_ref ro, rw1, rw2;

    grant(&w, 1, 9, 2, data(&w, 1, 0), 0);
    ro = map(&w, 2, 1, 9, GNTMAP_host_map | GNTMAP_readonly, 1);
    ck_assert_uint_eq(entry(&w, 1, 9)->flags & GTF_writing, 0);
    rw1 = map(&w, 2, 1, 9, GNTMAP_host_map, 2);
    rw2 = map(&w, 2, 1, 9, GNTMAP_host_map, 3);
    check_all(w.hv);
    ck_assert_int_eq(unmap(&w, 2, &rw1, false), GNTST_okay);
    ck_assert(entry(&w, 1, 9)->flags & GTF_writing);
    ck_assert_int_eq(unmap(&w, 2, &rw2, false), GNTST_okay);
    ck_assert_uint_eq(entry(&w, 1, 9)->flags, GTF_permit_access | GTF_reading);
    ck_assert_int_eq(unmap(&w, 2, &ro, false), GNTST_okay);
    ck_assert_uint_eq(entry(&w, 1, 9)->flags, GTF_permit_access);
    world_done(&w);
}
END_TEST

START_TEST(what_is_not_granted_is_not_mapped)
{
    struct world w = world_of_grants();
    uint32_t flags = GNTMAP_host_map;
    uint16_t kinds[] = {GTF_invalid, GTF_accept_transfer, GTF_transitive,
                        GTF_permit_access | GTF_sub_page};

    grant(&w, 1, 9, 2, data(&w, 1, 0), 0);
    ck_assert_int_eq(map(&w, 0, 1, 9, flags, 5).status, GNTST_general_error);
    ck_assert_int_eq(map(&w, 2, 1, 8, flags, 5).status, GNTST_general_error);
    ck_assert_int_eq(map(&w, 2, 1, 512, flags, 5).status, GNTST_bad_gntref);
    ck_assert_int_eq(map(&w, 2, 1, UINT32_MAX, flags, 5).status,
                     GNTST_bad_gntref);
    ck_assert_int_eq(map(&w, 2, 44, 9, flags, 5).status, GNTST_bad_domain);
    ck_assert_int_eq(map(&w, 2, DOMID_SELF, 9, flags, 5).status,
                     GNTST_bad_domain);
    ck_assert_int_eq(map(&w, 2, 1, 9, GNTMAP_readonly, 5).status,
                     GNTST_bad_gntref);
    for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        entry(&w, 1, 9)->flags = kinds[i];
        ck_assert_int_eq(map(&w, 2, 1, 9, flags, 5).status,
                         GNTST_general_error);
        ck_assert_uint_eq(entry(&w, 1, 9)->flags, kinds[i]);
    }
    ck_assert_uint_eq(l1(&w, 2, 5), 0);
    world_done(&w);
}
END_TEST

/* The granter's lie is in the frame, and found after the bits were set. */
START_TEST(a_frame_that_is_not_the_granters_is_not_mapped)
{
    struct world w = world_of_grants();
    mfn_t bad[] = {data(&w, 2, 0), data(&w, 0, 0), mfn_of(0),
                   mfn_of(0xffffffff), w.tree[1].l1};

    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        grant(&w, 1, 9, 2, bad[i], 0);
        ck_assert_int_eq(map(&w, 2, 1, 9, GNTMAP_host_map, 5).status,
                         GNTST_general_error);
        ck_assert_uint_eq(entry(&w, 1, 9)->flags, GTF_permit_access);
        check_all(w.hv);
    }
    /* A page table may be looked at. */
    ck_assert_int_eq(
        map(&w, 2, 1, 9, GNTMAP_host_map | GNTMAP_readonly, 5).status,
        GNTST_okay);
    world_done(&w);
}
END_TEST

/* What was checked is what is used, whatever is written later. */
START_TEST(a_pinned_grant_does_not_follow_its_entry)
{
    struct world w = world_of_grants();
    mfn_t first = data(&w, 1, 0), second = data(&w, 1, 1);
    struct gnttab_map_grant_ref a, b;

    grant(&w, 1, 9, 2, first, 0);
    a = map(&w, 2, 1, 9, GNTMAP_host_map | GNTMAP_readonly, 1);
    entry(&w, 1, 9)->frame = (uint32_t)second.n;
    b = map(&w, 2, 1, 9, GNTMAP_host_map | GNTMAP_readonly, 2);
    ck_assert_int_eq(b.status, GNTST_okay);
    ck_assert_uint_eq(pte_mfn(l1(&w, 2, 2)).n, first.n);
    /* Given to another while domain 2 has it: neither gets more. */
    entry(&w, 1, 9)->domid = 0;
    ck_assert_int_eq(
        map(&w, 0, 1, 9, GNTMAP_host_map | GNTMAP_readonly, 1).status,
        GNTST_general_error);
    ck_assert_int_eq(map(&w, 2, 1, 9, GNTMAP_host_map, 3).status,
                     GNTST_general_error);
    ck_assert_int_eq(unmap(&w, 2, &a, false), GNTST_okay);
    ck_assert_int_eq(unmap(&w, 2, &b, false), GNTST_okay);
    world_done(&w);
}
END_TEST

START_TEST(a_place_that_cannot_be_mapped_leaves_nothing_behind)
{
    struct world w = world_of_grants();
    uint64_t places[] = {0x40000000, 0xffff800000000000, 0x0000800000000000,
                         ~0xffful};

    grant(&w, 1, 9, 2, data(&w, 1, 0), 0);
    for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        ck_assert_int_eq(
            map(&w, 2, 1, 9, GNTMAP_host_map, (unsigned int)0).status,
            GNTST_okay);
        struct gnttab_map_grant_ref op = {.host_addr = places[i],
                                          .flags = GNTMAP_host_map,
                                          .ref = 9,
                                          .dom = 1};

        call_grant(w.v[2], GNTTABOP_map_grant_ref, &op, 1, sizeof(op));
        ck_assert_int_eq(op.status, GNTST_general_error);
        op.flags |= GNTMAP_contains_pte;
        op.host_addr = (w.tree[1].l1.n << 12) + 8; /* another's table */
        call_grant(w.v[2], GNTTABOP_map_grant_ref, &op, 1, sizeof(op));
        ck_assert_int_eq(op.status, GNTST_general_error);
        op.host_addr = (w.tree[2].l1.n << 12) + 4;
        call_grant(w.v[2], GNTTABOP_map_grant_ref, &op, 1, sizeof(op));
        ck_assert_int_eq(op.status, GNTST_general_error);
        op.host_addr = (w.tree[2].l2.n << 12) + 8; /* no L1 */
        call_grant(w.v[2], GNTTABOP_map_grant_ref, &op, 1, sizeof(op));
        ck_assert_int_eq(op.status, GNTST_general_error);
        check_all(w.hv);
    }
    world_done(&w);
}
END_TEST

START_TEST(a_mapping_by_its_entrys_address)
{
    struct world w = world_of_grants();
    struct gnttab_map_grant_ref op = {
        .host_addr = (w.tree[2].l1.n << 12) + 7 * 8,
        .flags = GNTMAP_host_map | GNTMAP_contains_pte |
                 GNTMAP_application_map | 5u << GNTMAP_guest_avail0,
        .ref = 9,
        .dom = 1};

    grant(&w, 1, 9, 2, data(&w, 1, 0), 0);
    call_grant(w.v[2], GNTTABOP_map_grant_ref, &op, 1, sizeof(op));
    ck_assert_int_eq(op.status, GNTST_okay);
    ck_assert_uint_eq(pte_mfn(l1(&w, 2, 7)).n, data(&w, 1, 0).n);
    ck_assert_uint_eq(l1(&w, 2, 7) >> 9 & 7, 5);
    ck_assert_int_eq(unmap(&w, 2, &op, false), GNTST_okay);
    ck_assert_uint_eq(l1(&w, 2, 7), 0);
    world_done(&w);
}
END_TEST

START_TEST(a_device_mapping_has_a_part_of_its_own)
{
    struct world w = world_of_grants();
    struct gnttab_map_grant_ref op;

    grant(&w, 1, 9, 2, data(&w, 1, 0), 0);
    op = map(&w, 2, 1, 9, GNTMAP_host_map | GNTMAP_device_map, 5);
    ck_assert_int_eq(op.status, GNTST_okay);
    check_all(w.hv);
    ck_assert_int_eq(unmap(&w, 2, &op, false), GNTST_okay);
    ck_assert(entry(&w, 1, 9)->flags & GTF_writing);
    check_all(w.hv);
    op.host_addr = 0;
    ck_assert_int_eq(unmap(&w, 2, &op, true), GNTST_okay);
    ck_assert_uint_eq(entry(&w, 1, 9)->flags, GTF_permit_access);
    ck_assert_int_eq(unmap(&w, 2, &op, true), GNTST_bad_handle);
    world_done(&w);
}
END_TEST

/* --------------------------------------------------------------- unmap */

START_TEST(unmap_wants_the_entry_it_made)
{
    struct world w = world_of_grants();
    struct gnttab_map_grant_ref op, wrong;

    grant(&w, 1, 9, 2, data(&w, 1, 0), 0);
    op = map(&w, 2, 1, 9, GNTMAP_host_map, 5);
    wrong = op;
    wrong.host_addr = 6 << 12;
    ck_assert_int_eq(unmap(&w, 2, &wrong, false), GNTST_general_error);
    /* What is there is another frame, mapped with the same rights. */
    ck_assert_int_eq(call_mmu_update(w.v[2], pte_ptr(w.tree[2].l1, 6, 0),
                                     pte_make(data(&w, 2, 0), PTE_DATA)),
                     0);
    ck_assert_int_eq(unmap(&w, 2, &wrong, false), GNTST_general_error);
    wrong = op;
    wrong.handle = 1;
    ck_assert_int_eq(unmap(&w, 2, &wrong, false), GNTST_bad_handle);
    wrong.handle = UINT32_MAX;
    ck_assert_int_eq(unmap(&w, 2, &wrong, false), GNTST_bad_handle);
    ck_assert_int_eq(unmap(&w, 1, &op, false), GNTST_bad_handle);
    wrong = op;
    wrong.dev_bus_addr += 4096;
    ck_assert_int_eq(unmap(&w, 2, &wrong, true), GNTST_general_error);
    check_all(w.hv);
    ck_assert_int_eq(unmap(&w, 2, &op, false), GNTST_okay);
    ck_assert_int_eq(unmap(&w, 2, &op, false), GNTST_bad_handle);
    world_done(&w);
}
END_TEST

/* Whoever has overwritten the entry keeps the grant in use. */
START_TEST(an_overwritten_entry_cannot_be_unmapped_but_stays_accounted)
{
    struct world w = world_of_grants();
    struct gnttab_map_grant_ref op;

    grant(&w, 1, 9, 2, data(&w, 1, 0), 0);
    op = map(&w, 2, 1, 9, GNTMAP_host_map, 5);
    ck_assert_int_eq(call_mmu_update(w.v[2], pte_ptr(w.tree[2].l1, 5, 0), 0),
                     0);
    ck_assert_int_eq(unmap(&w, 2, &op, false), GNTST_general_error);
    ck_assert(entry(&w, 1, 9)->flags & GTF_writing);
    ck_assert(frame_is(frame_of(w.hv, data(&w, 1, 0)), FRAME_WRITABLE));
    world_done(&w);
}
END_TEST

static struct world *flushed_world;
static bool flush_found_in_use;

static void look_at_flush(cpumask_t cpus)
{
    flush_found_in_use =
        entry(flushed_world, 1, 9)->flags & GTF_writing &&
        frame_is(frame_of(flushed_world->hv, data(flushed_world, 1, 0)),
                 FRAME_WRITABLE);
}

/* Until then the frame must not become anything else. */
START_TEST(unmap_flushes_once_before_the_granter_hears_of_it)
{
    struct world w = world_of_grants();
    struct gnttab_map_grant_ref m[3];
    struct gnttab_unmap_grant_ref op[3];

    grant(&w, 1, 9, 2, data(&w, 1, 0), 0);
    for (unsigned int i = 0; i < 3; i++) {
        m[i] = map(&w, 2, 1, 9, GNTMAP_host_map, i + 1);
        op[i] = (struct gnttab_unmap_grant_ref){.host_addr = m[i].host_addr,
                                                .handle = m[i].handle};
    }
    flushed_world = &w;
    flush_found_in_use = false;
    fake.on_flush = look_at_flush;
    fake.flush_count = 0;
    call_grant(w.v[2], GNTTABOP_unmap_grant_ref, op, 3, sizeof(op[0]));
    fake.on_flush = NULL;
    ck_assert_uint_eq(fake.flush_count, 1);
    ck_assert(flush_found_in_use);
    ck_assert_uint_eq(entry(&w, 1, 9)->flags, GTF_permit_access);
    world_done(&w);
}
END_TEST

START_TEST(handles_are_used_again_and_run_out)
{
    struct world w = world_of_grants();
    unsigned int most = 4 * 256;
    struct gnttab_map_grant_ref op = {0};

    grant(&w, 1, 9, 2, data(&w, 1, 0), 0);
    for (unsigned int i = 0; i < most; i++) {
        op = map(&w, 2, 1, 9, GNTMAP_device_map, 0);
        ck_assert_int_eq(op.status, GNTST_okay);
    }
    ck_assert_int_eq(map(&w, 2, 1, 9, GNTMAP_device_map, 0).status,
                     GNTST_no_space);
    ck_assert_int_eq(unmap(&w, 2, &op, true), GNTST_okay);
    ck_assert_uint_eq(map(&w, 2, 1, 9, GNTMAP_device_map, 0).handle, op.handle);
    world_done(&w);
}
END_TEST

START_TEST(a_long_batch_yields_and_goes_on)
{
    struct world w = world_of_grants();
    enum { COUNT = 500 };
    static struct gnttab_copy op[COUNT];
    uint64_t word = 0x1122334455667788;

    poke(data(&w, 2, 0), 0, word);
    for (unsigned int i = 0; i < COUNT; i++)
        op[i] = (struct gnttab_copy){
            .source = {.u.gmfn = data(&w, 2, 0).n, .domid = DOMID_SELF},
            .dest = {.u.gmfn = data(&w, 2, 1).n,
                     .domid = DOMID_SELF,
                     .offset = (uint16_t)(i * 8)},
            .len = 8,
            .status = 99,
        };
    ck_assert_int_eq(
        call_grant(w.v[2], GNTTABOP_copy, op, COUNT, sizeof(op[0])), 0);
    for (unsigned int i = 0; i < COUNT; i++) {
        ck_assert_int_eq(op[i].status, GNTST_okay);
        ck_assert_uint_eq(peek(data(&w, 2, 1), i), word);
    }
    world_done(&w);
}
END_TEST

/* ---------------------------------------------------------------- copy */

static int16_t copy(struct world *w, domid_t user, struct gnttab_copy op)
{
    ck_assert_int_eq(call_grant(w->v[user], GNTTABOP_copy, &op, 1, sizeof(op)),
                     0);
    return op.status;
}

START_TEST(copy_to_and_from_a_grant)
{
    struct world w = world_of_grants();
    struct gnttab_copy out = {
        .source = {.u.gmfn = data(&w, 2, 0).n,
                   .domid = DOMID_SELF,
                   .offset = 8},
        .dest = {.u.ref = 9, .domid = 1, .offset = 4088},
        .len = 8,
        .flags = GNTCOPY_dest_gref,
    };
    struct gnttab_copy in = {
        .source = {.u.ref = 9, .domid = 1, .offset = 4088},
        .dest = {.u.gmfn = data(&w, 2, 1).n, .domid = DOMID_SELF},
        .len = 8,
        .flags = GNTCOPY_source_gref,
    };

    grant(&w, 1, 9, 2, data(&w, 1, 0), 0);
    poke(data(&w, 2, 0), 1, 0xabcdef);
    ck_assert_int_eq(copy(&w, 2, out), GNTST_okay);
    ck_assert_uint_eq(peek(data(&w, 1, 0), 511), 0xabcdef);
    ck_assert_int_eq(copy(&w, 2, in), GNTST_okay);
    ck_assert_uint_eq(peek(data(&w, 2, 1), 0), 0xabcdef);
    ck_assert_uint_eq(entry(&w, 1, 9)->flags, GTF_permit_access);
    entry(&w, 1, 9)->flags |= GTF_readonly;
    ck_assert_int_eq(copy(&w, 2, out), GNTST_general_error);
    ck_assert_int_eq(copy(&w, 2, in), GNTST_okay);
    ck_assert_int_eq(copy(&w, 0, in), GNTST_general_error);
    world_done(&w);
}
END_TEST

START_TEST(copy_stays_in_its_pages_and_off_page_tables)
{
    struct world w = world_of_grants();
    struct gnttab_copy op = {
        .source = {.u.gmfn = data(&w, 2, 0).n, .domid = DOMID_SELF},
        .dest = {.u.gmfn = data(&w, 2, 1).n, .domid = DOMID_SELF},
        .len = 4096,
    };

    ck_assert_int_eq(copy(&w, 2, op), GNTST_okay);
    op.len = 0;
    ck_assert_int_eq(copy(&w, 2, op), GNTST_okay);
    op.len = 4096;
    op.source.offset = 1;
    ck_assert_int_eq(copy(&w, 2, op), GNTST_bad_copy_arg);
    op.source.offset = 0;
    op.dest.offset = 1;
    ck_assert_int_eq(copy(&w, 2, op), GNTST_bad_copy_arg);
    op.dest.offset = UINT16_MAX;
    op.len = UINT16_MAX;
    ck_assert_int_eq(copy(&w, 2, op), GNTST_bad_copy_arg);
    op.dest.offset = 0;
    op.len = 8;
    op.dest.u.gmfn = w.tree[2].l1.n;
    ck_assert_int_eq(copy(&w, 2, op), GNTST_bad_page);
    op.dest.u.gmfn = data(&w, 1, 0).n;
    ck_assert_int_eq(copy(&w, 2, op), GNTST_bad_page);
    op.dest.domid = 1;
    ck_assert_int_eq(copy(&w, 2, op), GNTST_permission_denied);
    op.dest.u.gmfn = UINT64_MAX;
    op.dest.domid = DOMID_SELF;
    ck_assert_int_eq(copy(&w, 2, op), GNTST_bad_page);
    world_done(&w);
}
END_TEST

/* --------------------------------------------------------------- table */

START_TEST(the_table_grows_to_its_limit_and_tells_its_frames)
{
    struct world w = world_of_grants();
    struct gnttab_query_size q = {.dom = DOMID_SELF};
    struct gnttab_setup_table s = {
        .dom = DOMID_SELF, .nr_frames = 4, .frame_list = {FREE_VA}};
    uint64_t *list = fake_guest(FREE_VA);

    call_grant(w.v[1], GNTTABOP_query_size, &q, 1, sizeof(q));
    ck_assert_int_eq(q.status, GNTST_okay);
    ck_assert_uint_eq(q.nr_frames, 1);
    ck_assert_uint_eq(q.max_nr_frames, 4);
    call_grant(w.v[1], GNTTABOP_setup_table, &s, 1, sizeof(s));
    ck_assert_int_eq(s.status, GNTST_okay);
    for (unsigned int i = 0; i < 4; i++) {
        struct frame *f = frame_of(w.hv, mfn_of(list[i]));

        ck_assert_ptr_nonnull(f);
        ck_assert_uint_eq(f->owner, 1);
        ck_assert(f->count & FRAME_SPECIAL);
    }
    s.nr_frames = 5;
    call_grant(w.v[1], GNTTABOP_setup_table, &s, 1, sizeof(s));
    ck_assert_int_eq(s.status, GNTST_general_error);
    s.nr_frames = 1;
    s.dom = 2;
    call_grant(w.v[1], GNTTABOP_setup_table, &s, 1, sizeof(s));
    ck_assert_int_eq(s.status, GNTST_permission_denied);
    call_grant(w.v[0], GNTTABOP_setup_table, &s, 1, sizeof(s));
    ck_assert_int_eq(s.status, GNTST_okay);
    ck_assert_int_eq(call_grant(w.v[1], GNTTABOP_setup_table, &s, 0, sizeof(s)),
                     -EINVAL);
    world_done(&w);
}
END_TEST

START_TEST(there_is_version_1_only)
{
    struct world w = world_of_grants();
    struct gnttab_set_version set = {.version = 1};
    struct gnttab_get_version get = {.dom = DOMID_SELF};

    ck_assert_int_eq(
        call_grant(w.v[1], GNTTABOP_set_version, &set, 1, sizeof(set)), 0);
    set.version = 2;
    ck_assert_int_eq(
        call_grant(w.v[1], GNTTABOP_set_version, &set, 1, sizeof(set)),
        -ENOSYS);
    set.version = 3;
    ck_assert_int_eq(
        call_grant(w.v[1], GNTTABOP_set_version, &set, 1, sizeof(set)),
        -EINVAL);
    ck_assert_int_eq(
        call_grant(w.v[1], GNTTABOP_get_version, &get, 1, sizeof(get)), 0);
    ck_assert_uint_eq(get.version, 1);
    get.dom = 2;
    ck_assert_int_eq(
        call_grant(w.v[1], GNTTABOP_get_version, &get, 1, sizeof(get)), -EPERM);
    ck_assert_int_eq(call_grant(w.v[1], 13, &get, 1, sizeof(get)), -ENOSYS);
    ck_assert_int_eq(
        call_grant(w.v[1], GNTTABOP_transfer, &get, 1, sizeof(get)), -ENOSYS);
    world_done(&w);
}
END_TEST

/* ------------------------------------------------------------ teardown */

static void make_die(struct world *w, domid_t id)
{
    struct domain *d = guest(w->hv, id);
    struct effects fx;

    effects_init(&fx);
    ck_assert_int_eq(domain_pause(d, &fx), 0);
    guests_exit(w->hv, &fx);
    d->dying = DOMAIN_DYING;
}

static void destroy_grants(struct world *w, domid_t id)
{
    struct effects fx;
    int rc;

    do {
        effects_init(&fx);
        rc = domain_grant_destroy(guest(w->hv, id), &fx);
    } while (rc == -ERESTART);
    ck_assert_int_eq(rc, 0);
}

/* Its page tables, which still map the frame, go later. */
START_TEST(a_mapper_that_dies_lets_go_of_its_grants)
{
    struct world w = world_of_grants();

    grant(&w, 1, 9, 2, data(&w, 1, 0), 0);
    for (unsigned int i = 0; i < 600; i++)
        ck_assert_int_eq(
            map(&w, 2, 1, 9, GNTMAP_device_map | GNTMAP_readonly, 0).status,
            GNTST_okay);
    ck_assert_int_eq(map(&w, 2, 1, 9, GNTMAP_host_map, 3).status, GNTST_okay);
    make_die(&w, 2);
    destroy_grants(&w, 2);
    ck_assert_uint_eq(entry(&w, 1, 9)->flags, GTF_permit_access);
    check_all(w.hv);
    destroy_grants(&w, 2);
    guests_end(w.hv);
}
END_TEST

START_TEST(a_frame_outlives_the_granters_table)
{
    struct world w = world_of_grants();
    mfn_t m = data(&w, 1, 0);
    struct gnttab_map_grant_ref op;

    grant(&w, 1, 9, 2, m, 0);
    op = map(&w, 2, 1, 9, GNTMAP_host_map, 5);
    make_die(&w, 1);
    destroy_grants(&w, 1);
    ck_assert_uint_eq(pte_mfn(l1(&w, 2, 5)).n, m.n);
    ck_assert(frame_is(frame_of(w.hv, m), FRAME_WRITABLE));
    ck_assert_int_eq(map(&w, 2, 1, 9, GNTMAP_host_map, 6).status,
                     GNTST_general_error);
    check_all(w.hv);
    ck_assert_int_eq(unmap(&w, 2, &op, false), GNTST_okay);
    ck_assert(!frame_is(frame_of(w.hv, m), FRAME_WRITABLE));
    check_all(w.hv);
    guests_end(w.hv);
}
END_TEST

/* -------------------------------------------------------------- random */

struct known {
    struct gnttab_map_grant_ref op;
    domid_t user;
    bool live;
};

/* Three domains lend, revoke, map, unmap and copy without any plan. */
/* Returns whether a mapping or copy succeeded. */
static bool random_step(struct world *w, struct random *r, struct known *k,
                        unsigned int n)
{
    bool used = false;
    domid_t id = (domid_t)random_below(r, 3);
    domid_t other = (domid_t)random_below(r, 3);
    grant_ref_t ref = (grant_ref_t)random_below(r, 6);
    struct known *one = &k[random_below(r, n)];
    struct grant_entry_v1 *e = entry(w, id, ref);
    uint32_t flags;

    switch (random_below(r, 8)) {
    case 0: /* lend anything at all */
        e->frame = (uint32_t)random_below(r, w->hv->frame_count + 2);
        if (random_below(r, 4))
            e->frame = (uint32_t)data(w, id, ref).n;
        break;
    case 1:
        e->domid = other;
        break;
    case 2: /* what a guest does to end access, checked or not */
        if (!(e->flags & (GTF_reading | GTF_writing)))
            e->flags = GTF_invalid;
        break;
    case 3:
        e->flags = (uint16_t)((e->flags & (GTF_reading | GTF_writing)) |
                              GTF_permit_access |
                              (random_below(r, 3) ? 0 : GTF_readonly));
        break;
    case 4:
    case 5:
        if (one->live)
            break;
        flags = 1 + (uint32_t)random_below(r, 7);
        one->op = map(w, id, other, ref, flags, 100 + (unsigned int)(one - k));
        one->user = id;
        one->live = used = one->op.status == GNTST_okay;
        break;
    case 6:
        if (one->live) {
            bool device = one->op.flags & GNTMAP_device_map;

            ck_assert_int_eq(unmap(w, one->user, &one->op, device), GNTST_okay);
            one->live = false;
        }
        break;
    case 7:
        used =
            copy(w, id,
                 (struct gnttab_copy){
                     .source = {.u.ref = ref, .domid = other},
                     .dest = {.u.gmfn = data(w, id, 7).n, .domid = DOMID_SELF},
                     .len = 64,
                     .flags = GNTCOPY_source_gref,
                 }) == GNTST_okay;
        break;
    }
    return used;
}

START_TEST(random_lending_keeps_every_count_right)
{
    struct random r = random_start(0x5eed0031);
    struct world w = world_of_grants();
    struct known known[24] = {0};
    unsigned int used = 0;

    for (unsigned int i = 0; i < 30000; i++) {
        used += random_step(&w, &r, known, 24);
        if (i % 32 == 0)
            check_all(w.hv);
    }
    for (unsigned int i = 0; i < 24; i++)
        if (known[i].live)
            ck_assert_int_eq(unmap(&w, known[i].user, &known[i].op,
                                   known[i].op.flags & GNTMAP_device_map),
                             GNTST_okay);
    for (domid_t id = 0; id < 3; id++)
        for (grant_ref_t ref = 0; ref < 6; ref++)
            ck_assert_uint_eq(
                grant_active_of(guest(w.hv, id)->grant, ref)->readers, 0);
    ck_assert_uint_gt(used, 1000);
    world_done(&w);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("grant");
    TCase *t = tcase_create("map");

    tcase_add_test(t, a_granted_frame_is_mapped_and_marked_in_use);
    tcase_add_test(t, a_readonly_mapping_marks_reading_and_cannot_write);
    tcase_add_test(t, use_bits_go_with_the_last_writer_and_the_last_reader);
    tcase_add_test(t, what_is_not_granted_is_not_mapped);
    tcase_add_test(t, a_frame_that_is_not_the_granters_is_not_mapped);
    tcase_add_test(t, a_pinned_grant_does_not_follow_its_entry);
    tcase_add_test(t, a_place_that_cannot_be_mapped_leaves_nothing_behind);
    tcase_add_test(t, a_mapping_by_its_entrys_address);
    tcase_add_test(t, a_device_mapping_has_a_part_of_its_own);
    suite_add_tcase(s, t);

    t = tcase_create("unmap");
    tcase_add_test(t, unmap_wants_the_entry_it_made);
    tcase_add_test(t,
                   an_overwritten_entry_cannot_be_unmapped_but_stays_accounted);
    tcase_add_test(t, unmap_flushes_once_before_the_granter_hears_of_it);
    tcase_add_test(t, handles_are_used_again_and_run_out);
    suite_add_tcase(s, t);

    t = tcase_create("copy");
    tcase_add_test(t, copy_to_and_from_a_grant);
    tcase_add_test(t, copy_stays_in_its_pages_and_off_page_tables);
    tcase_add_test(t, a_long_batch_yields_and_goes_on);
    suite_add_tcase(s, t);

    t = tcase_create("table");
    tcase_add_test(t, the_table_grows_to_its_limit_and_tells_its_frames);
    tcase_add_test(t, there_is_version_1_only);
    tcase_add_test(t, a_mapper_that_dies_lets_go_of_its_grants);
    tcase_add_test(t, a_frame_outlives_the_granters_table);
    suite_add_tcase(s, t);

    t = tcase_create("random");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, random_lending_keeps_every_count_right);
    suite_add_tcase(s, t);
    return s;
}

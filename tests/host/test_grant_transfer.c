/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/core/grant: mappings replaced by others, and frames given away
 * for good.
 */
#include "suite.h"

#include <string.h>

#include "grant_world.h"
#include "mm/frame.h"

/* ------------------------------------------------------------- replace */

static int16_t replace(struct world *w, domid_t user,
                       const struct gnttab_map_grant_ref *m, uint64_t new_addr)
{
    struct gnttab_unmap_and_replace op = {
        .host_addr = m->host_addr, .new_addr = new_addr, .handle = m->handle};

    ck_assert_int_eq(
        call_grant(w->v[user], GNTTABOP_unmap_and_replace, &op, 1, sizeof(op)),
        0);
    return op.status;
}

START_TEST(a_mapping_is_replaced_by_what_another_address_has)
{
    struct world w = world_of_grants();
    struct gnttab_map_grant_ref op;
    uint64_t own;

    grant(&w, 1, 9, 2, data(&w, 1, 0), 0);
    ck_assert_int_eq(
        call_update_va(w.v[2], 0x6000, pte_make(data(&w, 2, 0), PTE_DATA), 0),
        0);
    own = l1(&w, 2, 6);
    op = map(&w, 2, 1, 9, GNTMAP_host_map, 5);
    flushed_world = &w;
    flush_found_in_use = false;
    fake.on_flush = look_at_flush;
    ck_assert_int_eq(replace(&w, 2, &op, 0x6000), GNTST_okay);
    fake.on_flush = NULL;
    ck_assert(flush_found_in_use);
    ck_assert_uint_eq(l1(&w, 2, 5), own);
    ck_assert_uint_eq(l1(&w, 2, 6), 0);
    ck_assert_uint_eq(entry(&w, 1, 9)->flags, GTF_permit_access);
    check_all(w.hv);
    ck_assert_int_eq(replace(&w, 2, &op, 0x6000), GNTST_bad_handle);
    /* An address without a mapping leaves none. */
    op = map(&w, 2, 1, 9, GNTMAP_host_map, 7);
    ck_assert_int_eq(replace(&w, 2, &op, 0x6000), GNTST_okay);
    ck_assert_uint_eq(l1(&w, 2, 7), 0);
    op = map(&w, 2, 1, 9, GNTMAP_host_map, 7);
    ck_assert_int_eq(replace(&w, 2, &op, 0), GNTST_okay);
    ck_assert_uint_eq(l1(&w, 2, 7), 0);
    world_done(&w);
}
END_TEST

/* Another grant's mapping moves, and can be undone where it is then. */
START_TEST(a_mapping_is_replaced_by_another_grants)
{
    struct world w = world_of_grants();
    struct gnttab_map_grant_ref a, b;

    grant(&w, 1, 9, 2, data(&w, 1, 0), 0);
    grant(&w, 1, 10, 2, data(&w, 1, 1), 0);
    a = map(&w, 2, 1, 9, GNTMAP_host_map, 5);
    b = map(&w, 2, 1, 10, GNTMAP_host_map, 6);
    ck_assert_int_eq(replace(&w, 2, &a, b.host_addr), GNTST_okay);
    ck_assert_uint_eq(pte_mfn(l1(&w, 2, 5)).n, data(&w, 1, 1).n);
    check_all(w.hv);
    ck_assert_int_eq(unmap(&w, 2, &b, false), GNTST_general_error);
    b.host_addr = a.host_addr;
    ck_assert_int_eq(unmap(&w, 2, &b, false), GNTST_okay);
    ck_assert_uint_eq(l1(&w, 2, 5), 0);
    world_done(&w);
}
END_TEST

START_TEST(a_refused_replacement_changes_neither_entry)
{
    struct world w = world_of_grants();
    uint64_t places[] = {0x5000,    0x5fff,
                         1ul << 30, 0xffff820000000000,
                         ~0ul,      0x0000900000000000};
    struct gnttab_map_grant_ref op, by_entry, wrong;
    uint64_t granted, own;

    grant(&w, 1, 9, 2, data(&w, 1, 0), 0);
    ck_assert_int_eq(
        call_update_va(w.v[2], 0x6000, pte_make(data(&w, 2, 0), PTE_DATA), 0),
        0);
    op = map(&w, 2, 1, 9, GNTMAP_host_map, 5);
    granted = l1(&w, 2, 5);
    own = l1(&w, 2, 6);
    for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        ck_assert_int_eq(replace(&w, 2, &op, places[i]), GNTST_general_error);
    wrong = op;
    wrong.host_addr = 0x7000;
    ck_assert_int_eq(replace(&w, 2, &wrong, 0x6000), GNTST_general_error);
    wrong = op;
    wrong.handle = UINT32_MAX;
    ck_assert_int_eq(replace(&w, 2, &wrong, 0x6000), GNTST_bad_handle);
    by_entry = (struct gnttab_map_grant_ref){
        .host_addr = pte_ptr(w.tree[2].l1, 8, 0),
        .flags = GNTMAP_host_map | GNTMAP_contains_pte,
        .ref = 9,
        .dom = 1};
    call_grant(w.v[2], GNTTABOP_map_grant_ref, &by_entry, 1, sizeof(by_entry));
    ck_assert_int_eq(by_entry.status, GNTST_okay);
    ck_assert_int_eq(replace(&w, 2, &by_entry, 0x6000), GNTST_general_error);
    ck_assert_uint_eq(l1(&w, 2, 8), granted);
    ck_assert_uint_eq(l1(&w, 2, 5), granted);
    ck_assert_uint_eq(l1(&w, 2, 6), own);
    ck_assert_uint_eq(entry(&w, 1, 9)->flags,
                      GTF_permit_access | GTF_reading | GTF_writing);
    check_all(w.hv);
    ck_assert_int_eq(replace(&w, 2, &by_entry, 0), GNTST_okay);
    /* Nothing is asked for, so nothing is done. */
    wrong = op;
    wrong.host_addr = 0;
    ck_assert_int_eq(replace(&w, 2, &wrong, 0x6000), GNTST_okay);
    ck_assert_int_eq(unmap(&w, 2, &op, false), GNTST_okay);
    world_done(&w);
}
END_TEST

/* ------------------------------------------------------------ transfer */

static int16_t give(struct world *w, domid_t giver, mfn_t m, domid_t to,
                    grant_ref_t ref)
{
    struct gnttab_transfer op = {.mfn = m.n, .domid = to, .ref = ref};

    ck_assert_int_eq(
        call_grant(w->v[giver], GNTTABOP_transfer, &op, 1, sizeof(op)), 0);
    return op.status;
}

static void invite(struct world *w, domid_t id, grant_ref_t ref, domid_t giver,
                   uint32_t pfn)
{
    *entry(w, id, ref) = (struct grant_entry_v1){
        .flags = GTF_accept_transfer, .domid = giver, .frame = pfn};
}

static mfn_t given_frame;
static uint16_t owner_at_flush;

static void look_at_owner(cpumask_t cpus)
{
    owner_at_flush = flushed_world->hv->frames[given_frame.n].owner;
}

START_TEST(a_frame_is_given_to_the_domain_that_invites_it)
{
    struct world w = world_of_grants();
    uint64_t giver_had = guest(w.hv, 2)->pages.total;
    uint64_t receiver_had = guest(w.hv, 1)->pages.total;
    mfn_t m = data(&w, 2, 0);

    invite(&w, 1, 9, 2, 77);
    /* It was a table a moment ago. */
    ck_assert_int_eq(call_mmuext(w.v[2], MMUEXT_PIN_L1_TABLE, m.n, 0), 0);
    ck_assert_int_eq(call_mmuext(w.v[2], MMUEXT_UNPIN_TABLE, m.n, 0), 0);
    poke(m, 5, 0x1234);
    flushed_world = &w;
    given_frame = m;
    owner_at_flush = 99;
    fake.on_flush = look_at_owner;
    ck_assert_int_eq(give(&w, 2, m, 1, 9), GNTST_okay);
    fake.on_flush = NULL;
    ck_assert_uint_eq(owner_at_flush, 2);
    ck_assert_uint_eq(w.hv->frames[m.n].owner, 1);
    ck_assert_uint_eq(w.hv->frames[m.n].type, FRAME_NONE); /* XSA-214 */
    ck_assert_uint_eq(m2p_get(w.hv, m), 77);
    ck_assert_uint_eq(peek(m, 5), 0x1234);
    ck_assert_uint_eq(entry(&w, 1, 9)->frame, m.n);
    ck_assert_uint_eq(entry(&w, 1, 9)->flags, GTF_accept_transfer |
                                                  GTF_transfer_committed |
                                                  GTF_transfer_completed);
    ck_assert_uint_eq(guest(w.hv, 2)->pages.total, giver_had - 1);
    ck_assert_uint_eq(guest(w.hv, 1)->pages.total, receiver_had + 1);
    check_all(w.hv);
    /* One invitation is for one frame. */
    ck_assert_int_eq(give(&w, 2, data(&w, 2, 1), 1, 9), GNTST_general_error);
    world_done(&w);
}
END_TEST

START_TEST(a_frame_may_be_given_to_oneself_at_the_limit)
{
    struct world w = world_of_grants();
    struct domain *d = guest(w.hv, 2);
    mfn_t m = data(&w, 2, 0);

    d->pages.max = d->pages.total;
    invite(&w, 2, 9, 2, 77);
    ck_assert_int_eq(give(&w, 2, m, 2, 9), GNTST_okay);
    ck_assert_uint_eq(d->pages.total, d->pages.max);
    ck_assert_uint_eq(m2p_get(w.hv, m), 77);
    world_done(&w);
}
END_TEST

/* Refused: the giver has it, as it was, and the invitation stands. */
static void not_given(struct world *w, domid_t giver, mfn_t m, domid_t to,
                      grant_ref_t ref, int16_t status)
{
    struct grant_entry_v1 before = *entry(w, 1, 9);
    uint64_t had = guest(w->hv, 1)->pages.total, m2p = m2p_get(w->hv, m);
    struct frame f = {0}, *now = frame_of(w->hv, m);

    if (now)
        f = *now;
    ck_assert_int_eq(give(w, giver, m, to, ref), status);
    if (now) {
        ck_assert_uint_eq(now->owner, f.owner);
        ck_assert_uint_eq(now->type, f.type);
        ck_assert_uint_eq(now->count, f.count);
    }
    ck_assert_uint_eq(m2p_get(w->hv, m), m2p);
    ck_assert_uint_eq(guest(w->hv, 1)->pages.total, had);
    ck_assert_mem_eq(entry(w, 1, 9), &before, sizeof(before));
    check_all(w->hv);
}

START_TEST(what_nobody_invites_is_not_given)
{
    struct world w = world_of_grants();
    uint16_t kinds[] = {GTF_invalid, GTF_permit_access, GTF_transitive,
                        GTF_accept_transfer | GTF_transfer_committed,
                        GTF_accept_transfer | GTF_sub_page};
    mfn_t m = data(&w, 2, 0);

    invite(&w, 1, 9, 2, 77);
    not_given(&w, 2, m, 1, 8, GNTST_general_error);
    not_given(&w, 2, m, 1, 512, GNTST_general_error);
    not_given(&w, 2, m, 1, UINT32_MAX, GNTST_general_error);
    not_given(&w, 2, m, 44, 9, GNTST_bad_domain);
    not_given(&w, 2, m, DOMID_SELF, 9, GNTST_bad_domain);
    not_given(&w, 0, data(&w, 0, 0), 1, 9, GNTST_general_error);
    for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        entry(&w, 1, 9)->flags = kinds[i];
        not_given(&w, 2, m, 1, 9, GNTST_general_error);
    }
    invite(&w, 1, 9, 2, 77);
    guest(w.hv, 1)->pages.max = guest(w.hv, 1)->pages.total;
    not_given(&w, 2, m, 1, 9, GNTST_general_error);
    world_done(&w);
}
END_TEST

/* XSA-284: neither is what anybody could go on to use. */
START_TEST(a_frame_in_use_is_not_given)
{
    struct world w = world_of_grants();
    mfn_t mapped = data(&w, 2, 1), pinned = data(&w, 2, 2);
    mfn_t lent = data(&w, 2, 3);

    invite(&w, 1, 9, 2, 77);
    ck_assert_int_eq(
        call_update_va(w.v[2], 0x6000, pte_make(mapped, PTE_RO), 0), 0);
    ck_assert_int_eq(call_mmuext(w.v[2], MMUEXT_PIN_L1_TABLE, pinned.n, 0), 0);
    grant(&w, 2, 9, 0, lent, 0);
    ck_assert_int_eq(map(&w, 0, 2, 9, GNTMAP_device_map, 0).status, GNTST_okay);
    not_given(&w, 2, mapped, 1, 9, GNTST_bad_page);
    not_given(&w, 2, pinned, 1, 9, GNTST_bad_page);
    not_given(&w, 2, lent, 1, 9, GNTST_bad_page);
    not_given(&w, 2, w.tree[2].l4, 1, 9, GNTST_bad_page);
    not_given(&w, 2, data(&w, 0, 0), 1, 9, GNTST_bad_page);
    not_given(&w, 2, hal_mfn_of(guest(w.hv, 2)->grant->entries[0]), 1, 9,
              GNTST_bad_page);
    not_given(&w, 2, hal_mfn_of(w.hv->m2p), 1, 9, GNTST_bad_page);
    not_given(&w, 2, mfn_of(w.hv->frame_count), 1, 9, GNTST_bad_page);
    not_given(&w, 2, MFN_INVALID, 1, 9, GNTST_bad_page);
    not_given(&w, 2, mapped, 44, 9, GNTST_bad_page);
    world_done(&w);
}
END_TEST

/* The receiver dies while the CPUs are flushed: nobody has the frame. */
static void receiver_dies(cpumask_t cpus)
{
    fake.on_flush = NULL;
    guest(flushed_world->hv, 1)->dying = DOMAIN_DYING;
}

START_TEST(a_receiver_may_die_meanwhile)
{
    struct world w = world_of_grants();
    uint64_t had = guest(w.hv, 1)->pages.total;
    uint64_t free_frames = w.hv->heap.free_frames;
    mfn_t m = data(&w, 2, 0);

    invite(&w, 1, 9, 2, 77);
    flushed_world = &w;
    ck_assert_int_eq(call_update_va(w.v[2], 0x6000, pte_make(m, PTE_DATA), 0),
                     0);
    ck_assert_int_eq(call_update_va(w.v[2], 0x6000, 0, 0), 0);
    fake.on_flush = receiver_dies;
    ck_assert_int_eq(give(&w, 2, m, 1, 9), GNTST_general_error);
    ck_assert_ptr_null(fake.on_flush);
    guest(w.hv, 1)->dying = DOMAIN_ALIVE;
    ck_assert_uint_eq(w.hv->frames[m.n].owner, FRAME_NO_OWNER);
    ck_assert_uint_eq(m2p_get(w.hv, m), INVALID_M2P_ENTRY);
    ck_assert_uint_eq(guest(w.hv, 1)->pages.total, had);
    ck_assert_uint_eq(w.hv->heap.free_frames, free_frames + 1);
    /* And when it is so before, the giver keeps it. */
    guest(w.hv, 1)->dying = DOMAIN_DYING;
    invite(&w, 1, 9, 2, 77);
    not_given(&w, 2, data(&w, 2, 1), 1, 9, GNTST_general_error);
    guest(w.hv, 1)->dying = DOMAIN_ALIVE;
    world_done(&w);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("grant_transfer");
    TCase *t;

    t = tcase_create("replace");
    tcase_add_test(t, a_mapping_is_replaced_by_what_another_address_has);
    tcase_add_test(t, a_mapping_is_replaced_by_another_grants);
    tcase_add_test(t, a_refused_replacement_changes_neither_entry);
    suite_add_tcase(s, t);

    t = tcase_create("transfer");
    tcase_add_test(t, a_frame_is_given_to_the_domain_that_invites_it);
    tcase_add_test(t, a_frame_may_be_given_to_oneself_at_the_limit);
    tcase_add_test(t, what_nobody_invites_is_not_given);
    tcase_add_test(t, a_frame_in_use_is_not_given);
    tcase_add_test(t, a_receiver_may_die_meanwhile);
    suite_add_tcase(s, t);
    return s;
}

/* SPDX-License-Identifier: MIT */
/* hypervisor/core/grant: mappings replaced by others. */
#include "suite.h"

#include <string.h>

#include "grant_world.h"

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

Suite *suite(void)
{
    Suite *s = suite_create("grant_transfer");
    TCase *t;

    t = tcase_create("replace");
    tcase_add_test(t, a_mapping_is_replaced_by_what_another_address_has);
    tcase_add_test(t, a_mapping_is_replaced_by_another_grants);
    tcase_add_test(t, a_refused_replacement_changes_neither_entry);
    suite_add_tcase(s, t);
    return s;
}

/* SPDX-License-Identifier: MIT */
/* hypervisor/core/grant/map.c: what is mapped, and what is not. */
#include "grant_world.h"

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

Suite *suite(void)
{
    Suite *s = suite_create("grant_map");
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
    return s;
}

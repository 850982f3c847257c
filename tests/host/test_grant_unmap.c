/* SPDX-License-Identifier: MIT */
/* hypervisor/core/grant: mappings given back, by a call or by death. */
#include "grant_world.h"

#include <errno.h>

#include "domain/domain.h"

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

Suite *suite(void)
{
    Suite *s = suite_create("grant_unmap");
    TCase *t = tcase_create("unmap");

    tcase_add_test(t, unmap_wants_the_entry_it_made);
    tcase_add_test(t,
                   an_overwritten_entry_cannot_be_unmapped_but_stays_accounted);
    tcase_add_test(t, unmap_flushes_once_before_the_granter_hears_of_it);
    tcase_add_test(t, handles_are_used_again_and_run_out);
    suite_add_tcase(s, t);

    t = tcase_create("teardown");
    tcase_add_test(t, a_mapper_that_dies_lets_go_of_its_grants);
    tcase_add_test(t, a_frame_outlives_the_granters_table);
    suite_add_tcase(s, t);
    return s;
}

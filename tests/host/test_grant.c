/* SPDX-License-Identifier: MIT */
/* hypervisor/core/grant: copies, the table, and lending without a plan. */
#include "grant_world.h"

#include <errno.h>

/* ---------------------------------------------------------------- copy */

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
    s.frame_list.va = 8; /* nothing is there */
    ck_assert_int_eq(call_grant(w.v[1], GNTTABOP_setup_table, &s, 1, sizeof(s)),
                     0);
    ck_assert_int_eq(s.status, GNTST_bad_virt_addr);
    s.frame_list.va = FREE_VA;
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
        call_grant(w.v[1], GNTTABOP_swap_grant_ref, &get, 1, sizeof(get)),
        -ENOSYS);
    world_done(&w);
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
    TCase *t = tcase_create("copy");

    tcase_add_test(t, copy_to_and_from_a_grant);
    tcase_add_test(t, copy_stays_in_its_pages_and_off_page_tables);
    tcase_add_test(t, a_long_batch_yields_and_goes_on);
    suite_add_tcase(s, t);

    t = tcase_create("table");
    tcase_add_test(t, the_table_grows_to_its_limit_and_tells_its_frames);
    tcase_add_test(t, there_is_version_1_only);
    suite_add_tcase(s, t);

    t = tcase_create("random");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, random_lending_keeps_every_count_right);
    suite_add_tcase(s, t);
    return s;
}

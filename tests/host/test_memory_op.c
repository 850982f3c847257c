/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/core/mm/memory_op.c: how much memory a domain has,
 * which, and where.
 */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/memory.h>

#include "fake/machine.h"
#include "mm/alloc.h"
#include "mm/calls.h"
#include "mm/frame.h"

static struct hv *hv;
static struct domain *d;
static struct vcpu *v, *v0;

/* Where these tests keep lists of frames. */
#define LIST_VA (FAKE_GUEST_VA + 32 * PAGE_SIZE)

static uint64_t list[2048];

static void setup(void)
{
    hv = machine_with_spare(2, 8, 2600);
    d = machine_domain(hv, 1);
    v = machine_vcpu(hv, 1);
    v0 = machine_vcpu(hv, 0);
}

static void teardown(void)
{
    machine_end(hv);
}

static int64_t reservation(struct vcpu *caller, unsigned int op,
                           unsigned int order, uint64_t n, domid_t id)
{
    struct xen_memory_reservation r = {
        .extent_start.va = LIST_VA,
        .nr_extents = n,
        .extent_order = order,
        .domid = id,
    };
    int64_t rc;

    memcpy(fake_guest(LIST_VA), list, sizeof(list));
    rc = call_memory_op(caller, op, &r, sizeof(r));
    memcpy(list, fake_guest(LIST_VA), sizeof(list));
    return rc;
}

START_TEST(populate_gives_frames_and_enters_them_in_the_m2p)
{
    list[0] = 100;
    list[1] = 200;
    ck_assert_int_eq(reservation(v, XENMEM_populate_physmap, 2, 2, DOMID_SELF),
                     2);
    ck_assert_uint_eq(d->pages.total, 16);
    for (unsigned int i = 0; i < 4; i++) {
        ck_assert_uint_eq(m2p_get(hv, mfn_of(list[0] + i)), 100 + i);
        ck_assert_uint_eq(m2p_get(hv, mfn_of(list[1] + i)), 200 + i);
    }
}
END_TEST

/* Another vCPU gives the frame back when it sees its number; dom0 gets it. */
static void lose_it(uint64_t va)
{
    mfn_t m = mfn_of(*(uint64_t *)fake_guest(va)), again;
    struct frame *f;

    fake.on_copy = NULL;
    ck_assert_int_eq(frame_get(d, m, &f), 0);
    ck_assert_int_eq(domain_frame_release(d, f), 0);
    frame_put(hv, f);
    ck_assert_int_eq(domain_frame_alloc(machine_domain(hv, 0), 0, &again), 0);
    ck_assert_uint_eq(again.n, m.n);
    m2p_set(hv, m, 777);
}

/* XSA-22 */
START_TEST(populate_leaves_the_m2p_of_others_alone)
{
    list[0] = 100;
    fake.on_copy = lose_it;
    ck_assert_int_eq(reservation(v, XENMEM_populate_physmap, 0, 1, DOMID_SELF),
                     1);
    ck_assert_uint_eq(m2p_get(hv, mfn_of(list[0])), 777);
}
END_TEST

START_TEST(increase_gives_frames_that_are_in_no_table)
{
    ck_assert_int_eq(
        reservation(v, XENMEM_increase_reservation, 0, 1, DOMID_SELF), 1);
    ck_assert_uint_eq(m2p_get(hv, mfn_of(list[0])), INVALID_M2P_ENTRY);
    ck_assert_uint_eq(frame_of(hv, mfn_of(list[0]))->owner, 1);
}
END_TEST

START_TEST(decrease_takes_them_back)
{
    mfn_t m = domain_frame(d, 3);
    uint64_t free_frames = hv->heap.free_frames;

    m2p_set(hv, m, 5);
    list[0] = m.n;
    ck_assert_int_eq(
        reservation(v, XENMEM_decrease_reservation, 0, 1, DOMID_SELF), 1);
    ck_assert_uint_eq(hv->heap.free_frames, free_frames + 1);
    ck_assert_uint_eq(m2p_get(hv, m), INVALID_M2P_ENTRY);
    ck_assert_int_eq(
        reservation(v, XENMEM_decrease_reservation, 0, 1, DOMID_SELF), 0);
}
END_TEST

/* Rule 18: a guest does not expect an error here. */
START_TEST(bad_arguments_count_zero)
{
    uint64_t total = d->pages.total;
    struct xen_memory_reservation r = {
        .extent_start.va = 8, .nr_extents = 1, .domid = DOMID_SELF};

    list[0] = domain_frame(machine_domain(hv, 0), 0).n;
    ck_assert_int_eq(reservation(v, 1, 0, 1, DOMID_SELF), 0);
    list[0] = ~0ul;
    ck_assert_int_eq(reservation(v, 1, 0, 1, DOMID_SELF), 0);
    ck_assert_int_eq(reservation(v, 6, 10, 1, DOMID_SELF), 0);
    ck_assert_int_eq(reservation(v, 6, ~0u, 1, DOMID_SELF), 0);
    ck_assert_int_eq(reservation(v, 6, 0, 1, 0), 0);
    ck_assert_int_eq(reservation(v, 6, 0, 1, 77), 0);
    ck_assert_int_eq(reservation(v, 6, 0, 0, DOMID_SELF), 0);
    ck_assert_int_eq(reservation(v, 6, 0, ~0ul, DOMID_SELF), 0);
    for (unsigned int op = 0; op < 2; op++)
        ck_assert_int_eq(call_memory_op(v, op, &r, sizeof(r)), 0);
    ck_assert_int_eq(call_memory_op(v, 6, &r, sizeof(r)), 0);
    /* A start beyond the end is what was done before, says the guest. */
    ck_assert_int_eq(call_memory_op(v, 6 | 9 << 6, &r, sizeof(r)), 9);
    ck_assert_uint_eq(d->pages.total, total);
    machine_check(hv, NULL, 0);
}
END_TEST

/* A frame given but not reported would be lost to the guest. */
START_TEST(what_cannot_be_reported_is_not_given)
{
    uint64_t total = d->pages.total;
    struct xen_memory_reservation r = {.extent_start.va = 0xffff830000000000,
                                       .nr_extents = 4,
                                       .extent_order = 1,
                                       .domid = DOMID_SELF};

    /* XSA-212: nor is it written into the hypervisor. */
    ck_assert_int_eq(call_memory_op(v, 0, &r, sizeof(r)), 0);
    ck_assert_uint_eq(d->pages.total, total);
    r.extent_start.va = 0;
    ck_assert_int_eq(call_memory_op(v, 0, &r, sizeof(r)), 4);
    ck_assert_uint_eq(d->pages.total, total + 8);
}
END_TEST

/* XSA-231: node numbers are not used as an index, in whatever state. */
START_TEST(odd_node_flags_are_harmless)
{
    struct xen_memory_reservation r = {
        .nr_extents = 1, .mem_flags = 0xff << 8 | 1 << 17, .domid = DOMID_SELF};

    ck_assert_int_eq(call_memory_op(v, 0, &r, sizeof(r)), 1);
    r.mem_flags = 12; /* below one page: nothing fits */
    ck_assert_int_eq(call_memory_op(v, 0, &r, sizeof(r)), 0);
}
END_TEST

START_TEST(the_limit_stops_a_list_in_the_middle)
{
    d->pages.max = d->pages.total + 3;
    ck_assert_int_eq(reservation(v, 6, 0, 5, DOMID_SELF), 3);
    ck_assert_uint_eq(d->pages.total, d->pages.max);
}
END_TEST

START_TEST(a_long_list_takes_several_runs)
{
    for (unsigned int i = 0; i < 2048; i++)
        list[i] = 1000 + i;
    ck_assert_int_eq(reservation(v, 6, 0, 2048, DOMID_SELF), 2048);
    ck_assert_uint_eq(last_restarts, 15);
    ck_assert_uint_eq(m2p_get(hv, mfn_of(list[2047])), 3047);
    ck_assert_int_eq(reservation(v, 1, 0, 2048, DOMID_SELF), 2048);
    ck_assert_uint_eq(d->pages.total, 8);
}
END_TEST

/* XSA-252 */
START_TEST(a_pinned_frame_stays)
{
    list[0] = domain_frame(d, 0).n;
    list[1] = domain_frame(d, 1).n;
    ck_assert_int_eq(call_mmuext(v, MMUEXT_PIN_L1_TABLE, list[1], 0), 0);
    ck_assert_int_eq(reservation(v, 1, 0, 2, DOMID_SELF), 1);
    ck_assert(frame_is(frame_of(hv, mfn_of(list[1])), FRAME_L1));
}
END_TEST

START_TEST(dom0_populates_a_target)
{
    ck_assert_int_eq(reservation(v0, 6, 9, 1, 1), 1);
    ck_assert_uint_eq(d->pages.total, 8 + 512);
    ck_assert_uint_eq(d->refs, 1);
}
END_TEST

START_TEST(counts_are_told_to_whom_they_concern)
{
    struct xen_memory_domain who = {.domid = DOMID_SELF};
    struct shared_info info = {.arch.max_pfn = 123};

    d->shared_info = &info;
    d->pages.max = 55;
    ck_assert_int_eq(call_memory_op(v, 2, NULL, 0), (int64_t)hv->frame_count);
    ck_assert_int_eq(call_memory_op(v, 3, &who, sizeof(who)), 8);
    ck_assert_int_eq(call_memory_op(v, 4, &who, sizeof(who)), 55);
    ck_assert_int_eq(call_memory_op(v, 14, &who, sizeof(who)), 122);
    who.domid = 1;
    ck_assert_int_eq(call_memory_op(v0, 4, &who, sizeof(who)), 55);
    who.domid = 0;
    ck_assert_int_eq(call_memory_op(v, 3, &who, sizeof(who)), -EPERM);
    who.domid = 99;
    ck_assert_int_eq(call_memory_op(v0, 3, &who, sizeof(who)), -ESRCH);
}
END_TEST

START_TEST(the_m2p_is_where_the_abi_says)
{
    struct xen_machphys_mapping m = {0};

    ck_assert_int_eq(call_memory_op(v, 12, &m, sizeof(m)), 0);
    ck_assert_uint_eq(m.v_start, 0xffff800000000000);
    ck_assert_uint_eq(m.v_end, 0xffff804000000000);
    ck_assert_uint_eq(m.max_mfn, 0x4000000000 / 8 - 1);
}
END_TEST

START_TEST(the_m2p_is_told_by_its_frames)
{
    struct xen_machphys_mfn_list m = {.max_extents = 3,
                                      .extent_start.va = LIST_VA};

    ck_assert_int_eq(call_memory_op(v, 5, &m, sizeof(m)), 0);
    ck_assert_uint_eq(m.nr_extents, 1);
    ck_assert_uint_eq(*(uint64_t *)fake_guest(LIST_VA), hal_mfn_of(hv->m2p).n);
    m.max_extents = 0;
    ck_assert_int_eq(call_memory_op(v, 5, &m, sizeof(m)), 0);
    ck_assert_uint_eq(m.nr_extents, 0);
    m.max_extents = 1;
    m.extent_start.va = 0xffff830000000000;
    ck_assert_int_eq(call_memory_op(v, 5, &m, sizeof(m)), -EFAULT);
    ck_assert_int_eq(do_memory_op(v, 5, (guest_ptr_t){8}, &last_fx), -EFAULT);
}
END_TEST

/* Few operations work on a list that they may begin in the middle of. */
START_TEST(a_first_extent_is_refused_by_others)
{
    struct xen_memory_domain who = {.domid = DOMID_SELF};
    const struct {
        unsigned int op;
        int error;
    } rows[] = {{2, -EINVAL},  {3, -EINVAL},  {4, -EINVAL},  {5, -ENOSYS},
                {9, -ENOSYS},  {11, -EINVAL}, {12, -ENOSYS}, {14, -EINVAL},
                {18, -ENOSYS}, {63, -ENOSYS}};

    for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
        ck_assert_int_eq(
            call_memory_op(v, rows[i].op | 1 << 6, &who, sizeof(who)),
            rows[i].error);
    ck_assert_int_eq(call_memory_op(v, 18, NULL, 0), 0);
    ck_assert_int_eq(call_memory_op(v, 19, NULL, 0), 0);
}
END_TEST

START_TEST(a_guest_has_the_map_its_toolstack_gave)
{
    struct e820entry map[2] = {{0, 0x1000, 1}, {0x2000, 0x1000, 2}}, got[2];
    struct xen_memory_map mine = {.nr_entries = 1, .buffer.va = LIST_VA};
    struct xen_foreign_memory_map set = {.domid = 0, .map = {2, 0, {LIST_VA}}};

    ck_assert_int_eq(call_memory_op(v, 9, &mine, sizeof(mine)), -ENOSYS);
    memcpy(fake_guest(LIST_VA), map, sizeof(map));
    ck_assert_int_eq(call_memory_op(v, 13, &set, sizeof(set)), -EPERM);
    set.domid = 1;
    ck_assert_int_eq(call_memory_op(v0, 13, &set, sizeof(set)), 0);
    memset(fake_guest(LIST_VA), 0, sizeof(map));
    ck_assert_int_eq(call_memory_op(v, 9, &mine, sizeof(mine)), 0);
    ck_assert_uint_eq(mine.nr_entries, 1);
    memcpy(got, fake_guest(LIST_VA), sizeof(got));
    ck_assert_mem_eq(&got[0], &map[0], sizeof(map[0]));
    ck_assert_uint_eq(got[1].size, 0);
    mine.nr_entries = 7;
    ck_assert_int_eq(call_memory_op(v, 9, &mine, sizeof(mine)), 0);
    ck_assert_uint_eq(mine.nr_entries, 2);

    set.map.nr_entries = 129;
    ck_assert_int_eq(call_memory_op(v0, 13, &set, sizeof(set)), -EINVAL);
    set.map.nr_entries = 2;
    set.map.buffer.va = 8;
    ck_assert_int_eq(call_memory_op(v0, 13, &set, sizeof(set)), -EFAULT);
    mine.buffer.va = 8;
    ck_assert_int_eq(call_memory_op(v, 9, &mine, sizeof(mine)), -EFAULT);
}
END_TEST

START_TEST(the_machine_s_map_is_for_dom0)
{
    struct xen_memory_map m = {.nr_entries = 4, .buffer.va = LIST_VA};

    hv->machine.e820[0] = (struct e820entry){0, 0x9f000, 1};
    hv->machine.e820_count = 1;
    ck_assert_int_eq(call_memory_op(v, 10, &m, sizeof(m)), -EPERM);
    ck_assert_int_eq(call_memory_op(v0, 10, &m, sizeof(m)), 0);
    ck_assert_uint_eq(m.nr_entries, 1);
}
END_TEST

START_TEST(absent_operations_answer_as_the_table_says)
{
    const struct {
        unsigned int op;
        int error;
    } rows[] = {{7, -EACCES},  {8, -ENOSYS},      {15, -EACCES},
                {16, -EINVAL}, {17, -EINVAL},     {23, -EACCES},
                {24, -ENOSYS}, {25, -EOPNOTSUPP}, {26, -EOPNOTSUPP},
                {27, -ENOSYS}, {28, -EOPNOTSUPP}, {63, -ENOSYS}};

    for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
        ck_assert_int_eq(call_memory_op(v, rows[i].op, NULL, 0), rows[i].error);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("memory_op");
    TCase *r = tcase_create("reservation");
    TCase *o = tcase_create("other");

    tcase_add_checked_fixture(r, setup, teardown);
    tcase_add_test(r, populate_gives_frames_and_enters_them_in_the_m2p);
    tcase_add_test(r, populate_leaves_the_m2p_of_others_alone);
    tcase_add_test(r, increase_gives_frames_that_are_in_no_table);
    tcase_add_test(r, decrease_takes_them_back);
    tcase_add_test(r, bad_arguments_count_zero);
    tcase_add_test(r, what_cannot_be_reported_is_not_given);
    tcase_add_test(r, odd_node_flags_are_harmless);
    tcase_add_test(r, the_limit_stops_a_list_in_the_middle);
    tcase_add_test(r, a_long_list_takes_several_runs);
    tcase_add_test(r, a_pinned_frame_stays);
    tcase_add_test(r, dom0_populates_a_target);
    suite_add_tcase(s, r);
    tcase_add_checked_fixture(o, setup, teardown);
    tcase_add_test(o, counts_are_told_to_whom_they_concern);
    tcase_add_test(o, the_m2p_is_where_the_abi_says);
    tcase_add_test(o, the_m2p_is_told_by_its_frames);
    tcase_add_test(o, a_first_extent_is_refused_by_others);
    tcase_add_test(o, a_guest_has_the_map_its_toolstack_gave);
    tcase_add_test(o, the_machine_s_map_is_for_dom0);
    tcase_add_test(o, absent_operations_answer_as_the_table_says);
    suite_add_tcase(s, o);
    return s;
}

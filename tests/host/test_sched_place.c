/* SPDX-License-Identifier: MIT */
/* hypervisor/core/sched: where a vCPU may run, where it likes to, how much. */
#include <errno.h>

#include "sched_fixture.h"

static void set_cap(struct hv *hv, domid_t id, uint16_t percent)
{
    struct effects fx;

    effects_init(&fx);
    domain_set_cap(guest(hv, id), percent, &fx);
    guests_exit(hv, &fx);
}

/* ------------------------------------------------------------ affinity */

START_TEST(affinity_moves_a_vcpu_and_keeps_it)
{
    struct hv *hv = machine_with_guests(4, 6, 1);
    struct vcpu *v = guest_vcpu(hv, 3, 0);

    set_affinity(v, 1 << 2, UINT64_MAX);
    for (unsigned int i = 0; i < 300; i++) {
        guests_run(hv, fake.now_ns + MS, MS, NULL);
        ck_assert(!is_running(v) || running_on(2) == v);
    }
    ck_assert_uint_gt(run_time(hv, 3, 0), 50 * MS);
    set_affinity(v, 1 << 0, UINT64_MAX);
    guests_run(hv, fake.now_ns + 50 * MS, MS, NULL);
    ck_assert_uint_eq(v->sched.cpu, 0);
    guests_end(hv);
}
END_TEST

START_TEST(affinity_wants_a_cpu_that_is_there)
{
    struct hv *hv = machine_with_guests(2, 1, 1);
    struct vcpu *v = guest_vcpu(hv, 0, 0);
    struct effects fx;

    effects_init(&fx);
    ck_assert_int_eq(
        vcpu_set_affinity(v, (cpumask_t){0xc}, (cpumask_t){3}, &fx), -EINVAL);
    ck_assert_int_eq(vcpu_pin(v, 2, &fx), -EINVAL);
    ck_assert_int_eq(vcpu_pin(v, CONFIG_MAX_CPUS, &fx), -EINVAL);
    ck_assert_int_eq(vcpu_pin(v, 1, &fx), 0);
    ck_assert_int_eq(vcpu_pin(v, 0, &fx), -EBUSY);
    guests_exit(hv, &fx);
    ck_assert_ptr_eq(running_on(1), v);
    ck_assert_int_eq(vcpu_pin(v, -1, &fx), 0);
    ck_assert_int_eq(vcpu_pin(v, 0, &fx), 0);
    guests_exit(hv, &fx);
    ck_assert_ptr_eq(running_on(0), v);
    guests_end(hv);
}
END_TEST

/* One that is idle is taken at once, another one only if none is. */
START_TEST(a_waker_chooses_an_idle_cpu_it_likes)
{
    struct hv *hv = machine_with_guests(4, 4, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);

    for (domid_t id = 0; id < 4; id++)
        block(guest_vcpu(hv, id, 0));
    set_affinity(v, UINT64_MAX, 1 << 3);
    wake(v);
    ck_assert_ptr_eq(running_on(3), v);
    block(v);
    set_affinity(guest_vcpu(hv, 2, 0), 1 << 3, UINT64_MAX);
    wake(guest_vcpu(hv, 2, 0));
    wake(v);
    ck_assert(is_running(v) && running_on(3) != v);
    guests_end(hv);
}
END_TEST

/* It does not wait for its next sleep: a vCPU that computes has none. */
START_TEST(who_runs_elsewhere_goes_where_it_likes_when_that_is_idle)
{
    struct hv *hv = machine_with_guests(2, 2, 1);
    struct vcpu *v = running_on(0), *other = running_on(1);
    uint64_t ran;

    set_affinity(v, UINT64_MAX, 1 << 1);
    guests_run(hv, fake.now_ns + 100 * MS, MS, NULL);
    block(other);
    ran = vcpu_run_time(v, fake.now_ns);
    guests_run(hv, fake.now_ns + 12 * MS, MS, NULL);
    ck_assert_ptr_eq(running_on(1), v);
    ck_assert_ptr_null(running_on(0));
    ck_assert_uint_eq(vcpu_run_time(v, fake.now_ns) - ran, 12 * MS);
    guests_end(hv);
}
END_TEST

START_TEST(an_idle_cpu_takes_first_who_likes_it)
{
    struct hv *hv = machine_with_guests(2, 4, 1);
    struct vcpu *a, *b;

    /* All on CPU 0, two wait, and only the second one likes CPU 1. */
    for (domid_t id = 0; id < 4; id++)
        set_affinity(guest_vcpu(hv, id, 0), 1 << 0, UINT64_MAX);
    guests_run(hv, fake.now_ns + 100 * MS, MS, NULL);
    a = TAILQ_FIRST(&hv->cpus[0].queue);
    b = TAILQ_NEXT(a, sched.link);
    a->sched.hard.bits = b->sched.hard.bits = 3;
    a->sched.soft.bits = 1 << 0;
    b->sched.soft.bits = 1 << 1;
    guests_run(hv, fake.now_ns + MS, MS, NULL);
    fake_set_cpu(1);
    ck_assert(sched_pull(hv, 1, UINT64_MAX, fake.now_ns));
    ck_assert_ptr_eq(TAILQ_FIRST(&hv->cpus[1].queue), b);
    guests_run(hv, fake.now_ns + MS, MS, NULL);
    guests_end(hv);
}
END_TEST

/* A liking is no right: the CPU is shared, and nobody waits beside an idle
 * one. */
START_TEST(all_that_like_one_cpu_use_the_others_too)
{
    struct hv *hv = machine_with_guests(4, 4, 1);
    uint64_t total = 2000 * MS;

    for (domid_t id = 0; id < 4; id++)
        set_affinity(guest_vcpu(hv, id, 0), UINT64_MAX, 1 << 2);
    guests_run(hv, total, MS, NULL);
    for (domid_t id = 0; id < 4; id++)
        ck_assert(within(run_time(hv, id, 0), total, 3));
    guests_end(hv);
}
END_TEST

START_TEST(likings_outside_of_the_allowed_do_not_count)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);

    set_affinity(v, 3, 0xc);
    ck_assert_uint_eq(vcpu_liked(v).bits, 3);
    set_affinity(v, 7, 0xc);
    ck_assert_uint_eq(vcpu_liked(v).bits, 4);
    set_affinity(v, 7, 0);
    ck_assert_uint_eq(vcpu_liked(v).bits, 7);
    guests_end(hv);
}
END_TEST

/* ----------------------------------------------------------------- caps */

START_TEST(a_cap_holds_though_the_cpu_is_idle)
{
    struct hv *hv = machine_with_guests(1, 1, 1);

    set_cap(hv, 0, 25);
    guests_run(hv, 2000 * MS, MS / 4, NULL);
    ck_assert(within(run_time(hv, 0, 0), 500 * MS, 3));
    guests_end(hv);
}
END_TEST

START_TEST(the_others_share_what_a_cap_leaves)
{
    struct hv *hv = machine_with_guests(1, 3, 1);
    uint64_t total = 3000 * MS;

    set_cap(hv, 0, 10);
    guest(hv, 2)->weight = 512;
    guests_run(hv, total, MS / 4, NULL);
    ck_assert(within(run_time(hv, 0, 0), total / 10, 5));
    ck_assert(within(run_time(hv, 1, 0), total * 3 / 10, 5));
    ck_assert(within(run_time(hv, 2, 0), total * 6 / 10, 5));
    guests_end(hv);
}
END_TEST

/* 150 %: of two vCPUs at once neither alone is limited. */
START_TEST(a_cap_is_of_all_vcpus_together)
{
    struct hv *hv = machine_with_guests(4, 1, 2);
    uint64_t total = 2000 * MS, ran;

    set_cap(hv, 0, 150);
    guests_run(hv, total, MS / 4, NULL);
    ran = run_time(hv, 0, 0) + run_time(hv, 0, 1);
    ck_assert_msg(within(ran, total * 3 / 2, 3), "%lu ms", ran / MS);
    guests_end(hv);
}
END_TEST

/* 20 % of one CPU on four at once. */
START_TEST(many_vcpus_get_no_more_than_one)
{
    struct hv *hv = machine_with_guests(4, 1, 4);
    uint64_t total = 4000 * MS, ran = 0;

    set_cap(hv, 0, 20);
    guests_run(hv, 20 * MS, MS / 4, NULL); /* turns that began before */
    for (unsigned int i = 0; i < 4; i++)
        ran -= run_time(hv, 0, i);
    guests_run(hv, 20 * MS + total, MS / 4, NULL);
    for (unsigned int i = 0; i < 4; i++)
        ran += run_time(hv, 0, i);
    ck_assert_msg(within(ran, total / 5, 3), "%lu ms", ran / MS);
    guests_end(hv);
}
END_TEST

START_TEST(sleep_saves_up_no_budget)
{
    struct hv *hv = machine_with_guests(1, 1, 1);
    uint64_t before;

    set_cap(hv, 0, 50);
    block(guest_vcpu(hv, 0, 0));
    guests_run(hv, 3000 * MS, MS, NULL);
    before = run_time(hv, 0, 0);
    wake(guest_vcpu(hv, 0, 0));
    guests_run(hv, 3100 * MS, MS / 4, NULL);
    ck_assert(within(run_time(hv, 0, 0) - before, 50 * MS, 10));
    guests_end(hv);
}
END_TEST

/* As on Xen; to a guest it is stolen time like that of one who waits. */
START_TEST(who_is_parked_counts_as_offline)
{
    struct hv *hv = machine_with_guests(1, 1, 1);
    struct vcpu_runstate_info r;

    set_cap(hv, 0, 25);
    guests_run(hv, 1000 * MS, MS / 4, NULL);
    r = vcpu_runstate(guest_vcpu(hv, 0, 0), fake.now_ns);
    ck_assert(within(r.time[RUNSTATE_offline], 750 * MS, 3));
    ck_assert_uint_eq(r.time[RUNSTATE_blocked], 0);
    guests_end(hv);
}
END_TEST

START_TEST(a_cap_taken_away_lets_go_at_once)
{
    struct hv *hv = machine_with_guests(1, 1, 1);
    uint64_t before;

    set_cap(hv, 0, 1);
    guests_run(hv, 500 * MS, MS / 4, NULL);
    ck_assert(!is_running(guest_vcpu(hv, 0, 0)));
    before = run_time(hv, 0, 0);
    set_cap(hv, 0, 0);
    ck_assert(is_running(guest_vcpu(hv, 0, 0)));
    guests_run(hv, 1000 * MS, MS, NULL);
    ck_assert_uint_eq(run_time(hv, 0, 0) - before, 500 * MS);
    guests_end(hv);
}
END_TEST

/* The largest cap, and debts and budgets of ages, in one go. */
START_TEST(long_pauses_and_large_caps_do_not_wrap)
{
    struct hv *hv = machine_with_guests(1, 1, 1);
    struct domain *d = guest(hv, 0);

    set_cap(hv, 0, 1);
    cap_give(d, -(1l << 50));
    ck_assert(cap_is_spent(d, fake.now_ns + 1000 * MS));
    ck_assert(!cap_is_spent(d, 1ul << 62));
    ck_assert_int_eq(cap_take(d, INT64_MAX, 1ul << 62), MS / 10);
    set_cap(hv, 0, UINT16_MAX);
    ck_assert_int_eq(cap_take(d, INT64_MAX, UINT64_MAX / 2),
                     UINT16_MAX * (int64_t)MS / 10);
    set_cap(hv, 0, 0);
    guests_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("sched_place");
    TCase *t = tcase_create("hard");

    tcase_add_test(t, affinity_moves_a_vcpu_and_keeps_it);
    tcase_add_test(t, affinity_wants_a_cpu_that_is_there);
    suite_add_tcase(s, t);

    t = tcase_create("soft");
    tcase_add_test(t, a_waker_chooses_an_idle_cpu_it_likes);
    tcase_add_test(t, who_runs_elsewhere_goes_where_it_likes_when_that_is_idle);
    tcase_add_test(t, an_idle_cpu_takes_first_who_likes_it);
    tcase_add_test(t, all_that_like_one_cpu_use_the_others_too);
    tcase_add_test(t, likings_outside_of_the_allowed_do_not_count);
    suite_add_tcase(s, t);

    t = tcase_create("cap");
    tcase_add_test(t, a_cap_holds_though_the_cpu_is_idle);
    tcase_add_test(t, the_others_share_what_a_cap_leaves);
    tcase_add_test(t, a_cap_is_of_all_vcpus_together);
    tcase_add_test(t, many_vcpus_get_no_more_than_one);
    tcase_add_test(t, sleep_saves_up_no_budget);
    tcase_add_test(t, who_is_parked_counts_as_offline);
    tcase_add_test(t, a_cap_taken_away_lets_go_at_once);
    tcase_add_test(t, long_pauses_and_large_caps_do_not_wrap);
    suite_add_tcase(s, t);
    return s;
}

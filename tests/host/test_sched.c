/* SPDX-License-Identifier: MIT */
/* hypervisor/core/sched: who runs where, and how soon. */
#include "suite.h"

#include "sched_fixture.h"

/* ------------------------------------------------------------ fairness */

START_TEST(time_on_one_cpu_goes_by_weight)
{
    struct hv *hv = machine_with_guests(1, 3, 1);
    uint64_t total = 3000 * MS;

    guest(hv, 0)->weight = 256;
    guest(hv, 1)->weight = 512;
    guest(hv, 2)->weight = 1024;
    guests_run(hv, total, MS / 2, NULL);
    ck_assert(within(run_time(hv, 0, 0), total * 1 / 7, 5));
    ck_assert(within(run_time(hv, 1, 0), total * 2 / 7, 5));
    ck_assert(within(run_time(hv, 2, 0), total * 4 / 7, 5));
    guests_end(hv);
}
END_TEST

START_TEST(the_extremes_of_weight_both_run)
{
    struct hv *hv = machine_with_guests(1, 2, 1);

    guest(hv, 0)->weight = 1;
    guest(hv, 1)->weight = 65535;
    guests_run(hv, 10000 * MS, MS, NULL);
    ck_assert_uint_gt(run_time(hv, 0, 0), 0);
    ck_assert(within(run_time(hv, 1, 0), 10000 * MS, 2));
    guests_end(hv);
}
END_TEST

/* Two would go on side by side for ever, and the third alone. */
START_TEST(three_on_two_cpus_get_two_thirds_each)
{
    struct hv *hv = machine_with_guests(2, 3, 1);
    uint64_t total = 5000 * MS;

    guests_run(hv, total, MS, NULL);
    for (domid_t id = 0; id < 3; id++)
        ck_assert_msg(within(run_time(hv, id, 0), total * 2 / 3, 8),
                      "dom%u ran %lu ms", id, run_time(hv, id, 0) / MS);
    guests_end(hv);
}
END_TEST

START_TEST(seven_on_four_cpus_get_their_share)
{
    struct hv *hv = machine_with_guests(4, 7, 1);
    uint64_t total = 5000 * MS;

    guests_run(hv, total, MS, NULL);
    for (domid_t id = 0; id < 7; id++)
        ck_assert_msg(within(run_time(hv, id, 0), total * 4 / 7, 10),
                      "dom%u ran %lu ms", id, run_time(hv, id, 0) / MS);
    guests_end(hv);
}
END_TEST

/* Weights 2:1:1 fill two CPUs exactly: nobody has to move. */
START_TEST(weights_hold_across_cpus)
{
    struct hv *hv = machine_with_guests(2, 3, 1);
    uint64_t total = 5000 * MS;

    guest(hv, 0)->weight = 512;
    guests_run(hv, total, MS, NULL);
    ck_assert(within(run_time(hv, 0, 0), total, 12));
    ck_assert(within(run_time(hv, 1, 0), total / 2, 15));
    ck_assert(within(run_time(hv, 2, 0), total / 2, 15));
    guests_end(hv);
}
END_TEST

/* Otherwise sleeping would be the way to a CPU of one's own. */
START_TEST(sleep_earns_no_credit_beyond_the_bonus)
{
    struct hv *hv = machine_with_guests(1, 2, 1);
    uint64_t before;

    wait_for(guest_vcpu(hv, 1, 0));
    block(guest_vcpu(hv, 1, 0));
    guests_run(hv, 5000 * MS, MS, NULL);
    wake(guest_vcpu(hv, 1, 0));
    before = run_time(hv, 0, 0);
    guests_run(hv, 5200 * MS, MS, NULL);
    ck_assert(within(run_time(hv, 0, 0) - before, 100 * MS, 15));
    guests_end(hv);
}
END_TEST

/* ------------------------------------------------------------- latency */

START_TEST(a_sleeper_that_wakes_runs_at_once)
{
    struct hv *hv = machine_with_guests(1, 3, 1);
    struct vcpu *sleeper = guest_vcpu(hv, 2, 0);

    wait_for(sleeper);
    block(sleeper);
    for (unsigned int i = 0; i < 50; i++) {
        guests_run(hv, fake.now_ns + 20 * MS, MS, NULL);
        wake(sleeper);
        ck_assert(is_running(sleeper));
        guests_run(hv, fake.now_ns + MS / 10, MS / 10, NULL);
        block(sleeper);
    }
    guests_end(hv);
}
END_TEST

START_TEST(a_waker_finds_an_idle_cpu)
{
    struct hv *hv = machine_with_guests(4, 4, 1);

    for (domid_t id = 0; id < 4; id++)
        block(guest_vcpu(hv, id, 0));
    ck_assert_uint_eq(hv->idle.bits, 0xf);
    for (domid_t id = 0; id < 4; id++) {
        wake(guest_vcpu(hv, id, 0));
        ck_assert(is_running(guest_vcpu(hv, id, 0)));
    }
    ck_assert_uint_eq(hv->idle.bits, 0);
    guests_end(hv);
}
END_TEST

START_TEST(a_cpu_that_goes_idle_takes_waiting_work)
{
    struct hv *hv = machine_with_guests(2, 4, 1);
    struct vcpu *a = running_on(0);

    block(a); /* two wait somewhere */
    ck_assert_ptr_nonnull(running_on(0));
    block(running_on(0));
    ck_assert_ptr_nonnull(running_on(0));
    ck_assert_ptr_nonnull(running_on(1));
    block(running_on(0));
    ck_assert_ptr_null(running_on(0));
    ck_assert_uint_eq(hv->idle.bits, 1);
    guests_end(hv);
}
END_TEST

/* Both find CPU 0 idle before it picks; only the first may go elsewhere. */
START_TEST(two_that_wake_at_once_do_not_wait_for_each_other)
{
    struct hv *hv = machine_with_guests(2, 2, 1);
    struct vcpu *any = guest_vcpu(hv, 0, 0), *bound = guest_vcpu(hv, 1, 0);
    struct effects fx;

    set_affinity(any, 1 << 0, UINT64_MAX);
    set_affinity(bound, 1 << 0, UINT64_MAX);
    guests_run(hv, 100 * MS, MS, NULL);
    pause(any);
    pause(bound);
    any->sched.hard.bits = 3;
    any->sched.credit = bound->sched.credit + (int64_t)MS;
    effects_init(&fx);
    vcpu_unpause(any, &fx);
    vcpu_unpause(bound, &fx);
    guests_exit(hv, &fx);
    ck_assert_ptr_eq(running_on(0), bound);
    ck_assert_ptr_eq(running_on(1), any);
    guests_end(hv);
}
END_TEST

START_TEST(yield_lets_the_other_run)
{
    struct hv *hv = machine_with_guests(1, 2, 1);
    struct vcpu *v = running_on(0);
    struct effects fx;

    effects_init(&fx);
    vcpu_yield(v, &fx);
    guests_exit(hv, &fx);
    ck_assert_ptr_nonnull(running_on(0));
    ck_assert_ptr_ne(running_on(0), v);
    guests_run(hv, 15 * MS, MS, NULL);
    ck_assert_uint_gt(vcpu_run_time(v, fake.now_ns), 0);
    guests_end(hv);
}
END_TEST

START_TEST(yield_alone_goes_on)
{
    struct hv *hv = machine_with_guests(1, 1, 1);
    struct effects fx;

    effects_init(&fx);
    vcpu_yield(running_on(0), &fx);
    guests_exit(hv, &fx);
    ck_assert_ptr_eq(running_on(0), guest_vcpu(hv, 0, 0));
    guests_end(hv);
}
END_TEST

/* ---------------------------------------------------- pause and switch */

START_TEST(a_paused_vcpu_leaves_its_cpu_and_comes_back)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);

    pause(v);
    ck_assert(vcpu_is_quiet(v));
    pause(v);
    unpause(v);
    ck_assert(!is_running(v));
    unpause(v);
    ck_assert(is_running(v));
    guests_end(hv);
}
END_TEST

START_TEST(a_wake_while_paused_counts_later)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);

    block(v);
    pause(v);
    wake(v);
    ck_assert(!is_running(v));
    unpause(v);
    ck_assert(is_running(v));
    guests_end(hv);
}
END_TEST

/* Two CPUs with one vCPU's registers would run it twice. */
START_TEST(no_cpu_takes_a_vcpu_whose_registers_are_still_in_another)
{
    struct hv *hv = machine_with_guests(2, 3, 1);
    struct vcpu *prev = running_on(0), *next;
    struct effects fx;

    effects_init(&fx);
    fake_set_cpu(0);
    vcpu_yield(prev, &fx);
    next = sched_pick(hv, 0, fake.now_ns, &fx);
    ck_assert_ptr_ne(next, prev);
    ck_assert(!vcpu_is_quiet(prev));
    ck_assert(prev->sched.queued);
    /* The other CPU looks for work now, and must not find prev. */
    block(running_on(1));
    ck_assert_ptr_ne(running_on(1), prev);
    effects_init(&fx);
    fake_set_cpu(0);
    sched_switched(prev, &fx);
    ck_assert(vcpu_is_quiet(prev));
    ck_assert(cpumask_has(fx.resched, 1));
    guests_end(hv);
}
END_TEST

START_TEST(a_vcpu_woken_before_it_was_switched_out_goes_on)
{
    struct hv *hv = machine_with_guests(1, 1, 1);
    struct vcpu *v = guest_vcpu(hv, 0, 0);
    struct effects fx;

    effects_init(&fx);
    vcpu_block(v, &fx);
    vcpu_wake(v, fake.now_ns, &fx);
    ck_assert_ptr_eq(sched_pick(hv, 0, fake.now_ns, &fx), v);

    vcpu_block(v, &fx);
    ck_assert_ptr_null(sched_pick(hv, 0, fake.now_ns, &fx));
    vcpu_wake(v, fake.now_ns, &fx);
    ck_assert(cpumask_has(fx.resched, 0));
    ck_assert_ptr_eq(sched_pick(hv, 0, fake.now_ns, &fx), v);
    guests_end(hv);
}
END_TEST

/* ------------------------------------------------------------ runstate */

START_TEST(the_times_of_a_vcpu_add_up_to_its_age)
{
    struct hv *hv = machine_with_guests(1, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    struct vcpu_runstate_info r;
    uint64_t sum = 0;

    guests_run(hv, 100 * MS, MS, NULL);
    wait_for(v);
    block(v);
    guests_run(hv, fake.now_ns + 30 * MS, MS, NULL);
    wake(v);
    guests_run(hv, fake.now_ns + 30 * MS, MS, NULL);
    pause(v);
    guests_run(hv, fake.now_ns + 7 * MS, MS, NULL);
    r = vcpu_runstate(v, fake.now_ns);
    ck_assert_int_eq(r.state, RUNSTATE_offline);
    for (unsigned int i = 0; i < 4; i++)
        sum += r.time[i];
    ck_assert_uint_eq(sum, fake.now_ns);
    ck_assert_uint_eq(r.time[RUNSTATE_blocked], 30 * MS);
    ck_assert_uint_eq(r.time[RUNSTATE_offline], 7 * MS);
    ck_assert_uint_gt(r.time[RUNSTATE_runnable], 40 * MS);
    guests_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("sched");
    TCase *t = tcase_create("fair");

    tcase_add_test(t, time_on_one_cpu_goes_by_weight);
    tcase_add_test(t, the_extremes_of_weight_both_run);
    tcase_add_test(t, three_on_two_cpus_get_two_thirds_each);
    tcase_add_test(t, seven_on_four_cpus_get_their_share);
    tcase_add_test(t, weights_hold_across_cpus);
    tcase_add_test(t, sleep_earns_no_credit_beyond_the_bonus);
    suite_add_tcase(s, t);

    t = tcase_create("wake");
    tcase_add_test(t, a_sleeper_that_wakes_runs_at_once);
    tcase_add_test(t, a_waker_finds_an_idle_cpu);
    tcase_add_test(t, a_cpu_that_goes_idle_takes_waiting_work);
    tcase_add_test(t, two_that_wake_at_once_do_not_wait_for_each_other);
    tcase_add_test(t, yield_lets_the_other_run);
    tcase_add_test(t, yield_alone_goes_on);
    suite_add_tcase(s, t);

    t = tcase_create("switch");
    tcase_add_test(t, a_paused_vcpu_leaves_its_cpu_and_comes_back);
    tcase_add_test(t, a_wake_while_paused_counts_later);
    tcase_add_test(t, no_cpu_takes_a_vcpu_whose_registers_are_still_in_another);
    tcase_add_test(t, a_vcpu_woken_before_it_was_switched_out_goes_on);
    tcase_add_test(t, the_times_of_a_vcpu_add_up_to_its_age);
    suite_add_tcase(s, t);

    return s;
}

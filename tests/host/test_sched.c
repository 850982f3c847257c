/* SPDX-License-Identifier: MIT */
/* hypervisor/core/sched: who runs where, and how soon. */
#include "suite.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "domain/domain.h"
#include "fake/check.h"
#include "fake/guests.h"
#include "sched/runqueue.h"
#include "sched/clock.h"

#define MS 1000000ul

static uint64_t run_time(struct hv *hv, domid_t id, unsigned int vcpu)
{
    return vcpu_run_time(guest_vcpu(hv, id, vcpu), fake.now_ns);
}

static void wake(struct vcpu *v)
{
    struct effects fx;

    effects_init(&fx);
    vcpu_wake(v, fake.now_ns, &fx);
    guests_exit(v->d->hv, &fx);
}

/* v, which runs, goes to sleep. */
static void block(struct vcpu *v)
{
    struct effects fx;

    enter_from(v);
    effects_init(&fx);
    vcpu_block(v, &fx);
    guests_exit(v->d->hv, &fx);
}

/* Until v has its turn. */
static void wait_for(struct vcpu *v)
{
    while (!is_running(v))
        guests_run(v->d->hv, fake.now_ns + MS, MS, NULL);
}

static void pause(struct vcpu *v)
{
    struct effects fx;

    effects_init(&fx);
    vcpu_pause(v, &fx);
    guests_exit(v->d->hv, &fx);
}

static void unpause(struct vcpu *v)
{
    struct effects fx;

    effects_init(&fx);
    vcpu_unpause(v, &fx);
    guests_exit(v->d->hv, &fx);
}

static void set_affinity(struct vcpu *v, uint64_t bits)
{
    struct effects fx;

    effects_init(&fx);
    ck_assert_int_eq(vcpu_set_affinity(v, (cpumask_t){bits}, &fx), 0);
    guests_exit(v->d->hv, &fx);
}

static bool within(uint64_t value, uint64_t expected, unsigned int percent)
{
    return value * 100 >= expected * (100 - percent) &&
           value * 100 <= expected * (100 + percent);
}

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

/* ------------------------------------------------------------ affinity */

START_TEST(affinity_moves_a_vcpu_and_keeps_it)
{
    struct hv *hv = machine_with_guests(4, 6, 1);
    struct vcpu *v = guest_vcpu(hv, 3, 0);

    set_affinity(v, 1 << 2);
    for (unsigned int i = 0; i < 300; i++) {
        guests_run(hv, fake.now_ns + MS, MS, NULL);
        ck_assert(!is_running(v) || running_on(2) == v);
    }
    ck_assert_uint_gt(run_time(hv, 3, 0), 50 * MS);
    set_affinity(v, 1 << 0);
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
    ck_assert_int_eq(vcpu_set_affinity(v, (cpumask_t){0xc}, &fx), -EINVAL);
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

/* ------------------------------------------------------------ nobody lost */

static struct random chance;

/* Whatever happens to a vCPU, from any CPU. */
static void disturb(struct hv *hv)
{
    struct vcpu *v = guest_vcpu(hv, (domid_t)random_below(&chance, 5),
                                (unsigned int)random_below(&chance, 2));
    unsigned int cpus = cpumask_count(hv->online);
    struct effects fx;

    fake_set_cpu((unsigned int)random_below(&chance, cpus));
    effects_init(&fx);
    switch (random_below(&chance, 9)) {
    case 0:
    case 1:
        if (is_running(v)) {
            enter_from(v);
            vcpu_block(v, &fx);
        }
        break;
    case 2:
    case 3:
    case 4:
        vcpu_wake(v, fake.now_ns, &fx);
        break;
    case 5:
        if (v->sched.pause_count > 0)
            vcpu_unpause(v, &fx);
        else if (random_below(&chance, 2))
            vcpu_pause(v, &fx);
        break;
    case 6:
        ck_assert_int_eq(
            vcpu_set_affinity(
                v, (cpumask_t){1 + random_below(&chance, (1ul << cpus) - 1)},
                &fx),
            0);
        break;
    case 7:
        if (vcpu_is_online(v) && random_below(&chance, 4) == 0)
            vcpu_down(v, &fx);
        else
            vcpu_up(v, fake.now_ns, &fx);
        break;
    case 8:
        if (is_running(v)) {
            enter_from(v);
            vcpu_yield(v, &fx);
        }
        break;
    }
    guests_exit(hv, &fx);
    sched_check(hv);
}

/* No CPU is idle while a vCPU that may use it waits. */
static void check_no_waste(struct hv *hv)
{
    struct domain *d;
    struct vcpu *v;
    unsigned int cpu;

    cpumask_for_each(cpu, hv->online)
    {
        if (running_on(cpu))
            continue;
        LIST_FOREACH (d, &hv->domains, link)
            domain_for_each_vcpu (d, v)
                ck_assert(!v->sched.queued || !cpumask_has(v->sched.hard, cpu));
    }
}

static void storm(unsigned int cpus, uint64_t seed)
{
    struct hv *hv;
    struct domain *d;
    struct vcpu *v;

    chance = random_start(seed);
    hv = machine_with_guests(cpus, 5, 2);
    for (unsigned int i = 0; i < 3000; i++) {
        guests_run(hv, fake.now_ns + random_below(&chance, 3 * MS), MS,
                   disturb);
        check_no_waste(hv);
    }
    /* Let go of all: each of them runs again. */
    LIST_FOREACH (d, &hv->domains, link)
        domain_for_each_vcpu (d, v) {
            uint64_t before = vcpu_run_time(v, fake.now_ns);

            while (v->sched.pause_count > 0)
                unpause(v);
            set_affinity(v, UINT64_MAX);
            if (!vcpu_is_online(v)) {
                struct effects fx;

                effects_init(&fx);
                vcpu_up(v, fake.now_ns, &fx);
                guests_exit(hv, &fx);
            }
            wake(v);
            guests_run(hv, fake.now_ns + 500 * MS, MS, NULL);
            ck_assert_uint_gt(vcpu_run_time(v, fake.now_ns), before);
        }
    guests_end(hv);
}

START_TEST(no_vcpu_is_lost_on_one_cpu)
{
    storm(1, 0x5eed0011);
}
END_TEST

START_TEST(no_vcpu_is_lost_on_two_cpus)
{
    storm(2, 0x5eed0012);
}
END_TEST

START_TEST(no_vcpu_is_lost_on_four_cpus)
{
    storm(4, 0x5eed0014);
}
END_TEST

/* -------------------------------------------------------------- threads */

#define THREADS 4

static struct hv *shared_hv;
/* Whose registers each CPU has: no two may have one vCPU's. */
static struct vcpu *loaded[THREADS];

static void load(unsigned int cpu, struct vcpu *next)
{
    for (unsigned int i = 0; next && i < THREADS; i++)
        if (i != cpu && __atomic_load_n(&loaded[i], __ATOMIC_SEQ_CST) == next)
            hal_panic("one vCPU on two CPUs");
    __atomic_store_n(&loaded[cpu], next, __ATOMIC_SEQ_CST);
}

static void disturb_one(struct random *r, struct vcpu *mine)
{
    struct vcpu *v = guest_vcpu(shared_hv, (domid_t)random_below(r, 3),
                                (unsigned int)random_below(r, 2));
    struct effects fx;

    effects_init(&fx);
    switch (random_below(r, 6)) {
    case 0:
        if (mine)
            vcpu_block(mine, &fx);
        break;
    case 1:
    case 2:
        vcpu_wake(v, fake.now_ns, &fx);
        break;
    case 3:
        vcpu_pause(v, &fx);
        vcpu_unpause(v, &fx);
        break;
    case 4:
        (void)!vcpu_set_affinity(v, (cpumask_t){1 + random_below(r, 15)}, &fx);
        break;
    case 5:
        vcpu_down(v, &fx);
        vcpu_up(v, fake.now_ns, &fx);
        break;
    }
}

/* A CPU that picks, switches, and meddles with everybody's vCPUs. */
static void *cpu_of_vcpus(void *arg)
{
    unsigned int cpu = (unsigned int)(uintptr_t)arg;
    struct random r = {.state = 0x5eed0050 + cpu};

    fake_set_cpu(cpu);
    for (unsigned int i = 0; i < 40000; i++) {
        struct vcpu *prev = loaded[cpu], *next;
        struct effects fx;

        effects_init(&fx);
        next = sched_pick(shared_hv, cpu, fake.now_ns, &fx);
        if (next != prev) {
            load(cpu, NULL); /* the registers are saved */
            if (prev)
                sched_switched(prev, &fx);
            load(cpu, next);
        }
        disturb_one(&r, next);
        if (cpu == 0)
            __atomic_fetch_add(&fake.now_ns, MS, __ATOMIC_RELAXED);
    }
    return NULL;
}

START_TEST(four_cpus_never_run_one_vcpu_twice)
{
    pthread_t threads[THREADS];

    shared_hv = machine_with_guests(THREADS, 3, 2);
    for (uintptr_t i = 0; i < THREADS; i++)
        loaded[i] = running_on((unsigned int)i);
    for (uintptr_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, cpu_of_vcpus, (void *)i), 0);
    for (unsigned int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    guests_end(shared_hv);
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
    tcase_add_test(t, yield_lets_the_other_run);
    tcase_add_test(t, yield_alone_goes_on);
    suite_add_tcase(s, t);

    t = tcase_create("switch");
    tcase_add_test(t, a_paused_vcpu_leaves_its_cpu_and_comes_back);
    tcase_add_test(t, a_wake_while_paused_counts_later);
    tcase_add_test(t, no_cpu_takes_a_vcpu_whose_registers_are_still_in_another);
    tcase_add_test(t, a_vcpu_woken_before_it_was_switched_out_goes_on);
    tcase_add_test(t, affinity_moves_a_vcpu_and_keeps_it);
    tcase_add_test(t, affinity_wants_a_cpu_that_is_there);
    tcase_add_test(t, the_times_of_a_vcpu_add_up_to_its_age);
    suite_add_tcase(s, t);

    t = tcase_create("storm");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, no_vcpu_is_lost_on_one_cpu);
    tcase_add_test(t, no_vcpu_is_lost_on_two_cpus);
    tcase_add_test(t, no_vcpu_is_lost_on_four_cpus);
    tcase_add_test(t, four_cpus_never_run_one_vcpu_twice);
    suite_add_tcase(s, t);
    return s;
}

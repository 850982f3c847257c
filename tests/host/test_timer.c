/* SPDX-License-Identifier: MIT */
/* hypervisor/core/sched/timer.c, alone. */
#include "suite.h"

#include <string.h>

#include "effects.h"
#include "fake/fake.h"
#include "hv.h"
#include "sched/timer.h"

#define CPUS   2
#define TIMERS 24

static struct hv hv;
static struct timer timers[TIMERS];
static unsigned int fired[TIMERS];
static uint64_t last_fired_ns;
static void (*on_fire)(struct timer *t, uint64_t now_ns, struct effects *fx);

static void fire(struct timer *t, uint64_t now_ns, struct effects *fx)
{
    ck_assert(!t->armed);
    ck_assert_uint_le(t->deadline_ns, now_ns);
    fired[t - timers]++;
    last_fired_ns = t->deadline_ns;
    if (on_fire)
        on_fire(t, now_ns, fx);
}

static void start(void)
{
    fake_start(1);
    memset(&hv, 0, sizeof(hv));
    memset(fired, 0, sizeof(fired));
    on_fire = NULL;
    for (unsigned int cpu = 0; cpu < CPUS; cpu++)
        timer_init_cpu(&hv, cpu);
    for (unsigned int i = 0; i < TIMERS; i++)
        timer_init(&timers[i], fire);
}

static struct effects arm(unsigned int i, unsigned int cpu, uint64_t deadline)
{
    struct effects fx;

    effects_init(&fx);
    timer_arm(&hv, &timers[i], cpu, deadline, &fx);
    timers_check(&hv, 0);
    timers_check(&hv, 1);
    return fx;
}

static void run(unsigned int cpu, uint64_t now_ns)
{
    struct effects fx;

    effects_init(&fx);
    timers_run(&hv, cpu, now_ns, &fx);
    ck_assert(fx.rearm_timer);
}

START_TEST(a_timer_fires_once_and_never_early)
{
    start();
    arm(0, 0, 100);
    run(0, 99);
    ck_assert_uint_eq(fired[0], 0);
    run(1, 1000);
    ck_assert_uint_eq(fired[0], 0);
    run(0, 100);
    ck_assert_uint_eq(fired[0], 1);
    run(0, 1000);
    ck_assert_uint_eq(fired[0], 1);
    ck_assert_uint_eq(timer_next(&hv, 0), UINT64_MAX);
    fake_stop();
}
END_TEST

START_TEST(the_earliest_of_a_cpu_asks_for_its_hardware)
{
    struct effects fx;

    start();
    fx = arm(0, 0, 100);
    ck_assert(fx.rearm_timer);
    fx = arm(1, 0, 200);
    ck_assert(!fx.rearm_timer);
    fx = arm(2, 1, 100);
    ck_assert(!fx.rearm_timer);
    ck_assert(cpumask_has(fx.resched, 1));
    ck_assert_uint_eq(timer_next(&hv, 0), 100);
    fake_stop();
}
END_TEST

START_TEST(arming_again_moves_a_timer_to_another_time_or_cpu)
{
    start();
    arm(0, 0, 100);
    arm(0, 0, 300);
    run(0, 200);
    ck_assert_uint_eq(fired[0], 0);
    arm(0, 1, 100);
    run(0, 500);
    ck_assert_uint_eq(fired[0], 0);
    run(1, 100);
    ck_assert_uint_eq(fired[0], 1);
    fake_stop();
}
END_TEST

START_TEST(a_disarmed_timer_does_not_fire)
{
    start();
    arm(0, 0, 100);
    arm(1, 0, 100); /* equal deadlines are two timers */
    timer_disarm(&hv, &timers[0]);
    timer_disarm(&hv, &timers[0]);
    timer_stop(&hv, &timers[2]);
    run(0, 100);
    ck_assert_uint_eq(fired[0], 0);
    ck_assert_uint_eq(fired[1], 1);
    fake_stop();
}
END_TEST

static void again(struct timer *t, uint64_t now_ns, struct effects *fx)
{
    timer_arm(&hv, t, 0, t->deadline_ns + 100, fx);
}

START_TEST(a_timer_may_arm_itself_when_it_fires)
{
    start();
    on_fire = again;
    arm(0, 0, 100);
    run(0, 450); /* 100, 200, 300, 400 */
    ck_assert_uint_eq(fired[0], 4);
    ck_assert_uint_eq(timer_next(&hv, 0), 500);
    fake_stop();
}
END_TEST

/* Against the list of deadlines. */
START_TEST(random_timers_fire_in_order_and_none_is_forgotten)
{
    struct random r = random_start(0x5eed0021);
    uint64_t deadline[TIMERS] = {0}, now = 0; /* 0: not armed */
    unsigned int cpu_of[TIMERS], expected[TIMERS] = {0};

    start();
    for (unsigned int step = 0; step < 50000; step++) {
        unsigned int i = (unsigned int)random_below(&r, TIMERS);
        unsigned int cpu = (unsigned int)random_below(&r, CPUS);

        switch (random_below(&r, 4)) {
        case 0:
        case 1:
            deadline[i] = now + 1 + random_below(&r, 50);
            cpu_of[i] = cpu;
            arm(i, cpu, deadline[i]);
            break;
        case 2:
            deadline[i] = 0;
            timer_disarm(&hv, &timers[i]);
            break;
        case 3:
            now += random_below(&r, 20);
            last_fired_ns = 0;
            run(0, now);
            run(1, now);
            for (i = 0; i < TIMERS; i++)
                if (deadline[i] && deadline[i] <= now) {
                    deadline[i] = 0;
                    expected[i]++;
                }
            ck_assert_mem_eq(fired, expected, sizeof(fired));
            break;
        }
        for (cpu = 0; cpu < CPUS; cpu++) {
            uint64_t next = UINT64_MAX;

            for (i = 0; i < TIMERS; i++)
                if (deadline[i] && cpu_of[i] == cpu && deadline[i] < next)
                    next = deadline[i];
            if (timer_next(&hv, cpu) != next)
                ck_abort_msg("cpu %u: wrong next deadline", cpu);
        }
    }
    fake_stop();
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("timer");
    TCase *t = tcase_create("timer");

    tcase_add_test(t, a_timer_fires_once_and_never_early);
    tcase_add_test(t, the_earliest_of_a_cpu_asks_for_its_hardware);
    tcase_add_test(t, arming_again_moves_a_timer_to_another_time_or_cpu);
    tcase_add_test(t, a_disarmed_timer_does_not_fire);
    tcase_add_test(t, a_timer_may_arm_itself_when_it_fires);
    tcase_add_test(t, random_timers_fire_in_order_and_none_is_forgotten);
    suite_add_tcase(s, t);
    return s;
}

/* SPDX-License-Identifier: MIT */
/*
 * System time goes on and never back; a timer never fires early, and fires in
 * the order of deadlines; nothing ticks that was not asked for.
 */
#include <guest/clock.h>
#include <guest/hypercall.h>
#include <guest/thread.h>
#include <pv-abi/errno.h>
#include <pv-abi/vcpu.h>
#include "../test.h"

const char test_name[] = "time";

#define TIMERS 5

static struct timer timers[TIMERS];
static int order[TIMERS], fired, early;
static struct waitq done = WAITQ_INIT(done);

static void fire(struct timer *t, void *arg)
{
    if (clock_ns() < t->deadline_ns)
        early++;
    order[fired++] = t - timers;
    waitq_wake_all(&done);
}

static void timers_fire_in_order_and_never_early(void)
{
    /* 0..4 in an order that is neither theirs nor its reverse */
    static const uint64_t delay_ms[TIMERS] = {30, 10, 50, 20, 40};
    static const int expected[TIMERS] = {1, 3, 0, 4, 2};
    uint64_t start = clock_ns();

    for (int i = 0; i < TIMERS; i++) {
        timer_init(&timers[i], fire, NULL);
        timer_set(&timers[i], start + delay_ms[i] * NS_PER_MS);
    }
    CHECK(waitq_until(&done, start + 5 * NS_PER_SEC, fired == TIMERS));
    for (int i = 0; i < TIMERS; i++)
        CHECK_EQUAL(order[i], expected[i]);
    CHECK_EQUAL(early, 0);
}

static void a_cancelled_timer_does_not_fire(void)
{
    fired = 0;
    timer_set(&timers[0], clock_ns() + 5 * NS_PER_MS);
    CHECK(timer_cancel(&timers[0]));
    CHECK(!timer_cancel(&timers[0]));
    thread_sleep_ns(20 * NS_PER_MS);
    CHECK_EQUAL(fired, 0);
}

static void a_deadline_in_the_past_fires_at_once(void)
{
    uint64_t start = clock_ns();

    fired = 0;
    timer_set(&timers[0], 1);
    CHECK(waitq_until(&done, start + NS_PER_SEC, fired == 1));
    CHECK(clock_ns() < start + 100 * NS_PER_MS);
}

static void the_clock_never_steps_back(void)
{
    uint64_t last = clock_ns(), end = last + 100 * NS_PER_MS;
    struct vcpu_time_info *info = &this_vcpu()->info->time;

    CHECK((info->version & 1) == 0);
    while (last < end) {
        uint64_t now = clock_ns();

        if (now < last) {
            test_say(VERDICT_FAIL, "from %lu back to %lu", last, now);
            break;
        }
        last = now;
    }
}

static void the_wall_clock_is_this_century(void)
{
    uint64_t wall = clock_wall_ns() / NS_PER_SEC;

    CHECK(wall > 946684800UL);  /* 2000 */
    CHECK(wall < 4102444800UL); /* 2100 */
}

static void nothing_ticks_by_itself(void)
{
    uint64_t before = this_vcpu()->upcalls;

    thread_sleep_ns(200 * NS_PER_MS);
    /* The sleep's own timer; a 10 ms tick would be 20 more. */
    CHECK(this_vcpu()->upcalls - before < 10);
}

static void bad_timers_are_refused(void)
{
    struct vcpu_set_singleshot_timer op = {.timeout_abs_ns = 1};
    struct vcpu_set_periodic_timer fast = {.period_ns = 1000};

    CHECK_EQUAL(hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 8000, &op),
                -XEN_ENOENT);
    CHECK_EQUAL(hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, &fast),
                -XEN_EINVAL);
    CHECK_EQUAL(hypercall_vcpu_op(VCPUOP_is_up, 0, NULL), 1);
    CHECK_EQUAL(hypercall_vcpu_op(VCPUOP_is_up, 8000, NULL), -XEN_ENOENT);
}

void test_main(void)
{
    timers_fire_in_order_and_never_early();
    a_cancelled_timer_does_not_fire();
    a_deadline_in_the_past_fires_at_once();
    the_clock_never_steps_back();
    the_wall_clock_is_this_century();
    nothing_ticks_by_itself();
    bad_timers_are_refused();
}

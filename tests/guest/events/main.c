/* SPDX-License-Identifier: MIT */
/*
 * Event channels, of two levels and with queues (fifo.c): a signal arrives
 * once, at once, and not while it is masked; a port that is closed is gone.
 */
#include <guest/clock.h>
#include <guest/evtchn.h>
#include <guest/hypercall.h>
#include <guest/thread.h>
#include <pv-abi/errno.h>
#include <pv-abi/sched.h>
#include "../test.h"
#include "fifo.h"

const char test_name[] = "events";

static volatile unsigned int calls;
static evtchn_port_t last_port;

static void count(evtchn_port_t port, void *arg)
{
    last_port = port;
    calls++;
}

static void a_signal_arrives_before_the_next_instruction(void)
{
    int port = evtchn_bind_ipi(count, NULL);

    NEED(port > 0);
    calls = 0;
    CHECK_EQUAL(evtchn_send(port), 0);
    CHECK_EQUAL(calls, 1);
    CHECK_EQUAL(last_port, port);
    CHECK_EQUAL(evtchn_close(port), 0);
}

static void a_masked_port_waits(void)
{
    int port = evtchn_bind_ipi(count, NULL);

    NEED(port > 0);
    calls = 0;
    evtchn_mask(port);
    evtchn_send(port);
    evtchn_send(port); /* the bit is set already: still one */
    CHECK_EQUAL(calls, 0);
    evtchn_unmask(port);
    CHECK_EQUAL(calls, 1);
    evtchn_close(port);
}

static void masked_upcalls_come_when_unmasked(void)
{
    int port = evtchn_bind_ipi(count, NULL);
    bool was_masked = upcall_mask();

    NEED(port > 0);
    calls = 0;
    evtchn_send(port);
    CHECK_EQUAL(calls, 0);
    upcall_restore(was_masked);
    CHECK_EQUAL(calls, 1);
    evtchn_close(port);
}

static void both_ends_of_a_channel_signal_each_other(void)
{
    int a = evtchn_alloc_unbound(DOMID_SELF, count, NULL);
    int b;

    NEED(a > 0);
    calls = 0;
    CHECK_EQUAL(evtchn_send(a), 0); /* nobody there yet: no error, no event */
    CHECK_EQUAL(calls, 0);
    b = evtchn_bind_interdomain(DOMID_SELF, a, count, NULL);
    CHECK(b > 0 && b != a);
    CHECK_EQUAL(calls, 1); /* the binding side is pending at once */
    CHECK_EQUAL(last_port, b);
    evtchn_send(a);
    CHECK_EQUAL(last_port, b);
    evtchn_send(b);
    CHECK_EQUAL(last_port, a);
    CHECK_EQUAL(calls, 3);
    CHECK_EQUAL(evtchn_close(b), 0);
    CHECK_EQUAL(evtchn_send(a), 0); /* unbound again */
    CHECK_EQUAL(calls, 3);
    CHECK_EQUAL(evtchn_close(a), 0);
    CHECK_EQUAL(evtchn_send(a), -XEN_EINVAL);
}

static void bad_ports_are_refused(void)
{
    CHECK_EQUAL(evtchn_send(0), -XEN_EINVAL);
    CHECK_EQUAL(evtchn_send(EVTCHN_PORTS - 1), -XEN_EINVAL);
    CHECK_EQUAL(evtchn_send(~0U), -XEN_EINVAL);
    CHECK_EQUAL(evtchn_bind_interdomain(DOMID_SELF, 4095, NULL, NULL),
                -XEN_EINVAL);
    CHECK_EQUAL(evtchn_bind_interdomain(0x7000, 1, NULL, NULL), -XEN_ESRCH);
    CHECK_EQUAL(evtchn_bind_virq(NR_VIRQS, NULL, NULL), -XEN_EINVAL);
    CHECK_EQUAL(evtchn_bind_virq(VIRQ_TIMER, NULL, NULL), -XEN_EEXIST);
}

static void a_freed_port_is_the_next_one_given(void)
{
    int a = evtchn_bind_ipi(NULL, NULL);
    int b = evtchn_bind_ipi(NULL, NULL);

    NEED(a > 0 && b > 0);
    CHECK(b > a);
    evtchn_close(a);
    CHECK_EQUAL(evtchn_bind_ipi(NULL, NULL), a);
    evtchn_close(a);
    evtchn_close(b);
}

static void poll_returns_for_a_masked_pending_port(void)
{
    int port = evtchn_bind_ipi(NULL, NULL);
    evtchn_port_t ports[] = {port};
    struct sched_poll poll = {.ports = ports, .nr_ports = 1};
    unsigned int polls = 0;
    uint64_t start;

    NEED(port > 0);
    evtchn_send(port);
    start = clock_ns();
    poll.timeout = start + 10 * NS_PER_SEC;
    CHECK_EQUAL(hypercall_sched_op(SCHEDOP_poll, &poll), 0);
    CHECK(clock_ns() < start + NS_PER_SEC);
    CHECK(evtchn_take(port));

    /* Any other event ends it too, so it may take a few; not many. */
    poll.timeout = clock_ns() + 20 * NS_PER_MS;
    while (clock_ns() < poll.timeout) {
        CHECK_EQUAL(hypercall_sched_op(SCHEDOP_poll, &poll), 0);
        polls++;
    }
    CHECK(polls < 10);
    poll.nr_ports = SCHED_POLL_MAX_PORTS + 1;
    CHECK_EQUAL(hypercall_sched_op(SCHEDOP_poll, &poll), -XEN_EINVAL);
    evtchn_close(port);
}

static void block_with_a_pending_event_returns_at_once(void)
{
    int port = evtchn_bind_ipi(count, NULL);
    uint64_t start = clock_ns();

    NEED(port > 0);
    upcall_mask();
    calls = 0;
    evtchn_send(port);
    CHECK_EQUAL(hypercall_sched_op(SCHEDOP_block, NULL), 0);
    CHECK(!upcall_is_masked()); /* unmasking is part of block */
    CHECK_EQUAL(calls, 1);
    CHECK(clock_ns() < start + NS_PER_SEC);
    evtchn_close(port);
}

void test_main(void)
{
    a_signal_arrives_before_the_next_instruction();
    a_masked_port_waits();
    masked_upcalls_come_when_unmasked();
    both_ends_of_a_channel_signal_each_other();
    bad_ports_are_refused();
    a_freed_port_is_the_next_one_given();
    poll_returns_for_a_masked_pending_port();
    block_with_a_pending_event_returns_at_once();
    fifo_tests(); /* last */
}

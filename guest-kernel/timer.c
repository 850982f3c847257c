/* SPDX-License-Identifier: MIT */
/* Timers: a sorted list on the vCPU's one-shot timer. See guest/clock.h. */
#include <guest/clock.h>
#include <guest/console.h>
#include <guest/evtchn.h>
#include <guest/hypercall.h>
#include <guest/vcpu.h>
#include <pv-abi/vcpu.h>
#include "internal.h"

static LIST_HEAD(, timer) armed = LIST_HEAD_INITIALIZER(armed);

/* Tell the hypervisor about the earliest; a past time fires at once. */
static void program(void)
{
    const struct timer *first = LIST_FIRST(&armed);
    struct vcpu_set_singleshot_timer op = {0};

    if (!first)
        return; /* what is set fires once more, and finds nothing to do */
    op.timeout_abs_ns = first->deadline_ns;
    if (hypercall_vcpu_op(VCPUOP_set_singleshot_timer, this_vcpu()->id, &op))
        panic("cannot set the timer");
}

static void insert(struct timer *t)
{
    struct timer *at = LIST_FIRST(&armed), *last = NULL;

    for (; at && at->deadline_ns <= t->deadline_ns; at = LIST_NEXT(at, link))
        last = at;
    if (last)
        LIST_INSERT_AFTER(last, t, link);
    else
        LIST_INSERT_HEAD(&armed, t, link);
}

void timer_init(struct timer *t, void (*fn)(struct timer *, void *), void *arg)
{
    *t = (struct timer){.fn = fn, .arg = arg};
}

void timer_set(struct timer *t, uint64_t deadline_ns)
{
    bool was_masked = upcall_mask();

    if (t->armed)
        LIST_REMOVE(t, link);
    t->deadline_ns = deadline_ns;
    t->armed = true;
    insert(t);
    if (LIST_FIRST(&armed) == t)
        program();
    upcall_restore(was_masked);
}

bool timer_cancel(struct timer *t)
{
    bool was_masked = upcall_mask();
    bool was_armed = t->armed;

    if (was_armed)
        LIST_REMOVE(t, link);
    t->armed = false;
    upcall_restore(was_masked);
    return was_armed;
}

static void expire(evtchn_port_t port, void *arg)
{
    struct timer *t;

    while ((t = LIST_FIRST(&armed)) && t->deadline_ns <= clock_ns()) {
        LIST_REMOVE(t, link);
        t->armed = false;
        t->fn(t, t->arg);
    }
    program();
}

void timers_init(void)
{
    /* A vCPU begins with a tick every 10 ms that nobody asked for. */
    hypercall_vcpu_op(VCPUOP_stop_periodic_timer, this_vcpu()->id, NULL);
    if (evtchn_bind_virq(VIRQ_TIMER, expire, NULL) < 0)
        panic("cannot bind the timer");
}

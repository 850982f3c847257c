/* SPDX-License-Identifier: MIT */
#include "domain/console.h"
#include "event/upcall.h"
#include "hal.h"
#include "sched/clock.h"
#include "sched/runqueue.h"
#include "sched/timer.h"
#include "x86/cpu.h"
#include "x86/devices.h"
#include "x86/entry/entry.h"
#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/trap/trap.h"

static bool fx_is_empty(const struct effects *fx)
{
    return !(fx->flush.bits | fx->flush_page.bits | fx->resched.bits) &&
           !fx->rearm_timer;
}

static void flush_page(struct percpu *c, cpumask_t m, uint64_t va)
{
    if (cpumask_has(m, c->cpu)) {
        invlpg(va);
        cpumask_remove(&m, c->cpu);
    }
    /* Elsewhere one page is not worth a request of its own. */
    if (!cpumask_is_empty(m))
        hal_flush_tlb(m);
}

static void resched(struct percpu *c, cpumask_t m)
{
    unsigned int cpu;

    cpumask_for_each(cpu, m)
        __atomic_store_n(&percpu_of(cpu)->resched, true, __ATOMIC_SEQ_CST);
    smp_send(m, VEC_RESCHED);
}

static void apply(struct percpu *c, struct effects *fx)
{
    if (!cpumask_is_empty(fx->flush))
        hal_flush_tlb(fx->flush);
    if (!cpumask_is_empty(fx->flush_page))
        flush_page(c, fx->flush_page, fx->flush_va);
    if (!cpumask_is_empty(fx->resched))
        resched(c, fx->resched);
    if (fx->rearm_timer)
        c->rearm = true;
    effects_init(fx);
}

static void set_timer(struct percpu *c)
{
    uint64_t now = hal_now_ns();
    uint64_t deadline = timer_next(&the_hv, c->cpu);
    uint64_t slice = sched_slice_end(&the_hv, c->cpu);
    uint64_t tick = now + WATCHDOG_TICK_NS;

    if (slice < deadline)
        deadline = slice;
    if (tick < deadline)
        deadline = tick;
    c->rearm = false;
    apic_set_timer(deadline, now);
}

/* What interrupts left to do. */
static void serve_interrupts(struct percpu *c, struct effects *fx)
{
    uint64_t now;
    int ch;

    if (c->uart_fired) {
        c->uart_fired = false;
        while ((ch = uart_read()) >= 0)
            console_input(&the_hv, (char)ch, fx);
    }
    if (!c->timer_fired)
        return;
    c->timer_fired = false;
    c->rearm = true;
    now = hal_now_ns();
    watchdog_tick(c->cpu, now);
    timers_run(&the_hv, c->cpu, now, fx);
    if (now >= sched_slice_end(&the_hv, c->cpu))
        c->resched = true;
}

static void schedule(struct percpu *c, struct effects *fx)
{
    struct vcpu *next;

    /* Before the choice: whoever asks later is heard. */
    __atomic_store_n(&c->resched, false, __ATOMIC_SEQ_CST);
    next = sched_pick(&the_hv, c->cpu, hal_now_ns(), fx);
    if (next != c->current)
        context_switch(c, next, fx);
    c->rearm = true;
}

/*
 * Nothing to run: wait for interrupts. sti takes effect behind hlt, so one
 * that comes in between ends the halt.
 */
static void wait(struct percpu *c, struct effects *fx)
{
    if (!fx_is_empty(fx) || c->resched || c->timer_fired || c->uart_fired)
        return;
    if (c->rearm)
        set_timer(c);
    sti_hlt();
    tlb_serve();
}

/*
 * Push one frame, if there is a reason; each takes its reason away. The last
 * one pushed is the first to be handled: an event interrupts an NMI's
 * handler only if that does not mask events.
 */
static bool deliver(struct percpu *c, struct vcpu *v, struct effects *fx)
{
    if (unlikely(c->segment_bad)) {
        c->segment_bad = false;
        bounce_callback(v, CALLBACKTYPE_failsafe, fx);
    } else if (unlikely(v->entry.nmi_pending) && !v->entry.nmi_masked) {
        v->entry.nmi_pending = false;
        v->entry.nmi_masked = true;
        bounce_trap(v, VEC_NMI, 0, fx);
    } else if (vcpu_upcall_wanted(v)) {
        bounce_callback(v, CALLBACKTYPE_event, fx);
    } else {
        return false;
    }
    return true;
}

void exit_work(struct effects *fx)
{
    struct percpu *c = this_cpu();

    for (;;) {
        if (!fx_is_empty(fx))
            apply(c, fx);
        if (unlikely(c->timer_fired || c->uart_fired)) {
            serve_interrupts(c, fx);
            continue;
        }
        if (unlikely(c->resched)) {
            schedule(c, fx);
            continue;
        }
        if (unlikely(!c->current)) {
            wait(c, fx);
            continue;
        }
        if (vcpu_publish_wanted(c->current))
            vcpu_publish(c->current);
        if (!deliver(c, c->current, fx))
            break;
    }
    if (c->rearm)
        set_timer(c);
}

void exit_first(void)
{
    struct effects fx;

    effects_init(&fx);
    this_cpu()->resched = true;
    exit_work(&fx);
    enter_guest();
}

/* SPDX-License-Identifier: MIT */
#include "sched/timer.h"

#include <string.h>

#include "bug.h"
#include "hal.h"

static int timer_compare(const struct timer *a, const struct timer *b)
{
    if (a->deadline_ns != b->deadline_ns)
        return a->deadline_ns < b->deadline_ns ? -1 : 1;
    /* Equal deadlines must differ as keys: any fixed order will do. */
    return a < b ? -1 : a > b;
}

RB_GENERATE_STATIC(timer_tree, timer, node, timer_compare)

void timer_init_cpu(struct hv *hv, unsigned int cpu)
{
    struct hv_cpu *c = &hv->cpus[cpu];

    spin_lock_init(&c->timer_lock, LOCK_TIMER);
    RB_INIT(&c->timers);
}

void timer_init(struct timer *t,
                void (*fire)(struct timer *, uint64_t, struct effects *))
{
    memset(t, 0, sizeof(*t));
    t->fire = fire;
}

/*
 * Lock the queue that t belongs to. t->cpu changes only under the lock of
 * the CPU it names, so what it says with that lock held is true.
 */
static struct hv_cpu *lock_queue(struct hv *hv, struct timer *t)
{
    for (;;) {
        unsigned int cpu = t->cpu;
        struct hv_cpu *c = &hv->cpus[cpu];

        spin_lock(&c->timer_lock);
        if (cpu == t->cpu)
            return c;
        spin_unlock(&c->timer_lock);
    }
}

static void unlink_locked(struct hv_cpu *c, struct timer *t)
{
    if (!t->armed)
        return;
    RB_REMOVE(timer_tree, &c->timers, t);
    t->armed = false;
}

void timer_arm(struct hv *hv, struct timer *t, unsigned int cpu,
               uint64_t deadline_ns, struct effects *fx)
{
    struct hv_cpu *c;
    bool first;

    for (;;) {
        c = lock_queue(hv, t);
        unlink_locked(c, t);
        if (t->cpu == cpu)
            break;
        write_relaxed(t->cpu, cpu);
        spin_unlock(&c->timer_lock);
    }
    t->deadline_ns = deadline_ns;
    t->armed = true;
    RB_INSERT(timer_tree, &c->timers, t);
    first = RB_MIN(timer_tree, &c->timers) == t;
    spin_unlock(&c->timer_lock);

    if (first && cpu == hal_cpu())
        fx->rearm_timer = true;
    else if (first)
        effects_resched(fx, cpu);
}

void timer_disarm(struct hv *hv, struct timer *t)
{
    struct hv_cpu *c = lock_queue(hv, t);

    unlink_locked(c, t);
    spin_unlock(&c->timer_lock);
}

/*
 * It fires on the CPU it was last armed for, or, moved while it fired, on an
 * earlier one: ask all. Its function may arm it again, so disarm once more.
 */
void timer_stop(struct hv *hv, struct timer *t)
{
    timer_disarm(hv, t);
    for (unsigned int cpu = 0; cpu < CONFIG_MAX_CPUS; cpu++) {
        struct timer **firing = &hv->cpus[cpu].firing;

        while (__atomic_load_n(firing, __ATOMIC_ACQUIRE) == t)
            hal_relax();
    }
    timer_disarm(hv, t);
}

/* Take the earliest timer of c, if it is due. */
static struct timer *take_due(struct hv_cpu *c, uint64_t now_ns)
{
    struct timer *t;

    spin_guard(&c->timer_lock);
    t = RB_MIN(timer_tree, &c->timers);
    if (t && t->deadline_ns > now_ns)
        t = NULL;
    if (t)
        unlink_locked(c, t);
    __atomic_store_n(&c->firing, t, __ATOMIC_RELEASE);
    return t;
}

void timers_run(struct hv *hv, unsigned int cpu, uint64_t now_ns,
                struct effects *fx)
{
    struct timer *t;

    fx->rearm_timer = true;
    while ((t = take_due(&hv->cpus[cpu], now_ns)) != NULL)
        t->fire(t, now_ns, fx);
}

uint64_t timer_next(struct hv *hv, unsigned int cpu)
{
    struct hv_cpu *c = &hv->cpus[cpu];
    const struct timer *t;

    spin_guard(&c->timer_lock);
    t = RB_MIN(timer_tree, &c->timers);
    return t ? t->deadline_ns : UINT64_MAX;
}

void timers_check(struct hv *hv, unsigned int cpu)
{
    struct hv_cpu *c = &hv->cpus[cpu];
    struct timer *t;
    uint64_t last = 0;

    spin_guard(&c->timer_lock);
    RB_FOREACH (t, timer_tree, &c->timers) {
        BUG_ON(!t->armed || t->cpu != cpu || t->deadline_ns < last);
        last = t->deadline_ns;
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * Caps: a domain's vCPUs together may run for a part of each period. Each
 * takes what it needs for its turn out of the domain's budget, and gives back
 * what it has not used. When nothing is left, the CPUs that meet one of them
 * park it: it wants no CPU until the timer tells of the next budget.
 *
 * A CPU parks under its queue's lock because there is no budget, and the timer
 * unparks under it after there is: none is left parked.
 */
#include "sched/runqueue.h"

#include "bug.h"
#include "hal.h"
#include "sched/timer.h"

#define PERIOD_NS 10000000l

static uint16_t percent_of(const struct domain *d)
{
    return __atomic_load_n(&d->cap.percent, __ATOMIC_RELAXED);
}

/* What one period brings. Lock: cap.lock, as in the next two. */
static int64_t quota(const struct domain_cap *cap)
{
    return cap->percent * (PERIOD_NS / 100);
}

/* The periods that it takes from now on until there is budget again. */
static uint64_t periods_to_budget(const struct domain_cap *cap)
{
    return cap->budget_ns > 0 ? 0
                              : (uint64_t)(-cap->budget_ns / quota(cap)) + 1;
}

/* Periods have gone by: debts are paid, but nothing is saved up. */
static void refill(struct domain_cap *cap, uint64_t now_ns)
{
    uint64_t gone;

    if (now_ns < cap->refilled_ns + PERIOD_NS)
        return;
    gone = (now_ns - cap->refilled_ns) / PERIOD_NS;
    cap->refilled_ns += gone * PERIOD_NS;
    if (gone > periods_to_budget(cap))
        cap->budget_ns = quota(cap);
    else
        cap->budget_ns += (int64_t)gone * quota(cap);
    if (cap->budget_ns > quota(cap))
        cap->budget_ns = quota(cap);
}

bool cap_is_spent(struct domain *d, uint64_t now_ns)
{
    if (likely(!percent_of(d)))
        return false;
    spin_guard(&d->cap.lock);
    if (!d->cap.percent)
        return false;
    refill(&d->cap, now_ns);
    return d->cap.budget_ns <= 0;
}

int64_t cap_take(struct domain *d, int64_t most_ns, uint64_t now_ns)
{
    if (likely(!percent_of(d)))
        return most_ns;
    spin_guard(&d->cap.lock);
    if (!d->cap.percent)
        return most_ns;
    refill(&d->cap, now_ns);
    if (most_ns > d->cap.budget_ns)
        most_ns = d->cap.budget_ns > 0 ? d->cap.budget_ns : 0;
    d->cap.budget_ns -= most_ns;
    return most_ns;
}

void cap_give(struct domain *d, int64_t ns)
{
    if (likely(!percent_of(d)))
        return;
    spin_guard(&d->cap.lock);
    d->cap.budget_ns += ns;
}

void cap_wait(struct domain *d, uint64_t now_ns, struct effects *fx)
{
    uint64_t due = now_ns;

    spin_lock(&d->cap.lock);
    if (d->cap.percent)
        due = d->cap.refilled_ns + periods_to_budget(&d->cap) * PERIOD_NS;
    spin_unlock(&d->cap.lock);
    timer_arm(d->hv, &d->cap.timer, hal_cpu(), due, fx);
}

static void unpark_all(struct domain *d, uint64_t now_ns, struct effects *fx)
{
    struct vcpu *v;

    domain_for_each_vcpu (d, v)
        vcpu_unpark(v, now_ns, fx);
}

static void fire(struct timer *t, uint64_t now_ns, struct effects *fx)
{
    unpark_all(container_of(t, struct domain, cap.timer), now_ns, fx);
}

void domain_set_cap(struct domain *d, uint16_t percent, struct effects *fx)
{
    uint64_t now_ns = hal_now_ns();

    spin_lock(&d->cap.lock);
    __atomic_store_n(&d->cap.percent, percent, __ATOMIC_RELAXED);
    d->cap.budget_ns = quota(&d->cap);
    d->cap.refilled_ns = now_ns;
    spin_unlock(&d->cap.lock);
    unpark_all(d, now_ns, fx);
}

void cap_init(struct domain *d)
{
    spin_lock_init(&d->cap.lock, LOCK_CAP);
    timer_init(&d->cap.timer, fire);
}

/* SPDX-License-Identifier: MIT */
/*
 * Which CPU a vCPU waits for: chosen when it wakes, changed when a CPU has
 * nothing to do, or when others are much further behind than its own.
 */
#include "bug.h"
#include "hal.h"
#include "sched/runqueue.h"

struct hv_cpu *lock_queue_of(const struct vcpu *v)
{
    for (;;) {
        unsigned int cpu = v->sched.cpu;
        struct hv_cpu *c = &v->d->hv->cpus[cpu];

        spin_lock(&c->sched_lock);
        if (cpu == v->sched.cpu)
            return c;
        spin_unlock(&c->sched_lock);
    }
}

/* Take cpu out of the idle set; true if nobody else did before. */
static bool claim_idle(struct hv *hv, unsigned int cpu)
{
    uint64_t bit = cpumask_of(cpu).bits;

    return __atomic_fetch_and(&hv->idle.bits, ~bit, __ATOMIC_SEQ_CST) & bit;
}

/* An idle CPU of mask, claimed; the one asked for if it is idle. -1: none. */
static int claim_any_idle(struct hv *hv, cpumask_t mask, unsigned int wish)
{
    cpumask_t idle = cpumask_and(cpumask_read(&hv->idle), mask);
    unsigned int cpu;

    if (cpumask_has(idle, wish) && claim_idle(hv, wish))
        return (int)wish;
    cpumask_for_each(cpu, idle)
    {
        if (claim_idle(hv, cpu))
            return (int)cpu;
    }
    return -1;
}

/* The CPU of mask with the shortest queue. */
static unsigned int least_loaded(struct hv *hv, cpumask_t mask)
{
    unsigned int cpu, best = cpumask_first(mask);

    cpumask_for_each(cpu, mask)
    {
        if (hv->cpus[cpu].queue_count < hv->cpus[best].queue_count)
            best = cpu;
    }
    return best;
}

/* c has got v in its queue: does it have to choose again? c is locked. */
static void preempt(struct hv_cpu *c, struct vcpu *v, uint64_t now_ns,
                    struct effects *fx)
{
    struct vcpu *current = c->current;

    if (current) {
        sched_account(current, true, now_ns);
        if (vcpu_wants_cpu(current) &&
            current->sched.credit <= v->sched.credit + SCHED_LEAD_NS)
            return;
    }
    effects_resched(fx, v->sched.cpu);
}

/*
 * While v's registers are on a CPU it stays in that CPU's queue: no other
 * can run it yet. sched_switched asks again.
 */
void sched_place(struct hv_cpu *c, struct vcpu *v, uint64_t now_ns,
                 struct effects *fx)
{
    struct hv *hv = v->d->hv;
    cpumask_t allowed = cpumask_and(vcpu_allowed(v), hv->online);
    cpumask_t liked = vcpu_liked(v);
    unsigned int from = v->sched.cpu, to = from;
    int idle = -1;

    if (!v->sched.on_cpu && !cpumask_is_empty(allowed)) {
        idle = claim_any_idle(hv, liked, from);
        if (idle < 0)
            idle = claim_any_idle(hv, allowed, from);
        if (idle >= 0)
            to = (unsigned int)idle;
        else if (!cpumask_has(liked, from))
            to = least_loaded(hv, liked);
    }
    if (to != from) {
        /* v is in no queue now: whoever comes in between finds it so, and
         * may place it before us. */
        v->sched.credit += hv->cpus[to].floor - c->floor;
        write_relaxed(v->sched.cpu, to);
        spin_unlock(&c->sched_lock);
        c = lock_queue_of(v);
        if (v->sched.queued || c->current == v || !vcpu_wants_cpu(v)) {
            effects_resched(fx, to); /* claimed in vain: let it look */
            spin_unlock(&c->sched_lock);
            return;
        }
    }
    sched_account(v, false, now_ns);
    queue_join(c, v);
    preempt(c, v, now_ns, fx);
    spin_unlock(&c->sched_lock);
    if (idle >= 0) {
        effects_resched(fx, (unsigned int)idle);
        return;
    }
    /* A CPU that went idle since we looked has not seen v. */
    idle = claim_any_idle(hv, allowed, to);
    if (idle >= 0)
        effects_resched(fx, (unsigned int)idle);
}

/*
 * Two that wake at the same time may be placed on one CPU, the second because
 * it may use no other: the first then waits beside idle ones.
 */
void sched_offer(struct hv *hv, const struct hv_cpu *c, struct effects *fx)
{
    const struct vcpu *v;
    int idle;

    TAILQ_FOREACH (v, &c->queue, sched.link) {
        if (v->sched.on_cpu) /* sched_switched will ask */
            continue;
        idle = claim_any_idle(hv, vcpu_allowed(v), v->sched.cpu);
        if (idle >= 0)
            effects_resched(fx, (unsigned int)idle);
    }
}

/* ---------------------------------------------------------------- pull */

/* The queue whose first has the least usage, below limit. -1: none. */
static int find_waiting(struct hv *hv, unsigned int cpu, uint64_t limit,
                        cpumask_t tried)
{
    cpumask_t others = {hv->online.bits & ~tried.bits};
    unsigned int other;
    int best = -1;

    cpumask_remove(&others, cpu);
    cpumask_for_each(other, others)
    {
        uint64_t usage =
            __atomic_load_n(&hv->cpus[other].head_usage, __ATOMIC_SEQ_CST);

        if (usage < limit) {
            limit = usage;
            best = (int)other;
        }
    }
    return best;
}

/*
 * Who of that queue comes here. To an idle CPU the first that likes it, or
 * else the first, who waits longest. To a busy one that it likes, somebody who
 * had less than those here (limit), but not less than those who stay there:
 * whoever stays gains by it, and of two that share a CPU the one that had less
 * shall be alone.
 */
static struct vcpu *choose(const struct hv_cpu *there, unsigned int cpu,
                           uint64_t limit)
{
    struct vcpu *v, *best = NULL;
    uint64_t least = 0;

    if (limit != UINT64_MAX && there->current)
        least = there->current->sched.usage;
    TAILQ_FOREACH (v, &there->queue, sched.link) {
        bool likes = cpumask_has(vcpu_liked(v), cpu);

        if (v->sched.on_cpu || !vcpu_may_use(v, cpu))
            continue;
        if (limit == UINT64_MAX) {
            if (likes)
                return v;
            if (!best)
                best = v;
        } else if (likes && v->sched.usage < limit && v->sched.usage >= least) {
            least = v->sched.usage;
            best = v;
        }
    }
    return best;
}

static bool steal(struct hv *hv, unsigned int from, unsigned int cpu,
                  uint64_t limit, uint64_t now_ns)
{
    struct hv_cpu *there = &hv->cpus[from], *here = &hv->cpus[cpu];
    struct vcpu *v;

    spin_lock_pair(&there->sched_lock, &here->sched_lock);
    if (there->current)
        sched_account(there->current, true, now_ns);
    v = choose(there, cpu, limit);
    if (v) {
        queue_remove(there, v);
        v->sched.credit += here->floor - there->floor;
        write_relaxed(v->sched.cpu, cpu);
        queue_join(here, v);
    }
    spin_unlock_pair(&there->sched_lock, &here->sched_lock);
    return v != NULL;
}

bool sched_pull(struct hv *hv, unsigned int cpu, uint64_t limit,
                uint64_t now_ns)
{
    cpumask_t tried = CPUMASK_NONE;
    int from;

    while ((from = find_waiting(hv, cpu, limit, tried)) >= 0) {
        if (steal(hv, (unsigned int)from, cpu, limit, now_ns))
            return true;
        cpumask_add(&tried, (unsigned int)from);
    }
    return false;
}

/* SPDX-License-Identifier: MIT */
/*
 * One CPU's queue, and the choice of what it runs. What moves vCPUs between
 * CPUs is in balance.c; what makes them want to run or not, in vcpu.c.
 */
#include "sched/runqueue.h"

#include "bug.h"
#include "hal.h"
#include "sched/clock.h"

/* Weight at which a nanosecond of running costs a nanosecond of credit. */
#define WEIGHT_UNIT 256

void sched_init_cpu(struct hv *hv, unsigned int cpu)
{
    struct hv_cpu *c = &hv->cpus[cpu];

    spin_lock_init(&c->sched_lock, LOCK_SCHED);
    TAILQ_INIT(&c->queue);
    c->head_usage = UINT64_MAX;
    c->slice_end_ns = UINT64_MAX;
}

uint64_t sched_slice_end(struct hv *hv, unsigned int cpu)
{
    return __atomic_load_n(&hv->cpus[cpu].slice_end_ns, __ATOMIC_RELAXED);
}

/* ------------------------------------------------------------- queue */

static void note_head(struct hv_cpu *c)
{
    struct vcpu *head = TAILQ_FIRST(&c->queue);

    __atomic_store_n(&c->head_usage, head ? head->sched.usage : UINT64_MAX,
                     __ATOMIC_SEQ_CST);
}

void queue_insert(struct hv_cpu *c, struct vcpu *v)
{
    struct vcpu *other;

    ASSERT(spin_is_held(&c->sched_lock) && !v->sched.queued);
    TAILQ_FOREACH (other, &c->queue, sched.link) {
        if (v->sched.credit < other->sched.credit)
            break;
    }
    if (other)
        TAILQ_INSERT_BEFORE(other, v, sched.link);
    else
        TAILQ_INSERT_TAIL(&c->queue, v, sched.link);
    v->sched.queued = true;
    write_relaxed(c->queue_count, c->queue_count + 1);
    note_head(c);
}

void queue_remove(struct hv_cpu *c, struct vcpu *v)
{
    ASSERT(spin_is_held(&c->sched_lock) && v->sched.queued);
    TAILQ_REMOVE(&c->queue, v, sched.link);
    v->sched.queued = false;
    write_relaxed(c->queue_count, c->queue_count - 1);
    note_head(c);
}

void queue_join(struct hv_cpu *c, struct vcpu *v)
{
    int64_t least = c->floor - SCHED_BONUS_NS;
    int64_t most = c->floor + SCHED_AHEAD_NS;

    if (v->sched.credit < least)
        v->sched.credit = least;
    if (v->sched.credit > most)
        v->sched.credit = most;
    queue_insert(c, v);
}

/* -------------------------------------------------------- accounting */

/* What is left of a usage after elapsed ns: the curve's tangent. */
static uint64_t fade(uint64_t usage, uint64_t elapsed)
{
    if (elapsed >= SCHED_FADE_NS)
        return 0;
    return usage - usage / SCHED_FADE_NS * elapsed -
           usage % SCHED_FADE_NS * elapsed / SCHED_FADE_NS;
}

/* Clocks of two CPUs may differ by a little: time never runs backwards. */
void sched_account(struct vcpu *v, bool ran, uint64_t now_ns)
{
    uint64_t elapsed, cost, usage;

    if (now_ns <= v->sched.since_ns)
        return;
    elapsed = now_ns - v->sched.since_ns;
    v->sched.since_ns = now_ns;
    usage = fade(v->sched.usage, elapsed);
    if (ran) {
        v->sched.turn_ns -= (int64_t)elapsed;
        cost = elapsed * WEIGHT_UNIT / v->d->weight;
        v->sched.credit += (int64_t)cost;
        usage += cost;
    }
    write_relaxed(v->sched.usage, usage);
}

/* The floor below which nobody who comes here is set; never sinks. */
static void raise_floor(struct hv_cpu *c)
{
    const struct vcpu *head = TAILQ_FIRST(&c->queue);
    int64_t least = head ? head->sched.credit : INT64_MAX;

    if (c->current && c->current->sched.credit < least)
        least = c->current->sched.credit;
    if (least != INT64_MAX && least > c->floor)
        write_relaxed(c->floor, least);
}

/* ------------------------------------------------------------ choice */

/* Whether v's domain has had its time, and v waits for the next. */
static bool park(struct vcpu *v, uint64_t now_ns, struct effects *fx)
{
    if (v->sched.turn_ns > 0 || !cap_is_spent(v->d, now_ns))
        return false;
    v->sched.parked = true;
    cap_wait(v->d, now_ns, fx);
    return true;
}

/* The first in c's queue that may run on cpu now. */
static struct vcpu *first_allowed(struct hv_cpu *c, unsigned int cpu,
                                  uint64_t now_ns, struct effects *fx)
{
    struct vcpu *v = TAILQ_FIRST(&c->queue), *next;

    for (; v; v = next) {
        next = TAILQ_NEXT(v, sched.link);
        if (!vcpu_may_use(v, cpu) || v->sched.leaving)
            continue;
        if (!park(v, now_ns, fx))
            return v;
        queue_remove(c, v);
    }
    return NULL;
}

/* A CPU that v likes better than cpu has nothing to do. */
static bool better_elsewhere(const struct vcpu *v, unsigned int cpu)
{
    cpumask_t liked = vcpu_liked(v);

    return !cpumask_has(liked, cpu) &&
           !cpumask_is_empty(cpumask_and(liked, cpumask_read(&v->d->hv->idle)));
}

/* Whether current goes on although first waits. */
static bool current_stays(struct hv_cpu *c, unsigned int cpu,
                          const struct vcpu *first, uint64_t now_ns,
                          struct effects *fx)
{
    struct vcpu *v = c->current;
    int64_t lead;

    if (!v || !vcpu_wants_cpu(v) || !vcpu_may_use(v, cpu) ||
        park(v, now_ns, fx))
        return false;
    v->sched.leaving = now_ns >= c->slice_end_ns && better_elsewhere(v, cpu);
    if (v->sched.leaving)
        return false;
    if (!first)
        return true;
    if (v->sched.yield) {
        /* Whoever yields gives up the lead that would bring it back at
         * once. */
        if (v->sched.credit < first->sched.credit)
            v->sched.credit = first->sched.credit;
        return false;
    }
    lead = now_ns >= c->slice_end_ns ? 0 : SCHED_LEAD_NS;
    return v->sched.credit <= first->sched.credit + lead;
}

/* Current leaves the CPU, its registers still in it. */
static void put_current(struct hv_cpu *c, uint64_t now_ns)
{
    struct vcpu *v = c->current;

    c->current = NULL;
    v->sched.yield = false;
    if (v->sched.run == VCPU_RUNNING)
        write_relaxed(v->sched.run, VCPU_RUNNABLE);
    cap_give(v->d, v->sched.turn_ns);
    v->sched.turn_ns = 0;
    runstate_change(v, vcpu_waiting_state(v), now_ns);
    if (vcpu_wants_cpu(v))
        queue_insert(c, v);
}

/* How long v, which is current, runs until the next look. */
static uint64_t begin_turn(struct vcpu *v, uint64_t now_ns)
{
    int64_t more = SCHED_SLICE_NS - v->sched.turn_ns;

    v->sched.turn_ns += cap_take(v->d, more, now_ns);
    return v->sched.turn_ns > 0 ? (uint64_t)v->sched.turn_ns : 0;
}

static void set_current(struct hv_cpu *c, struct vcpu *v, uint64_t now_ns)
{
    queue_remove(c, v);
    c->current = v;
    write_relaxed(v->sched.run, VCPU_RUNNING);
    write_relaxed(v->sched.on_cpu, true);
    sched_account(v, false, now_ns);
    runstate_change(v, RUNSTATE_running, now_ns);
}

static struct vcpu *pick_local(struct hv *hv, unsigned int cpu, uint64_t now_ns,
                               struct effects *fx)
{
    struct hv_cpu *c = &hv->cpus[cpu];
    struct vcpu *first;

    spin_guard(&c->sched_lock);
    if (c->current)
        sched_account(c->current, true, now_ns);
    first = first_allowed(c, cpu, now_ns, fx);
    if (!current_stays(c, cpu, first, now_ns, fx)) {
        if (c->current)
            put_current(c, now_ns);
        if (first)
            set_current(c, first, now_ns);
        c->slice_end_ns = 0;
    }
    if (!c->current)
        c->slice_end_ns = UINT64_MAX;
    else if (now_ns >= c->slice_end_ns)
        c->slice_end_ns = now_ns + begin_turn(c->current, now_ns);
    if (c->current)
        c->current->sched.yield = false;
    raise_floor(c);
    if (c->current && c->queue_count > 0 &&
        !cpumask_is_empty(cpumask_read(&hv->idle)))
        sched_offer(hv, c, fx);
    return c->current;
}

/*
 * Nothing to run here. The CPU first says that it is idle and then looks at
 * the others, whoever queues a vCPU does so before it looks for idle CPUs:
 * one of the two sees the other.
 */
static struct vcpu *pick_idle(struct hv *hv, unsigned int cpu, uint64_t now_ns,
                              struct effects *fx)
{
    struct vcpu *v = NULL;

    cpumask_add_atomic(&hv->idle, cpu);
    while (!v && sched_pull(hv, cpu, UINT64_MAX, now_ns))
        v = pick_local(hv, cpu, now_ns, fx);
    if (!v)
        v = pick_local(hv, cpu, now_ns, fx);
    if (v)
        cpumask_remove_atomic(&hv->idle, cpu);
    return v;
}

struct vcpu *sched_pick(struct hv *hv, unsigned int cpu, uint64_t now_ns,
                        struct effects *fx)
{
    struct hv_cpu *c = &hv->cpus[cpu];
    struct vcpu *prev = c->current;
    struct vcpu *next;
    uint64_t usage;

    ASSERT(cpu == hal_cpu());
    /* Once: others, who look for work, account for it meanwhile. */
    usage = prev ? prev->sched.usage : 0;
    if (usage > SCHED_PULL_NS && now_ns >= c->slice_end_ns)
        sched_pull(hv, cpu, usage - SCHED_PULL_NS, now_ns);
    next = pick_local(hv, cpu, now_ns, fx);
    if (!next)
        next = pick_idle(hv, cpu, now_ns, fx);
    else if (cpumask_has(cpumask_read(&hv->idle), cpu))
        cpumask_remove_atomic(&hv->idle, cpu);

    if (prev != next) {
        fx->rearm_timer = true;
        if (prev)
            clock_switch_out(prev);
        if (next)
            clock_switch_in(next, cpu, now_ns, fx);
    }
    return next;
}

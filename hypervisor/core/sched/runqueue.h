/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: which vCPU runs on which CPU. docs/design/0002-scheduler.md
 * says why it is made so.
 *
 * Every CPU has a queue of the vCPUs that want to run, ordered by credit:
 * the time each has used, divided by its domain's weight. The least runs
 * first. Whoever wakes is set no further behind the others than
 * SCHED_BONUS_NS, so it runs soon, but cannot save up while it sleeps.
 * Credits of two queues do not compare: a vCPU that moves keeps its distance
 * to the floor of its queue. What compares between CPUs is usage: the same
 * weighted time, but fading, so that it says what a vCPU had of late.
 *
 * How a switch goes:
 *   next = sched_pick(...)   account, choose; prev may still be on the CPU
 *   vcpu_publish(prev)       (sched/clock.h) on prev's page tables
 *   ... x86 saves prev's registers, loads next's ...
 *   sched_switched(prev)     from here others may run prev or change it
 * When sched_pick returns the vCPU whose registers are loaded there is
 * nothing to switch. When it returns NULL, x86 saves all the same.
 *
 * Invariants:
 *  - a vCPU with on_cpu is in the queue of that CPU, is its current, or is
 *    not runnable: no other CPU takes it;
 *  - a vCPU is in a queue iff it is VCPU_RUNNABLE, not paused and not
 *    current;
 *  - a CPU in hv->idle has looked for work after it entered that set.
 *
 * Locks: the queue's sched_lock, taken inside; call with no sched or timer
 * lock held.
 */
#ifndef SCHED_RUNQUEUE_H
#define SCHED_RUNQUEUE_H

#include <domain.h>
#include "effects.h"
#include "vcpu.h"

/* How long a vCPU runs before an equal gets its turn. */
#define SCHED_SLICE_NS 10000000ll
/* How far behind a running vCPU one must be to take over at once. */
#define SCHED_LEAD_NS 1000000ll
/* The most credit that waking up is worth. */
#define SCHED_BONUS_NS 5000000ll
/* The most that a newcomer to a queue may be ahead of the others. */
#define SCHED_AHEAD_NS 100000000ll
/* Usage fades over about this time: 134 ms. A vCPU that runs all the time
 * has this usage, at the default weight. */
#define SCHED_FADE_NS (1ull << 27)
/* By how much less usage a vCPU that waits elsewhere is pulled to a CPU. */
#define SCHED_PULL_NS (SCHED_FADE_NS / 8)

/* Called once for each CPU: nothing to run. */
void sched_init_cpu(struct hv *hv, unsigned int cpu);

/*
 * Set up v's scheduling and timers: offline, allowed on every CPU, 10 ms
 * periodic timer. Called by vcpu_create; v->d->vcpus[] need not hold v yet.
 */
void vcpu_sched_init(struct vcpu *v);

/* Last step before v's memory goes: no timer fires any more. v is quiet. */
void vcpu_sched_destroy(struct vcpu *v);

/*
 * Choose what cpu, which is this CPU, runs next: a vCPU, or NULL for idle.
 * Does all accounting. May raise VIRQ_TIMER of the vCPU it returns.
 */
struct vcpu *sched_pick(struct hv *hv, unsigned int cpu, uint64_t now_ns,
                        struct effects *fx);

/* prev's registers are in memory now; it is on no CPU. */
void sched_switched(struct vcpu *prev, struct effects *fx);

/* When cpu must pick again although nothing happens; UINT64_MAX: never. */
uint64_t sched_slice_end(struct hv *hv, unsigned int cpu);

/*
 * v becomes runnable if it is blocked, or if it is offline (VCPUOP_up); else
 * nothing. From any CPU.
 */
void vcpu_wake(struct vcpu *v, uint64_t now_ns, struct effects *fx);
void vcpu_up(struct vcpu *v, uint64_t now_ns, struct effects *fx);

/* Stop v (VCPUOP_down), which may be stopped already. */
void vcpu_down(struct vcpu *v, struct effects *fx);

/*
 * v, the caller, sleeps from the next sched_pick on. A full barrier: set
 * what ends the sleep, block, then look whether it has come meanwhile, and
 * if so vcpu_wake(v).
 */
void vcpu_block(struct vcpu *v, struct effects *fx);

/* v, the caller, lets the first in the queue go before it, once. */
void vcpu_yield(struct vcpu *v, struct effects *fx);

/*
 * One more, or one less, reason for v not to run, whatever else it is. From
 * any CPU; v may be on its CPU for a moment after vcpu_pause returns: fx
 * makes that CPU pick again, and vcpu_is_quiet tells when it has.
 */
void vcpu_pause(struct vcpu *v, struct effects *fx);
void vcpu_unpause(struct vcpu *v, struct effects *fx);

/* Whether v's registers are in v->saved, on no CPU. */
static inline bool vcpu_is_quiet(const struct vcpu *v)
{
    return !v->sched.on_cpu;
}

static inline bool vcpu_is_online(const struct vcpu *v)
{
    return v->sched.run != VCPU_OFFLINE;
}

/*
 * Restrict v to the CPUs of hard from its next turn on; of these it runs on
 * those of soft when it can choose, that is when one of them is idle. soft
 * may be anything: what is not in hard does not count, and if nothing is left,
 * all are liked.
 * Returns 0, -EINVAL (none of hard is online).
 */
must_check int vcpu_set_affinity(struct vcpu *v, cpumask_t hard, cpumask_t soft,
                                 struct effects *fx);

/*
 * Keep v on one CPU whatever its affinity says; cpu -1 undoes it.
 * Returns 0, -EINVAL (no such CPU online), -EBUSY (pinned already).
 */
must_check int vcpu_pin(struct vcpu *v, int cpu, struct effects *fx);

/* Where v's time went up to now; and of that, how long it ran, ns. */
struct vcpu_runstate_info vcpu_runstate(struct vcpu *v, uint64_t now_ns);
uint64_t vcpu_run_time(struct vcpu *v, uint64_t now_ns);

/*
 * Limit d's vCPUs, all together, to percent of one CPU's time, in periods of
 * 10 ms; 0: no limit. What one period leaves is lost.
 */
void domain_set_cap(struct domain *d, uint16_t percent, struct effects *fx);

/*
 * The calls: rows of pv-abi/sched_ops.def and vcpu_ops.def, which name the
 * errors. Source: abi/events-time-sched.md 6, 7.
 */
int64_t do_sched_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                    struct effects *fx);
int64_t do_vcpu_op(struct vcpu *v, uint32_t cmd, uint32_t id, guest_ptr_t arg,
                   struct effects *fx);

/*
 * d's watchdogs and cap: none set (called by domain_create); no timer fires
 * any more (a step of teardown: d is quiet, no lock is held).
 */
void domain_sched_init(struct domain *d);
void domain_sched_destroy(struct domain *d);

/* ---- inside of core/sched: "c" is locked in all that take one ---------- */

/* Whether v runs as soon as it finds a CPU. */
static inline bool vcpu_wants_cpu(const struct vcpu *v)
{
    return (v->sched.run == VCPU_RUNNABLE || v->sched.run == VCPU_RUNNING) &&
           v->sched.pause_count == 0 && !v->sched.parked;
}

/* RUNSTATE_* of v, which is on no CPU. Parked is offline, as on Xen: guests
 * take that and runnable together for time that was stolen. */
static inline int vcpu_waiting_state(const struct vcpu *v)
{
    if (v->sched.run == VCPU_OFFLINE || v->sched.pause_count > 0 ||
        v->sched.parked)
        return RUNSTATE_offline;
    return v->sched.run == VCPU_BLOCKED ? RUNSTATE_blocked : RUNSTATE_runnable;
}

/* The CPUs v may use now. */
static inline cpumask_t vcpu_allowed(const struct vcpu *v)
{
    return v->sched.pinned >= 0 ? cpumask_of((unsigned int)v->sched.pinned)
                                : v->sched.hard;
}

static inline bool vcpu_may_use(const struct vcpu *v, unsigned int cpu)
{
    return cpumask_has(vcpu_allowed(v), cpu);
}

/* Those of them that are online and that it likes; not empty. */
static inline cpumask_t vcpu_liked(const struct vcpu *v)
{
    cpumask_t may = cpumask_and(vcpu_allowed(v), v->d->hv->online);
    cpumask_t liked = cpumask_and(may, v->sched.soft);

    return cpumask_is_empty(liked) ? may : liked;
}

/* Lock the queue that v belongs to. */
struct hv_cpu *lock_queue_of(const struct vcpu *v);

/* c's queue is in order of credit, equals in order of arrival. */
void queue_insert(struct hv_cpu *c, struct vcpu *v);
void queue_remove(struct hv_cpu *c, struct vcpu *v);

/* The same for who comes from elsewhere: its credit is brought near. */
void queue_join(struct hv_cpu *c, struct vcpu *v);

/*
 * v's usage fades up to now; charge it for the time if it ran, which it did
 * iff it is current.
 */
void sched_account(struct vcpu *v, bool ran, uint64_t now_ns);

/* Whether no vCPU of d may run now, because of d's cap. */
bool cap_is_spent(struct domain *d, uint64_t now_ns);

/*
 * Take up to most_ns >= 0 for a turn of one of them; all of it without a cap.
 * Returns how much, ns. Give back what is left; below 0: it took longer.
 */
int64_t cap_take(struct domain *d, int64_t most_ns, uint64_t now_ns);
void cap_give(struct domain *d, int64_t ns);

/* One of them, v, is parked: have it back when the next budget comes. */
void cap_wait(struct domain *d, uint64_t now_ns, struct effects *fx);
void vcpu_unpark(struct vcpu *v, uint64_t now_ns, struct effects *fx);

void cap_init(struct domain *d);

/*
 * v wants a CPU and is neither queued nor current: choose a CPU for it and
 * put it in that queue. Takes c, the queue v belongs to, locked; releases it.
 */
void sched_place(struct hv_cpu *c, struct vcpu *v, uint64_t now_ns,
                 struct effects *fx);

/* Wake idle CPUs for those who wait in c's queue and may use them. */
void sched_offer(struct hv *hv, const struct hv_cpu *c, struct effects *fx);

/*
 * Bring to cpu, this CPU, a vCPU that waits elsewhere and has less usage
 * than limit; UINT64_MAX: any. Returns whether one came.
 */
bool sched_pull(struct hv *hv, unsigned int cpu, uint64_t limit,
                uint64_t now_ns);

#endif

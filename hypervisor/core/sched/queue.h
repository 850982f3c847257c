/* SPDX-License-Identifier: MIT */
/*
 * What the files of the scheduler share: inside of core/sched only.
 *
 * Locks: "c" is locked in every function that takes one.
 */
#ifndef SCHED_QUEUE_H
#define SCHED_QUEUE_H

#include <domain.h>
#include "hv.h"
#include "sched/runqueue.h"
#include "vcpu.h"

/* Whether v runs as soon as it finds a CPU. */
static inline bool vcpu_wants_cpu(const struct vcpu *v)
{
    return (v->sched.run == VCPU_RUNNABLE || v->sched.run == VCPU_RUNNING) &&
           v->sched.pause_count == 0;
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

/* Lock the queue that v belongs to. */
struct hv_cpu *lock_queue_of(const struct vcpu *v);

/* Keep the queue in order of credit; equals in order of arrival. */
void queue_insert(struct hv_cpu *c, struct vcpu *v);
void queue_remove(struct hv_cpu *c, struct vcpu *v);

/* Bring v's credit near to those of c, whose queue it is about to join. */
void queue_clamp_credit(const struct hv_cpu *c, struct vcpu *v);

/* Charge v, which is current somewhere, for its time up to now. */
void sched_account(struct vcpu *v, uint64_t now_ns);

/* v did not run up to now: its usage fades. */
void sched_account_waiting(struct vcpu *v, uint64_t now_ns);

/*
 * v wants a CPU and is neither queued nor current: choose a CPU for it and
 * put it in that queue. Takes c, the queue v belongs to, locked; releases it.
 */
void sched_place(struct hv_cpu *c, struct vcpu *v, uint64_t now_ns,
                 struct effects *fx);

/*
 * Bring to cpu, this CPU, a vCPU that waits elsewhere and has less usage
 * than limit; UINT64_MAX: any. Returns whether one came.
 */
bool sched_pull(struct hv *hv, unsigned int cpu, uint64_t limit,
                uint64_t now_ns);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Time as guests see it: the pvclock of each vCPU, the wall clock of each
 * domain, and the timers that raise VIRQ_TIMER.
 *
 * Source: abi/events-time-sched.md 7 (5-9, 13), 8, 9.
 */
#ifndef SCHED_CLOCK_H
#define SCHED_CLOCK_H

#include <domain.h>
#include "effects.h"
#include "sched/timer.h"
#include "vcpu.h"

/* A vCPU has a periodic timer of this period until it stops it. */
#define CLOCK_PERIOD_NS 10000000ull
/* What a guest may ask for as a period. */
#define CLOCK_PERIOD_MIN_NS 1000000ull
#define CLOCK_PERIOD_MAX_NS CLOCK_HORIZON_NS

/* A deadline further ahead than this is taken for a mistake: 13 days. */
#define CLOCK_HORIZON_NS (1ull << 50)

/*
 * Tell v that system time was now_ns when the TSC was tsc. With a stable TSC
 * (hv->machine.tsc_stable) the pair must be the same for every vCPU, so that
 * no two disagree. v is about to run on this CPU, or is not running.
 */
void vcpu_time_publish(struct vcpu *v, uint64_t tsc, uint64_t now_ns);

/* Write hv's wall clock, plus d's offset, to d's shared_info. */
void wallclock_publish(struct domain *d);

/* Set the wall clock at system time 0, and tell every domain. */
void wallclock_set(struct hv *hv, uint64_t sec, uint32_t nsec);

/*
 * Raise VIRQ_TIMER of v every period_ns while it runs; 0: no more. A vCPU
 * that was not running when a period ended gets one event when it runs
 * again. If v is not the caller (self), it begins with v's next turn.
 * Returns 0, -EINVAL (period out of range).
 */
must_check int clock_set_periodic(struct vcpu *v, uint64_t period_ns, bool self,
                                  struct effects *fx);

/* v stopped, or began, to run on cpu. Called by the scheduler, no lock. */
void clock_switch_out(struct vcpu *v);
void clock_switch_in(struct vcpu *v, unsigned int cpu, uint64_t now_ns,
                     struct effects *fx);

/*
 * v's timers, none armed, and its account, which begins offline at now_ns.
 * Called by vcpu_sched_init and _destroy.
 */
void clock_init(struct vcpu *v, uint64_t now_ns);
void clock_destroy(struct vcpu *v);

/*
 * set_timer_op: raise VIRQ_TIMER of the caller at deadline_ns (system time),
 * or now if past; 0 stops. A deadline that is negative or absurdly far fires
 * in 100 ms. Returns 0.
 */
int64_t do_set_timer_op(struct vcpu *v, uint64_t deadline_ns,
                        struct effects *fx);

/*
 * Where a vCPU's time goes (running, waiting for a CPU, blocked, offline), and
 * the two copies that a guest may ask to find in its own memory: this account,
 * and the clock. The sum of time[] is the age of the vCPU. Read it with
 * vcpu_runstate.
 *
 * Close the current stint and begin one in state (RUNSTATE_*). The run
 * queue's lock is held.
 */
void runstate_change(struct vcpu *v, int state, uint64_t now_ns);

/* Whether an exit to v should call vcpu_publish. */
static inline bool vcpu_publish_wanted(const struct vcpu *v)
{
    return v->sched.area.stale || v->time.area.stale;
}

/*
 * Write v's stale copies to its memory, if its kernel's page tables are
 * loaded (v->kernel_mode); else leave them stale. v's registers and tables
 * are on this CPU, no lock is held. An address that cannot be written is
 * passed over in silence, as the next exit would only fail again.
 */
void vcpu_publish(struct vcpu *v);

#endif

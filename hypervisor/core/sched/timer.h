/* SPDX-License-Identifier: MIT */
/*
 * Timers: a tree of deadlines for each CPU, earliest first. The CPU's
 * one-shot hardware timer is x86's; it is programmed for the earlier of
 * timer_next() and sched_slice_end().
 *
 * A timer never fires early. It fires on the CPU it was armed for, with no
 * lock held, and is not armed any more when it does; it may arm itself again.
 *
 * Locks: hv_cpu.timer_lock of timer.cpu, taken inside. The functions may be
 * called with any other lock held, except in timer_stop.
 * Source: abi/events-time-sched.md 5 ("20"), 9.
 */
#ifndef SCHED_TIMER_H
#define SCHED_TIMER_H

#include "effects.h"
#include "hv.h"

/* Called once for each CPU, before anything is armed on it. */
void timer_init_cpu(struct hv *hv, unsigned int cpu);

void timer_init(struct timer *t, void (*fire)(struct timer *t, uint64_t now_ns,
                                              struct effects *fx));

/*
 * Fire t on cpu once system time is deadline_ns, or at the next occasion if
 * it is past; UINT64_MAX is as good as never. An armed timer is moved.
 *  fx  rearm_timer when it is this CPU's earliest, resched for another CPU.
 */
void timer_arm(struct hv *hv, struct timer *t, unsigned int cpu,
               uint64_t deadline_ns, struct effects *fx);

/* t does not fire any more, except that it may be firing just now. */
void timer_disarm(struct hv *hv, struct timer *t);

/*
 * The same, and wait until it is not firing on another CPU either. No lock
 * is held that t's function takes; t does not call this for itself.
 */
void timer_stop(struct hv *hv, struct timer *t);

/* Fire what is due on cpu, which is this CPU. No lock is held. */
void timers_run(struct hv *hv, unsigned int cpu, uint64_t now_ns,
                struct effects *fx);

/* The earliest deadline on cpu, UINT64_MAX: none. */
uint64_t timer_next(struct hv *hv, unsigned int cpu);

/* Panic unless cpu's tree is in order and all in it are armed there. */
void timers_check(struct hv *hv, unsigned int cpu);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Where a vCPU's time goes (running, waiting for a CPU, blocked, offline),
 * and the two copies that a guest may ask to find in its own memory: this
 * account, and the clock (sched/clock.h).
 *
 * The copies are written on exit paths only, while the vCPU's page tables
 * are loaded; a copy that cannot be written now stays stale and is tried at
 * the next exit. The sum of time[] is the age of the vCPU.
 *
 * Locks: the account is changed under the run queue's lock; the copies are
 * written without any.
 * Source: abi/events-time-sched.md 7 (5, 13), 8.
 */
#ifndef SCHED_RUNSTATE_H
#define SCHED_RUNSTATE_H

#include "vcpu.h"

/* Begin the account of a new vCPU: offline. */
void runstate_init(struct vcpu *v, uint64_t now_ns);

/* Close the current stint and begin one in state (RUNSTATE_*). */
void runstate_change(struct vcpu *v, int state, uint64_t now_ns);

/* v's account, with the current stint counted up to now. */
struct vcpu_runstate_info runstate_read(struct vcpu *v, uint64_t now_ns);

/* Whether an exit to v should call vcpu_publish. */
static inline bool vcpu_publish_wanted(const struct vcpu *v)
{
    return v->sched.runstate_stale || v->time.area_stale;
}

/*
 * Write v's stale copies to its memory, if its kernel's page tables are
 * loaded (v->kernel_mode); else leave them stale. v's registers and tables
 * are on this CPU. An address that cannot be written is passed over in
 * silence, as the next exit would only fail again.
 */
void vcpu_publish(struct vcpu *v);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * sched_op: a vCPU gives its CPU away, or ends its domain.
 *
 * Source: abi/events-time-sched.md 6; a row of pv-abi/sched_ops.def each.
 */
#ifndef SCHED_SCHED_OP_H
#define SCHED_SCHED_OP_H

#include <domain.h>
#include "effects.h"
#include "vcpu.h"

int64_t do_sched_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                    struct effects *fx);

/* d's watchdogs: none set. Called by domain_create. */
void domain_sched_init(struct domain *d);

/* No watchdog of d fires any more. A step of teardown; no lock is held. */
void domain_sched_destroy(struct domain *d);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op: a domain starts, stops, times and inspects its own vCPUs.
 *
 * Source: abi/events-time-sched.md 7; a row of pv-abi/vcpu_ops.def each.
 */
#ifndef SCHED_VCPU_OP_H
#define SCHED_VCPU_OP_H

#include "effects.h"
#include "types.h"
#include "vcpu.h"

int64_t do_vcpu_op(struct vcpu *v, uint32_t cmd, uint32_t id, guest_ptr_t arg,
                   struct effects *fx);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * platform_op: dom0 sets the wall clock and turns the machine off.
 * Source: abi/control.md 3; abi/events-time-sched.md 9.
 */
#ifndef DOMAIN_PLATFORM_OP_H
#define DOMAIN_PLATFORM_OP_H

#include <stdint.h>

#include <pv-abi/types.h>

#include "effects.h"
#include "vcpu.h"

/*
 * op: struct xen_platform_op. Returns 0, -EFAULT, -EACCES, -EPERM, -EINVAL
 * (a value out of range, a sleep state other than S5), -ENOSYS (cmd).
 */
int64_t do_platform_op(struct vcpu *v, guest_ptr_t op, struct effects *fx);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * sysctl: dom0 looks at the machine as a whole.
 *
 * One row of pv-abi/sysctl_ops.def each. Locks: none held.
 * Source: abi/control.md 2.
 */
#ifndef DOMAIN_SYSCTL_H
#define DOMAIN_SYSCTL_H

#include <stdint.h>

#include <pv-abi/types.h>

#include "effects.h"
#include "vcpu.h"

/*
 * arg: struct xen_sysctl. Returns what the operation's row says, -EFAULT,
 * -EACCES, -EPERM, -ENOSYS (cmd); in this order.
 */
int64_t do_sysctl(struct vcpu *v, guest_ptr_t arg, struct effects *fx);

#endif

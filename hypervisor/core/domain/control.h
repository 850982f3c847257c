/* SPDX-License-Identifier: MIT */
/*
 * What domctl, sysctl and platform_op have in common: one versioned
 * structure, and an order in which it is refused that tools rely on to find
 * out the version.
 * Source: abi/traps-and-privops.md 9; abi/control.md.
 */
#ifndef DOMAIN_CONTROL_H
#define DOMAIN_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include <pv-abi/types.h>

#include "types.h"
#include "vcpu.h"

/*
 * Copy the n bytes at arg to op. They begin with two 32-bit words, command
 * and interface version.
 * Returns 0, -EFAULT (unreadable), -EACCES (not version), -EPERM (v is not
 * dom0's); checked in this order.
 */
must_check int control_begin(struct vcpu *v, void *op, size_t n,
                             guest_ptr_t arg, uint32_t version);

#endif

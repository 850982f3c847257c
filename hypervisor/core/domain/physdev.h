/* SPDX-License-Identifier: MIT */
/*
 * physdev_op: rights to I/O ports, the one part of physical devices that
 * every kernel asks for. Interrupts of devices belong to nobody here.
 * Source: abi/traps-and-privops.md 4; abi/control.md 4.
 */
#ifndef DOMAIN_PHYSDEV_H
#define DOMAIN_PHYSDEV_H

#include <stdint.h>

#include <pv-abi/types.h>

#include "effects.h"
#include "vcpu.h"

/*
 * cmd PHYSDEVOP_*, arg its structure. Returns 0, -EFAULT, -EINVAL (iopl
 * above 3, more than 65536 ports), -ENOSYS (cmd, here or at all).
 */
int64_t do_physdev_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                      struct effects *fx);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * xen_version: what the hypervisor is. It calls itself Xen 4.17, because
 * tools choose by that what they speak; the extra version says who it is.
 *
 * Source: abi/memory.md 9; pv-abi/version_ops.def.
 */
#ifndef DOMAIN_VERSION_H
#define DOMAIN_VERSION_H

#include <stdint.h>

#include <pv-abi/types.h>

#include "effects.h"
#include "vcpu.h"

#define VERSION_MAJOR 4
#define VERSION_MINOR 17

/*
 * cmd XENVER_*, arg its structure. Returns the value (version, pagesize), 0,
 * -EFAULT, -EINVAL (submap), -ENODATA (build id), -ENOSYS (cmd). What says
 * something about the machine is "<denied>" to all but dom0.
 */
int64_t do_xen_version(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                       struct effects *fx);

/* The features of d, bits by XENFEAT_*. */
uint32_t domain_features(const struct domain *d);

#endif

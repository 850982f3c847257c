/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's whole state as one struct of the ABI: set by the domain builder
 * and VCPUOP_initialise, read back by whoever saves a domain.
 *
 * Check -> reserve -> commit: every value is checked and every page-table
 * root and descriptor page referenced before the first field changes.
 *
 * The vCPU is off every CPU, or was never brought up. Locks: the functions
 * take d->mm_lock; call without it.
 * Source: abi/events-time-sched.md 7; start-of-day.md 4.
 */
#ifndef DOMAIN_VCPU_CONTEXT_H
#define DOMAIN_VCPU_CONTEXT_H

#include <pv-abi/arch.h>

#include "effects.h"
#include "types.h"
#include "vcpu.h"

/*
 * Give v the state *c. v becomes initialised; it does not start to run,
 * but VGCF_online of an offline vCPU brings it up with the domain's start.
 *  c  private copy; not changed.
 * Returns 0, -EINVAL (an address is not canonical, a selector or flag is
 * refused, a frame is no valid L4 or descriptor page, more than 32 vCPUs
 * and no vcpu_info registered), -EOPNOTSUPP (v is initialised and its
 * roots or tables would change), -ERESTART (a table is checked in part;
 * call again). State is unchanged on error.
 */
must_check int vcpu_set_context(struct vcpu *v,
                                const struct vcpu_guest_context *c,
                                struct effects *fx);

/*
 * Fill *c, padding included, with the state of v.
 * Returns 0, -ENODATA (v was never initialised).
 */
must_check int vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c);

/*
 * Forget everything a context gave: roots, tables, traps, callbacks; v is
 * offline and not initialised. Also a step of teardown.
 * Returns 0 or -ERESTART.
 */
must_check int vcpu_reset(struct vcpu *v, struct effects *fx);

#endif

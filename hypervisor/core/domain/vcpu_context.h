/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's whole state as one struct of the ABI: set by the domain builder
 * and VCPUOP_initialise, read back by whoever saves a domain.
 *
 * Check -> reserve -> commit: every value is checked, then every page-table
 * root and descriptor page is referenced, before the first field changes.
 * Extended state (x87, SSE) is not part of it: a vCPU starts with that of a
 * reset, and get leaves VGCF_i387_valid clear.
 *
 * The vCPU is off every CPU and paused, or was never brought up. The
 * functions take d->lock; call without locks.
 * Source: abi/events-time-sched.md 7; abi/start-of-day.md 4.
 */
#ifndef DOMAIN_VCPU_CONTEXT_H
#define DOMAIN_VCPU_CONTEXT_H

#include "effects.h"
#include "vcpu.h"

/*
 * Give v the state *c, a private copy. v becomes initialised; VGCF_online
 * says whether it is up: then it runs as soon as nothing pauses it.
 * Returns 0; -EINVAL (an address is not canonical, or the hypervisor's; user
 * mode without user tables; a frame is no valid L4 or descriptor page; above
 * 32 vCPUs, no vcpu_info registered); -EOPNOTSUPP (v is initialised and its
 * tables would change); -ERESTART (a table is checked in part; call again).
 * On error v is as it was; after -ERESTART, if it was not initialised, it may
 * hold references that the next call or teardown drops.
 */
must_check int vcpu_set_context(struct vcpu *v,
                                const struct vcpu_guest_context *c,
                                struct effects *fx);

/* The same for a vCPU that has had no context yet; else -EEXIST. */
must_check int vcpu_initialise(struct vcpu *v,
                               const struct vcpu_guest_context *c,
                               struct effects *fx);

/*
 * Fill *c, padding included, with the state of v.
 * Returns 0, -ENODATA (v was never initialised).
 */
must_check int vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c);

/*
 * Forget all that a context gave: roots, tables, handlers, callbacks. v is
 * down and not initialised afterwards.
 */
void vcpu_reset(struct vcpu *v, struct effects *fx);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The two page-table roots of a vCPU. Each valid one holds an L4 type
 * reference; a CPU's loaded root is always one that is held, because a new
 * root is loaded before the old one is let go.
 *
 * Locks: none held; they take the domain's mm_lock. v is the running vCPU,
 * or is quiet.
 */
#ifndef MM_BASE_H
#define MM_BASE_H

#include "effects.h"
#include "types.h"

struct vcpu;

enum vcpu_base { BASE_KERNEL, BASE_USER };

/*
 * Make m the root of that tree; MFN_INVALID: none (user only). The same
 * kernel root again is a full flush of this CPU.
 * Returns 0, -EINVAL (no L4 table of the domain, or none for the kernel),
 * -ERESTART (nothing changed; call again).
 */
must_check int vcpu_set_base(struct vcpu *v, enum vcpu_base which, mfn_t m,
                             struct effects *fx);

/* Let go of both; v never runs again, or gets new ones before it does. */
void vcpu_drop_bases(struct vcpu *v);

#endif

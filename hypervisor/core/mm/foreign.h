/* SPDX-License-Identifier: MIT */
/*
 * Which domain an argument means, and whether the caller may.
 *
 * Every resolution is paired with a release: the domain is held meanwhile.
 * Locks: none held.
 * Source: abi/memory.md 4, 5, 10, 11.
 */
#ifndef MM_FOREIGN_H
#define MM_FOREIGN_H

#include "mm/entry.h"
#include "types.h"

struct vcpu;

/*
 * A domain whose memory the caller may work on: itself (also by its number),
 * or any if it is privileged.
 * Returns 0, -ESRCH (no such domain), -EPERM.
 */
must_check int foreign_domain(struct vcpu *v, domid_t id, struct domain **d);
void foreign_release(struct vcpu *v, struct domain *d);

/* The same for frames of new L1 entries; knows DOMID_IO and DOMID_XEN. */
must_check int foreign_target(struct vcpu *v, domid_t id, struct target *t);
void foreign_target_release(struct vcpu *v, struct target *t);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Giving back all memory of a domain that is dying.
 *
 * Locks: none held. All vCPUs are quiet, nothing takes references for the
 * domain any more (grants, events and vcpu_info are gone).
 */
#ifndef MM_RELINQUISH_H
#define MM_RELINQUISH_H

#include "effects.h"

struct domain;

/*
 * Drop roots, descriptor tables, pins and the owner's references. Frames that
 * others map stay until they let go (domain_owns_frames).
 * Returns 0 (all done) or -ERESTART (budget): call again.
 */
must_check int domain_release_memory(struct domain *d, struct effects *fx);

#endif

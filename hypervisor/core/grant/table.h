/* SPDX-License-Identifier: MIT */
/*
 * Grant tables, version 1: a domain lends single frames to another, which
 * maps them (map.c) or copies to and from them (copy.c).
 *
 * The table itself is guest memory: frames of the hypervisor that the domain
 * may map. The guest writes an entry's domain, frame and access; the
 * hypervisor sets the bits GTF_reading and GTF_writing while the grant is
 * in use, by compare-and-swap of the whole {flags, domid} word against the
 * guest, who may revoke at the same moment. What was checked once is kept in
 * struct grant_active, which the guest cannot touch.
 *
 * Locks: domain->grant.lock; granter and mapper by spin_lock_pair. No guest
 * memory is copied under it: operations come in batches of a fixed size.
 * Source: abi/grants-xenstore-devices.md 1, 2.
 */
#ifndef GRANT_TABLE_H
#define GRANT_TABLE_H

#include <pv-abi/grant_table.h>

#include <domain.h>
#include "effects.h"
#include "types.h"
#include "vcpu.h"

#define GRANT_DEFAULT_FRAMES   64
#define GRANT_MAX_FRAMES       256
#define GRANT_DEFAULT_MAPTRACK 1024
#define GRANT_MAX_MAPTRACK     4096

/*
 * Set up d's grant table: one frame, cleared.
 *  max_frames           limit of the table, pages; -1: the default
 *  max_maptrack_frames  limit of mappings d may hold, in pages of them
 * Returns 0, -EINVAL (a limit is 0 or too large), -ENOMEM.
 */
must_check int domain_grant_init(struct domain *d, int32_t max_frames,
                                 int32_t max_maptrack_frames);

/*
 * Undo d's mappings of others' frames, then its table. Frames of d that
 * others still map stay theirs to use until they unmap them. d is dying, its
 * page tables need not exist any more.
 * Returns 0 (also when called again), -ERESTART.
 */
must_check int domain_grant_destroy(struct domain *d, struct effects *fx);

/* Free what others could still reach: d's last reference is gone. */
void domain_grant_free(struct domain *d);

/*
 * Machine frame number i of d's table, grown if need be; for the domain
 * builder and XENMEM_acquire_resource.
 * Returns 0, -EINVAL (i is at or above the limit), -ENOMEM.
 */
must_check int grant_table_frame(struct domain *d, unsigned int i, mfn_t *mfn);

/* A row of pv-abi/gnttab_ops.def each. */
int64_t do_grant_table_op(struct vcpu *v, uint32_t cmd, guest_ptr_t ops,
                          uint32_t count, struct effects *fx);

#endif

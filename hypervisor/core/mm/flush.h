/* SPDX-License-Identifier: MIT */
/*
 * Flushes a guest asks for: of its own vCPUs, all or some.
 *
 * A vCPU that comes to another CPU needs none there: switching it in loads
 * its tree anew, and drops global entries of others.
 * Locks: none.
 */
#ifndef MM_FLUSH_H
#define MM_FLUSH_H

#include "domain.h"
#include "effects.h"
#include "vcpu.h"

/*
 * Read a bitmap of vCPU ids from the guest, in words of 8 bytes until
 * max_vcpus are covered, and turn it into the CPUs they are on.
 * Returns 0 or -EFAULT. No lock may be held.
 */
must_check int flush_read_mask(struct domain *d, uint64_t va, cpumask_t *cpus);

/* All CPUs on which d may have translations. */
cpumask_t flush_all(const struct domain *d);

/*
 * Drop va on those CPUs. Addresses that are not the guest's are ignored:
 * the instruction must never see them.
 */
void flush_address(struct effects *fx, cpumask_t cpus, uint64_t va);

#endif

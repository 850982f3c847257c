/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls that write page-table entries and the M2P.
 *
 * Locks: none held; they take mm_lock of the tables' owner.
 * Source: pv-abi/mmu.h; abi/memory.md 4, 6.
 */
#ifndef MM_MMU_UPDATE_H
#define MM_MMU_UPDATE_H

#include <pv-abi/mmu.h>

#include "effects.h"
#include "types.h"

struct vcpu;

/* In count: the call goes on; *done says how many were completed before. */
#define MMU_UPDATE_PREEMPTED 0x80000000u

/*
 * Process requests[count] in order, up to the first that fails; *done, if
 * not NULL, receives how many were completed, also on error.
 * Returns 0 or the first failure's error: abi/memory.md 4.
 */
int64_t do_mmu_update(struct vcpu *v, guest_ptr_t requests, uint32_t count,
                      guest_ptr_t done, uint32_t foreigndom,
                      struct effects *fx);

/*
 * Write the L1 entry that maps va, then flush as flags (UVMF_*) say.
 * Returns 0; -EINVAL (no L1 entry for va, entry refused); -EFAULT (bitmap);
 * else as for an L1 entry in mmu_update.
 */
int64_t do_update_va_mapping(struct vcpu *v, uint64_t va, uint64_t entry,
                             uint64_t flags, struct effects *fx);

#endif

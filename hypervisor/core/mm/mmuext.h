/* SPDX-License-Identifier: MIT */
/*
 * Hypercall mmuext_op: pin and load page tables, flush, LDT, whole pages.
 *
 * Locks: none held.
 * Source: pv-abi/mmuext_ops.def; abi/memory.md 5.
 */
#ifndef MM_MMUEXT_H
#define MM_MMUEXT_H

#include <pv-abi/mmu.h>

#include "effects.h"
#include "types.h"

struct vcpu;

/*
 * Process ops[count] in order, up to the first that fails; *done as in
 * mmu_update. Returns 0 or the first failure's error.
 */
int64_t do_mmuext_op(struct vcpu *v, guest_ptr_t ops, uint32_t count,
                     guest_ptr_t done, uint32_t foreigndom, struct effects *fx);

#endif

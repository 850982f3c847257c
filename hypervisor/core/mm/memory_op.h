/* SPDX-License-Identifier: MIT */
/*
 * Hypercall memory_op: how much memory a domain has, which frames, which map.
 *
 * Locks: none held.
 * Source: pv-abi/memory_ops.def; abi/memory.md 10.
 */
#ifndef MM_MEMORY_OP_H
#define MM_MEMORY_OP_H

#include "effects.h"
#include "types.h"

struct vcpu;

/* In cmd: the operation below, the first extent to work on above. */
#define MEMORY_OP_BITS 6

/*
 * Returns what the operation says: a count, 0, or an error. Operations 0, 1
 * and 6 return how many extents were done, never an error.
 */
int64_t do_memory_op(struct vcpu *v, uint64_t cmd, guest_ptr_t arg,
                     struct effects *fx);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Stores of a guest's kernel to its own L1 tables, caught as page faults: the
 * decoder in x86/ says what the instruction would do, this does it.
 *
 * Locks: none held.
 * Source: abi/memory.md 7.
 */
#ifndef MM_PTWR_H
#define MM_PTWR_H

#include "effects.h"
#include "types.h"

struct vcpu;

/*
 * Store value at va, or if compare is set, only where *old stands now.
 *  bytes  1, 2, 4 or 8; va is aligned to it. A part of an entry is merged
 *         with the rest of it.
 *  old    in: expected (compare). out: what stood there.
 * Returns 0; -EAGAIN (compare: something else stands there, see *old);
 * -EINVAL (va is not in an L1 table of v's domain, or the entry is refused),
 * and what l1_entry_get says: deliver the fault then.
 */
must_check int ptwr_store(struct vcpu *v, uint64_t va, unsigned int bytes,
                          uint64_t value, bool compare, uint64_t *old,
                          struct effects *fx);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * From a guest virtual address to its last-level entry, through the tables
 * the guest's kernel uses now.
 *
 * Locks: mm_lock of the domain, from the walk to the last use of its result.
 */
#ifndef MM_WALK_H
#define MM_WALK_H

#include "mm/frame.h"

struct vcpu;

struct walk {
    mfn_t table;        /* the L1 table */
    unsigned int index; /* of the entry in it */
    uint64_t entry;     /* the entry, read once */
};

/*
 * Returns 0, also when the L1 entry is absent; -EINVAL (va is not the
 * guest's, the vCPU has no tree, or a table on the way is absent).
 */
must_check int walk(const struct vcpu *v, uint64_t va, struct walk *w);

#endif

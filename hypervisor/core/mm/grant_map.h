/* SPDX-License-Identifier: MIT */
/*
 * The page-table side of grant mappings. The entry holds references of its
 * own on the granted frame, beside those of the grant: a guest that writes
 * over the entry loses these, and the grant stays accounted.
 *
 * Locks: none of mm held; LOCK_GRANT may be. They take d's mm_lock.
 * Source: abi/grants-xenstore-devices.md 2.
 */
#ifndef MM_GRANT_MAP_H
#define MM_GRANT_MAP_H

#include "effects.h"
#include "mm/frame.h"

struct vcpu;

struct grant_map {
    uint64_t host_addr; /* va under v's kernel tree; contains_pte: the machine
                           address of the entry */
    bool contains_pte;
    bool readonly;
    bool application; /* a user page */
    uint8_t avail;    /* bits 9 .. 11 of the entry, 0 .. 7 */
};

/*
 * Install an L1 entry for f in a table of v's domain; what it named before is
 * dropped. The caller holds a reference on f, and a writable one unless
 * readonly.
 * Returns 0, -EINVAL (no such L1 entry, unaligned, counts at their end).
 */
must_check int mm_map_grant(struct vcpu *v, const struct grant_map *g,
                            struct frame *f, struct effects *fx);

/*
 * Clear that entry, if it still maps f with these rights.
 * Before the granter hears of it, the caller must flush the mapper:
 * hal_flush_tlb(flush_all(v->d)), once for many.
 * Returns 0, -EINVAL (no such entry, or it maps something else).
 */
must_check int mm_unmap_grant(struct vcpu *v, const struct grant_map *g,
                              struct frame *f, struct effects *fx);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Giving frames to a domain and taking them back: the three operations of
 * memory_op that work on a list of extents and return how many they did.
 *
 * Locks: none held.
 * Source: abi/memory.md 10.
 */
#ifndef MM_RESERVATION_H
#define MM_RESERVATION_H

#include "effects.h"
#include "types.h"

struct vcpu;

/* The largest extent a guest may ask for: 2^9 frames, 2 MiB. */
#define RESERVATION_ORDER_MAX 9

/*
 *  op     XENMEM_increase_reservation, _decrease_reservation,
 *         _populate_physmap
 *  start  extents done before, in earlier runs of the same call
 *  arg    struct xen_memory_reservation
 * Returns how many extents are done in all, whatever stopped it, or
 * -ERESTART.
 */
int64_t reservation_op(struct vcpu *v, unsigned int op, uint64_t start,
                       guest_ptr_t arg, struct effects *fx);

#endif

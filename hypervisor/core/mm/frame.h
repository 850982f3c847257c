/* SPDX-License-Identifier: MIT */
/*
 * struct frame: what is known of one machine frame. Owner, how many uses it
 * has, and as what it is used.
 *
 * Invariants (frame_check, and at every instant on every CPU):
 *  - type references <= general references;
 *  - the type changes only while the type count is 0;
 *  - a frame with a writable reference is no table and no descriptor page;
 *  - a frame with no general reference has no type reference, no owner, and
 *    is in the heap or on its way there.
 *
 * count and type change by atomic compare-and-swap only: a foreign mapping
 * or a grant takes references without the owner's locks. A change of type
 * to a table or descriptor page happens under the owner's mm_lock.
 *
 * Source: abi/memory.md 1, 2.
 */
#ifndef MM_FRAME_H
#define MM_FRAME_H

#include "hv.h"
#include "types.h"

#define FRAME_LIST_END  UINT32_MAX
#define FRAME_NO_OWNER  0xffff /* free, or the hypervisor's own */

/* count: flags above, general references below. */
#define FRAME_ALLOCATED   (1u << 31) /* the owner's own reference is held */
#define FRAME_SPECIAL     (1u << 30) /* hypervisor page lent to its owner */
#define FRAME_COUNT_MASK  ((1u << 26) - 1)

/* type: kind, flags, and type references below. */
#define FRAME_TYPE_MASK   (7u << 29)
#define FRAME_NONE        (0u << 29)
#define FRAME_L1          (1u << 29)
#define FRAME_L2          (2u << 29)
#define FRAME_L3          (3u << 29)
#define FRAME_L4          (4u << 29)
#define FRAME_SEGDESC     (5u << 29)
#define FRAME_WRITABLE    (7u << 29)
#define FRAME_PINNED      (1u << 28)
#define FRAME_VALIDATED   (1u << 27) /* contents checked, references held */
#define FRAME_PARTIAL     (1u << 26) /* checked (or dropped) in part */
#define FRAME_TYPE_COUNT  ((1u << 26) - 1)

struct frame {
    uint32_t count;
    uint32_t type;
    uint64_t stamp;     /* tlb clock when the last type use or use ended */
    uint16_t owner;     /* domid, or FRAME_NO_OWNER */
    uint16_t validated; /* PARTIAL: entries below this hold references */
    uint32_t next;      /* list of the owner, or of the heap */
    uint32_t prev;
    uint8_t order;      /* first frame of a free block: its order */
    uint8_t heap_free;  /* first frame of a free block */
    uint16_t spare;
};

_Static_assert(sizeof(struct frame) == 32, "one frame costs 32 bytes");

#endif

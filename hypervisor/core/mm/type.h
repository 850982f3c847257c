/* SPDX-License-Identifier: MIT */
/*
 * Frames as page tables and descriptor pages: taking and dropping type
 * references, checking contents at the first, emptying tables at the last.
 *
 * States of a frame that is or was a table of level n (frame.h: type):
 *
 *   count 0                    no constraint; contents are the guest's
 *   PARTIAL, count 0           entries below `validated` hold references.
 *                              Left by a check that ran out of budget: the
 *                              next type_get goes on there.
 *   PARTIAL, DEBRIS, count 0   the same, but being emptied from the top
 *   VALIDATED, count > 0       every present entry holds its references
 *
 * A PARTIAL frame holds one reference of its own. Tables to be emptied hang
 * in a list of the domain (d->debris), so that emptying never recurses and
 * may stop anywhere: dropping an entry's target at most adds to the list.
 * Every call that takes or drops table references begins with debris_drain
 * and gives up with -ERESTART if that does not come to an end; so within a
 * call only what this call itself dropped is in transition.
 *
 * A frame becomes a table in three steps: claim (no writable reference can
 * be taken any more), flush CPUs with stale writable entries, check.
 *
 * Locks: d->mm_lock is held for all functions; d owns the frames.
 * Source: abi/memory.md 2, 13.
 */
#ifndef MM_TYPE_H
#define MM_TYPE_H

#include "effects.h"
#include "mm/frame.h"
#include "types.h"

struct domain;

/* In frame->validated: the frame is in d->debris. */
#define FRAME_DEBRIS 0x8000
/* In frame->debris: its contents are being checked further up this stack. */
#define FRAME_CHECKING (FRAME_LIST_END - 1)

/* Level 1 .. 4 of a table type; 0: no table. */
static inline unsigned int type_level(uint32_t type)
{
    uint32_t kind = type & FRAME_TYPE_MASK;

    return kind >= FRAME_L1 && kind <= FRAME_L4 ? kind >> 29 : 0;
}

static inline uint32_t type_of_level(unsigned int level)
{
    return level << 29;
}

/*
 * One reference and one type reference on frame m of d.
 *  type  FRAME_L1 .. FRAME_L4, FRAME_SEGDESC
 * Returns 0; -EINVAL (not d's, in use as another type, or contents refused;
 * d is dying);
 * -EBUSY (an L1 entry's target is in use as another type, or not d's);
 * -EPERM (an L1 entry names what is no RAM); -ERESTART (budget): call again.
 */
must_check int type_get(struct domain *d, mfn_t m, uint32_t type,
                        struct effects *fx, struct frame **out);

/* Drop what type_get took. The entry that named f has been written. */
void type_put(struct domain *d, struct frame *f);

/* Take the pin from f, on which the caller has a reference, if there is one. */
bool type_unpin(struct domain *d, struct frame *f);

/* Empty tables nobody uses any more. Returns 0 or -ERESTART (budget). */
must_check int debris_drain(struct domain *d, struct effects *fx);

/* Teardown: if f was checked in part and left so, empty it. */
void type_abandon(struct domain *d, struct frame *f);

/*
 * What tools may know (XEN_DOMCTL_getpageframeinfo3): type of frame m of d, in
 * bits 28 .. 31 (XEN_DOMCTL_PFINFO_*): 0 none, 1 .. 4 a table of that level,
 * bit 31 pinned, 0xf no frame of d.
 */
uint32_t frame_info(struct domain *d, mfn_t m);

#endif

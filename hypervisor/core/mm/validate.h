/* SPDX-License-Identifier: MIT */
/*
 * Checking the contents of a frame that is about to become a table or a
 * descriptor page. For type.c alone; nothing else may call this.
 *
 * f is claimed: PARTIAL, and no CPU can write to it. Entries that pass are
 * adjusted in place (pte.h, descriptor.h).
 * Lock: mm_lock of d.
 */
#ifndef MM_VALIDATE_H
#define MM_VALIDATE_H

#include "effects.h"
#include "mm/frame.h"

/*
 * Take the references of all entries from f->validated on.
 *  type  FRAME_L1 .. FRAME_L4, FRAME_SEGDESC
 * Returns 0 or why not (type_get). Afterwards entries below f->validated
 * hold their references, the others none; L1 and descriptor pages are never
 * left half done.
 */
must_check int validate(struct domain *d, struct frame *f, uint32_t type,
                        struct effects *fx);

#endif

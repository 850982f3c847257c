/* SPDX-License-Identifier: MIT */
/*
 * Frames for whoever needs some: a buddy heap over all of RAM (heap.c), and on
 * top of it the hypervisor's own memory, domains' memory, and special pages.
 *
 * A frame leaves the heap only after every CPU that may hold a translation of
 * its former life has been flushed. What a domain gets is zero.
 *
 * Locks: heap.lock (leaf), pages.lock. Callers need hold none.
 */
#ifndef MM_ALLOC_H
#define MM_ALLOC_H

#include "hv.h"
#include "types.h"

struct domain;
struct frame;

#define HEAP_ORDER_MAX (HEAP_ORDERS - 1)

/*
 * Begin with frame_count frames that are nobody's, no RAM in the heap yet.
 *  frames  frame_count entries, contents undefined
 *  m2p     frame_count entries rounded up to whole pages, page aligned, by
 *          an address that hal_mfn_of knows
 * Afterwards: mm_mark_io for what is no RAM, heap_add for what is free. What
 * is neither stays the hypervisor's own and can be mapped by nobody.
 */
void mm_init(struct hv *hv, struct frame *frames, uint64_t frame_count,
             uint64_t *m2p);

/*
 * n frames are no RAM: domains with device rights may map them, but for
 * hv->machine.io_deny. Frames beyond frame_count are so by themselves.
 */
void mm_mark_io(struct hv *hv, mfn_t first, uint64_t n);

/* Give n frames, in use by nothing, to the heap at boot. */
void heap_add(struct hv *hv, mfn_t first, uint64_t n);

/*
 * A block of 2^order frames, aligned to its size, contents undefined.
 *  order  0 .. HEAP_ORDER_MAX
 * MFN_INVALID: no such block is free.
 */
mfn_t heap_alloc(struct hv *hv, unsigned int order);
void heap_free(struct hv *hv, mfn_t first, unsigned int order);

/* Lists of frames, by their numbers; *head is FRAME_LIST_END when empty. */
void frame_list_add(struct hv *hv, uint32_t *head, struct frame *f);
void frame_list_remove(struct hv *hv, uint32_t *head, struct frame *f);

/* Fill n frames with zeros. */
void frames_clear(mfn_t first, uint64_t n);

/*
 * Zeroed memory for the hypervisor's own structs, in whole pages, page
 * aligned. NULL: none. hv_free with the same bytes; p may be NULL.
 */
void *hv_alloc(struct hv *hv, size_t bytes);
void hv_free(struct hv *hv, void *p, size_t bytes);

/* ---------------------------------------------------------- domains' */

/* A new domain: its locks and lists; d->hv, d->domid are set. */
void domain_mm_init(struct domain *d);

/* Whether any frame, special ones included, still has d as its owner. */
bool domain_owns_frames(struct domain *d);

/* What is left when the domain's last frame has gone: its memory map. */
void domain_mm_destroy(struct domain *d);

/*
 * 2^order zeroed frames for d, contiguous and aligned, each with the owner's
 * reference; not in the M2P.
 * Returns 0, -ENOMEM (heap, or d's limit), -EINVAL (d is dying, order).
 */
must_check int domain_frame_alloc(struct domain *d, unsigned int order,
                                  mfn_t *first);

/*
 * Take the owner's reference from f, and its M2P entry; whoever maps the
 * frame keeps it alive. The caller holds a reference.
 * Returns 0, -EINVAL (released before, or special), -EBUSY (pinned).
 */
must_check int domain_frame_release(struct domain *d, struct frame *f);

/*
 * n frames of the heap become d's, each with the owner's reference.
 *  counted  d's limit was asked, and they count as d's already
 * False: not done, d is dying.
 */
must_check bool domain_frame_assign(struct domain *d, mfn_t first, uint64_t n,
                                    bool counted);

/* Ask d's limit for n frames, which count as d's from now on. 0, -ENOMEM,
 * -EINVAL (dying). */
must_check int domain_frames_reserve(struct domain *d, uint64_t n);
void domain_frames_unreserve(struct domain *d, uint64_t n);

/*
 * Take frame m of d out of everybody's reach: from now on nobody can get a
 * reference. It stays in d's list and count, and f->debris is the taker's,
 * until frame_free, or until domain_frame_untake makes it what it was.
 * Returns 0, -EINVAL (not d's, special, or mapped, pinned, somehow in use).
 */
must_check int domain_frame_take(struct domain *d, mfn_t m, struct frame **f);
void domain_frame_untake(struct domain *d, struct frame *f);

/*
 * Make f, taken from `from`, a frame of `to`, where it is reserved if that is
 * another domain; it keeps what it holds, and no CPU knows it any more.
 * False: `to` is dying, and the frame is free.
 */
must_check bool domain_frame_move(struct domain *from, struct frame *f,
                                  struct domain *to);

/*
 * A zeroed page of the hypervisor that d may map but does not own: for
 * shared_info and grant frames. It never counts as d's memory, never changes
 * its type, and is written through the address the caller gets by hal_map.
 * Returns 0, -ENOMEM.
 */
must_check int special_frame_alloc(struct domain *d, mfn_t *m);

/* The hypervisor is done with it; it is freed when nobody maps it. */
void special_frame_free(struct domain *d, mfn_t m);

/* The last reference on f is gone (frame.c), or f was taken. */
void frame_free(struct hv *hv, struct frame *f);

#endif

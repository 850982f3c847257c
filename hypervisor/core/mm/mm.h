/* SPDX-License-Identifier: MIT */
/*
 * Setting up what core/mm owns in struct hv, domain and vcpu, and checking
 * all of it at once.
 */
#ifndef MM_MM_H
#define MM_MM_H

#include "hv.h"
#include "types.h"

struct domain;
struct vcpu;

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
 * Frames first .. first + n - 1 are no RAM: domains with device rights may
 * map them. Frames beyond frame_count are so by themselves; exceptions stand
 * in hv->machine.io_deny.
 */
void mm_mark_io(struct hv *hv, mfn_t first, uint64_t n);

/* A new domain: its locks and lists; d->hv, d->domid are set. */
void domain_mm_init(struct domain *d);

/* What is left when the domain's last frame has gone: its memory map. */
void domain_mm_destroy(struct domain *d);

/* A new vCPU: no bases, no descriptor tables. */
void vcpu_mm_init(struct vcpu *v);

/* References on one frame: what its counts should be. */
struct frame_refs {
    uint32_t general;
    uint32_t type;
    uint32_t kind; /* FRAME_x of the type references; FRAME_NONE: none yet */
};

/*
 * Panic unless every count is the number of references found by walking all
 * page tables, vCPUs and lists, and no frame is used as two types.
 *  refs  frame_count entries; in: references the caller knows of beside
 *        those (grants, vcpu_info, a test's own); out: all of them
 * Slow; no lock may be held, and nothing else may run.
 */
void mm_check(struct hv *hv, struct frame_refs *refs);

#endif

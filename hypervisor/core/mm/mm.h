/* SPDX-License-Identifier: MIT */
/* Setting up what core/mm owns in struct hv, domain and vcpu. */
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

#endif

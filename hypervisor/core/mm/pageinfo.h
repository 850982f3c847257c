/* SPDX-License-Identifier: MIT */
/*
 * What tools may know of a frame: XEN_DOMCTL_getpageframeinfo3.
 */
#ifndef MM_PAGEINFO_H
#define MM_PAGEINFO_H

#include "types.h"

struct domain;

/*
 * Type of frame m of d, in bits 28 .. 31 (XEN_DOMCTL_PFINFO_*): 0 none,
 * 1 .. 4 a table of that level, bit 31 pinned, 0xf no frame of d.
 */
uint32_t frame_info(struct domain *d, mfn_t m);

#endif

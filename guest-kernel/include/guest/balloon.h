/* SPDX-License-Identifier: MIT */
/*
 * The balloon: a domain gives memory back and gets it again, as memory/target
 * in the xenstore says (`vireo mem-set`).
 *
 * Only pages that nobody uses are given back, and some are always kept. What
 * the domain was not started with it can get up to its limit (maxmem=), and up
 * to sixteen times what it was started with.
 */
#ifndef GUEST_BALLOON_H
#define GUEST_BALLOON_H

#include <stdint.h>

/*
 * Follow memory/target from now on, in a thread. Returns 0 or -Exxx: no
 * xenstore, no memory.
 */
int balloon_start(void);

/* Pages the domain has now. */
uint64_t balloon_pages(void);

/*
 * Give back, or get, so many pages; not from an event handler, nor from two
 * threads at once. Returns how many it was.
 */
uint64_t balloon_give(uint64_t count);
uint64_t balloon_get(uint64_t count);

#endif

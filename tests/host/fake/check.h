/* SPDX-License-Identifier: MIT */
/*
 * The invariants that the headers of core/ state, checked from outside: each
 * of these panics unless they hold. Slow; no lock may be held, and nothing
 * else may run.
 */
#ifndef FAKE_CHECK_H
#define FAKE_CHECK_H

#include "hv.h"
#include "types.h"

struct domain;

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
 */
void mm_check(struct hv *hv, struct frame_refs *refs);

/* Add what d holds beside tables, roots and lists, for mm_check: frames it
 * lends, and pages of guests that events are written to. */
void domain_refs(const struct domain *d, struct frame_refs *refs);

/* Lists, orders and counters of the heap agree. */
void heap_check(struct hv *hv);

/* The list, the ids and the counters of all domains agree. */
void domains_check(struct hv *hv);

/* Ports name each other (event/channel.h). */
void evtchn_check(struct domain *d);

/* Every vCPU is in the queue it should be in (sched/runqueue.h). */
void sched_check(struct hv *hv);

/* Pins, status bits and maptracks of d agree. */
void grant_check(struct domain *d);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Event queues, the second layout of events (pv-abi/event_channel.h): up to
 * 2^17 ports, a word of guest memory for each, and for each vCPU a queue of
 * every priority, linked through the words. A domain begins with two levels
 * and comes here by its first init_control; reset brings it back.
 *
 * Control blocks and array pages are frames of the guest, each held by one
 * writable type reference until reset or death. The guest may write to them
 * at any time. Of what it writes the hypervisor looks at the four flags of a
 * word and at ready, never at a link or a head: where a queue ends is in
 * fifo_tail of the vCPU. A guest that scribbles loses events of its own.
 *
 * Invariant: a port is in fifo_tail of the queue it was in last, or in none.
 *
 * Locks: d->event.fifo_lock guards the pages, the blocks, the tails and the
 * second half of struct evtchn. It is taken inside; d->event.lock, or what
 * upcall.h says instead of it, keeps the port as it is.
 * Source: abi/events-time-sched.md 4, 5.
 */
#ifndef EVENT_FIFO_H
#define EVENT_FIFO_H

#include <pv-abi/event_channel.h>

#include <domain.h>
#include "effects.h"
#include "vcpu.h"

/* What a raise, or an unmask, has made necessary. */
enum raised {
    RAISED_NEW = 1,    /* the port was not pending: pollers wake */
    RAISED_UPCALL = 2, /* the vCPU must look */
};

/* Whether d uses queues. No lock. */
static inline bool fifo_is_on(const struct domain *d)
{
    return __atomic_load_n(&d->event.fifo, __ATOMIC_SEQ_CST);
}

/*
 * Give v its control block, offset bytes into frame mfn of its domain; the
 * domain's first one switches layouts, and what is pending stays so.
 * Returns 0, -EINVAL (offset not 8-aligned or too large, no writable frame, v
 * has one, d is dying).
 */
must_check int fifo_init_control(struct vcpu *v, mfn_t mfn, uint32_t offset);

/*
 * Frame mfn holds the words of d's next 1024 ports. Those raised before they
 * had a word are raised again.
 * Returns 0, -EOPNOTSUPP (two levels), -ENOSPC (all ports have words),
 * -EINVAL (no writable frame, d is dying).
 */
must_check int fifo_expand(struct domain *d, mfn_t mfn, struct effects *fx);

/* d's ports are closed: back to two levels. d->event.lock is held. */
void fifo_end(struct domain *d);

/*
 * Raise port, for vCPU notify; or clear its mask, and raise it if it is
 * pending. Returns enum raised.
 */
unsigned int fifo_raise(struct domain *d, evtchn_port_t port,
                        unsigned int notify, bool unmask);

/* From its next raise on, port goes to this queue, 0 .. 15. */
void fifo_set_priority(struct domain *d, evtchn_port_t port,
                       unsigned int priority);

/*
 * Clear these flags (1u << EVTCHN_FIFO_*, 0: none) of port's word. Returns
 * the word before; 0: it has none.
 */
uint32_t fifo_flags(struct domain *d, evtchn_port_t port, uint32_t clear);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * From a pending port to an upcall: the bits a guest sees, in two levels or
 * in queues, and the vCPU that must look at them.
 *
 * Raising in two levels sets, in this order: the port's pending bit; if that
 * was clear and the port is not masked, its word's bit in the vCPU's selector;
 * if that was clear, the vCPU's upcall flag, and then the vCPU is woken or
 * interrupted. The guest clears them in the opposite order. Each step is a full
 * barrier, so either the guest sees the bit, or the raiser sees it cleared and
 * tells again: no event is lost, and none is told twice.
 *
 * Locks: none is needed to raise, but the caller sees to it that v->d stays
 * and that v->event.info is not replaced: by d's event.lock, or by that of
 * the other end of an interdomain channel (see channel.h).
 * Source: abi/events-time-sched.md 3, 4, 5.
 */
#ifndef EVENT_UPCALL_H
#define EVENT_UPCALL_H

#include <pv-abi/inline/shared.h>

#include <domain.h>
#include "effects.h"
#include "types.h"
#include "vcpu.h"

/* Give v the vcpu_info it starts with. Called by vcpu_create. */
void vcpu_event_init(struct vcpu *v);

/*
 * Whether v must be sent into its event callback: an upcall is pending and
 * not masked. Every exit to v's kernel or user mode asks. One read.
 */
static inline bool vcpu_upcall_wanted(const struct vcpu *v)
{
    const uint8_t *flags = &v->event.info->evtchn_upcall_pending;
    uint16_t both = shared_read((const uint16_t *)(const void *)flags);

    return (both & 0xff) != 0 && (both >> 8) == 0;
}

static inline bool vcpu_upcall_masked(const struct vcpu *v)
{
    return shared_read(&v->event.info->evtchn_upcall_mask) != 0;
}

static inline void vcpu_mask_upcalls(struct vcpu *v, bool masked)
{
    shared_write(&v->event.info->evtchn_upcall_mask, (uint8_t)masked);
}

/* Raise port of d, which notifies vCPU notify. */
void port_raise(struct domain *d, evtchn_port_t port, unsigned int notify,
                struct effects *fx);

/* Clear port's mask, and raise it further if it is pending. */
void port_unmask(struct domain *d, evtchn_port_t port, unsigned int notify,
                 struct effects *fx);

/* Forget that port is pending: a new port starts so. */
void port_clear(struct domain *d, evtchn_port_t port);

/* Whether port is pending, masked or not. */
bool port_is_pending(struct domain *d, evtchn_port_t port);

/*
 * Make v look at what is pending for it, an upcall flag just set or an NMI:
 * wake it if it sleeps, interrupt its CPU if that is another one.
 */
void vcpu_kick(struct vcpu *v, struct effects *fx);

/*
 * Move v's vcpu_info to offset bytes into frame mfn of its domain. Contents are
 * copied and every selector bit set, so that v, which is the caller or is down,
 * looks at all words again. Returns 0; -EINVAL (registered before, or no
 * writable frame), -ENXIO (offset above 4032 or not 8-aligned).
 */
must_check int vcpu_register_info(struct vcpu *v, mfn_t mfn, uint32_t offset,
                                  struct effects *fx);

/*
 * Back to the vcpu_info of vcpu_event_init; the registered frame is let go.
 * For teardown and reset: v's ports are closed, v is off every CPU.
 */
void vcpu_unregister_info(struct vcpu *v);

/* ------------------------------------------------------ queues: fifo.c */

/*
 * The second layout of events (pv-abi/event_channel.h): up to 2^17 ports, a
 * word of guest memory for each, and for each vCPU a queue of every priority,
 * linked through the words. A domain comes here by its first init_control, and
 * back by reset.
 *
 * Control blocks and array pages are frames of the guest, each held by one
 * writable type reference. Of what the guest writes there, at any time, only
 * the four flags of a word and ready are looked at, never a link or a head:
 * where a queue ends is in fifo_tail of the vCPU. A guest that scribbles loses
 * events of its own.
 *
 * Invariant: a port is in fifo_tail of the queue it was in last, or in none.
 *
 * Locks: d->event.fifo_lock guards the pages, the blocks, the tails and the
 * second half of struct evtchn. It is taken inside; d->event.lock, or what
 * is said above instead of it, keeps the port as it is.
 */

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
 * had a word are raised again. Returns 0; -EOPNOTSUPP (two levels), -ENOSPC
 * (all ports have words), -EINVAL (no writable frame, d is dying).
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

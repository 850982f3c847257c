/* SPDX-License-Identifier: MIT */
/*
 * Event channels: the ports of a domain, what they are bound to, and sending
 * on them. How a port becomes an upcall of a vCPU is in upcall.h.
 *
 * Ports lie in buckets of one page, added as they are needed, lowest first.
 * Port 0 is never valid. A new port is the lowest free one.
 *
 * Invariants:
 *  - the two ends of an interdomain channel name each other;
 *  - an end's remote pointer is valid as long as the end exists: it can be
 *    changed only with the locks of both domains held, and a domain closes
 *    all its ports before its struct goes. So a sender needs its own
 *    domain's lock, no reference;
 *  - vCPU v's virq_to_port[q] is a port in state virq, of number q;
 *  - below port_count every port exists; no port below first_free is closed.
 *
 * Locks: d->event.lock guards all of this; both ends of a channel are locked
 * by spin_lock_pair. Functions named port_* find it held, the others take it.
 * Source: abi/events-time-sched.md 1, 2, 5.
 */
#ifndef EVENT_CHANNEL_H
#define EVENT_CHANNEL_H

#include <pv-abi/event_channel.h>

#include <domain.h>
#include "effects.h"
#include "speculation.h"
#include "vcpu.h"

/* One port: 32 bytes, so that buckets are whole pages. */
struct evtchn {
    uint8_t state; /* EVTCHNSTAT_* */
    uint16_t notify_vcpu;
    uint32_t peer; /* interdomain: remote port; virq: its number */
    union {
        struct domain *remote; /* interdomain */
        domid_t remote_domid;  /* unbound: who may bind */
    };
    /* Queues (upcall.h; event.fifo_lock). */
    bool raised_early;     /* before it had a word */
    uint8_t priority;      /* the queue it goes to next */
    uint8_t last_priority; /* the one it went to last, even if closed since */
    uint16_t last_vcpu;
    uint64_t spare;
};

/*
 * Set up d's part: no port yet. Called once, before d can be found. max_port:
 * the highest d may have, cut to what the layout in use can express; 0: none.
 */
void domain_event_init(struct domain *d, uint32_t max_port);

/*
 * Close every port of d, which is dying, then let go of vcpu_info pages.
 * Returns 0, also when called again; -ERESTART (budget spent).
 */
must_check int domain_event_destroy(struct domain *d, struct effects *fx);

/*
 * Make a port of d that begins as e says, not pending; slot: NULL, or the
 * entry of virq_to_port that is to name it. Returns 0 and *port; -EEXIST (slot
 * names one), -EINVAL (d is dying), -ENOMEM, -ENOSPC (no free port; one that
 * the guest has not taken out of its queue yet is not free).
 */
must_check int evtchn_open(struct domain *d, struct evtchn e,
                           evtchn_port_t *slot, evtchn_port_t *port);

/* The same for a port to which domain remote may bind. */
static inline must_check int
evtchn_alloc_unbound(struct domain *d, domid_t remote, evtchn_port_t *port)
{
    struct evtchn e = {.state = EVTCHNSTAT_unbound, .remote_domid = remote};

    return evtchn_open(d, e, NULL, port);
}

/*
 * Connect a new port of d, pending at once, with an unbound port of remote that
 * is meant for d. The caller holds a reference on remote.
 * Returns 0 and *port; as evtchn_open; -EINVAL also (no such remote port).
 */
must_check int evtchn_bind_interdomain(struct domain *d, struct domain *remote,
                                       evtchn_port_t remote_port,
                                       evtchn_port_t *port, struct effects *fx);

/*
 * Raise the peer of d's port, or the port itself if it is an IPI's; nothing if
 * it is unbound. Returns 0, -EINVAL (no such port, or not one that sends).
 */
must_check int evtchn_send(struct domain *d, evtchn_port_t port,
                           struct effects *fx);

/*
 * Close port of d. The peer of a channel becomes unbound, for d to bind
 * again. Returns 0, -EINVAL (closed, or no such port).
 */
must_check int evtchn_close(struct domain *d, evtchn_port_t port);

/*
 * Close all ports of d, and go back to two levels.
 * Returns 0, -ERESTART (budget spent; call again), -EAGAIN (d itself has
 * bound a port meanwhile: nothing but the others is closed).
 */
must_check int evtchn_reset(struct domain *d, struct effects *fx);

/*
 * event_channel_op: a row of pv-abi/evtchn_ops.def each, with its errors, which
 * change nothing; -EFAULT alone may come after a close, a signal, or queues.
 */
int64_t do_event_channel_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                            struct effects *fx);

/*
 * Virtual interrupts, virq < NR_VIRQS: events that the hypervisor itself raises
 * for each vCPU (the timer), or once, for dom0. What nobody bound is dropped.
 */
bool virq_is_global(uint32_t virq);
void virq_raise_vcpu(struct vcpu *v, uint32_t virq, struct effects *fx);
void virq_raise_global(struct hv *hv, uint32_t virq, struct effects *fx);

/* Whether port exists so far, whatever its state. No lock needed. */
static inline bool evtchn_exists(const struct domain *d, evtchn_port_t port)
{
    return port != 0 &&
           port < __atomic_load_n(&d->event.port_count, __ATOMIC_ACQUIRE);
}

/* Port of d, which exists. */
static inline struct evtchn *port_entry(const struct domain *d,
                                        evtchn_port_t port)
{
    size_t count = __atomic_load_n(&d->event.port_count, __ATOMIC_ACQUIRE);
    size_t i = index_masked(port, count);
    struct evtchn *bucket = d->event.buckets[i / EVTCHN_BUCKET_SIZE];

    return &bucket[i % EVTCHN_BUCKET_SIZE];
}

/* Port of d, or NULL: it does not exist or is closed. */
static inline struct evtchn *port_find(const struct domain *d,
                                       evtchn_port_t port)
{
    struct evtchn *e = evtchn_exists(d, port) ? port_entry(d, port) : NULL;

    return e && e->state != EVTCHNSTAT_closed ? e : NULL;
}

#endif

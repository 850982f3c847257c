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
 * Set up d's part: no port yet. Called once, before d can be found.
 *  max_port  highest port d may have; values above what the layout in use
 *            can express mean that. 0: no port at all.
 */
void domain_event_init(struct domain *d, uint32_t max_port);

/*
 * Close every port of d, which is dying, then let go of vcpu_info pages.
 * Returns 0 (also when called again), -ERESTART (budget spent; call again).
 */
must_check int domain_event_destroy(struct domain *d, struct effects *fx);

/*
 * Make a port of d that begins as e says, not pending.
 *  slot  NULL, or the entry of virq_to_port that names the new port.
 * Returns 0 and *port, -EEXIST (slot names one), -EINVAL (d is dying),
 * -ENOSPC (no free port; with queues a port is not free before the guest has
 * taken it out of one), -ENOMEM.
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
 * Connect a new port of d with port remote_port of remote, which must be
 * unbound and meant for d. The new port is pending at once. The caller holds
 * a reference on remote. Returns 0 and *port, -EINVAL (it is not; or either
 * domain is dying), -ENOSPC, -ENOMEM.
 */
must_check int evtchn_bind_interdomain(struct domain *d, struct domain *remote,
                                       evtchn_port_t remote_port,
                                       evtchn_port_t *port, struct effects *fx);

/*
 * Signal on port of d: the peer of an interdomain channel, or the vCPU of an
 * IPI, is raised; an unbound port is left alone.
 * Returns 0, -EINVAL (no such port, or not one that sends).
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
 * event_channel_op: a row of pv-abi/evtchn_ops.def each; the errors are
 * there. State is unchanged on error, -EFAULT included, but for a port
 * closed, a signal sent, or queues begun.
 */
int64_t do_event_channel_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                            struct effects *fx);

/*
 * Virtual interrupts: events that the hypervisor itself raises. Some exist
 * once for each vCPU (the timer), the others once, and go to dom0. One that
 * nobody bound is dropped, and so is a global one before there is a dom0.
 *  virq  < NR_VIRQS
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
    size_t i = index_masked(port, d->event.port_count);
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

/* SPDX-License-Identifier: MIT */
/* Guests with event channels: the calls they make, and what they look at. */
#ifndef HOST_EVTCHN_GUEST_H
#define HOST_EVTCHN_GUEST_H

#include "suite.h"

#include <pv-abi/event_channel.h>

#include "fake/guests.h"

static inline int64_t alloc_unbound(struct vcpu *v, domid_t remote,
                                    evtchn_port_t *port)
{
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF, .remote_dom = remote};
    int64_t rc = call_evtchn(v, EVTCHNOP_alloc_unbound, &op, sizeof(op));

    *port = op.port;
    return rc;
}

static inline int64_t bind_interdomain(struct vcpu *v, domid_t remote,
                                       evtchn_port_t remote_port,
                                       evtchn_port_t *port)
{
    struct evtchn_bind_interdomain op = {.remote_dom = remote,
                                         .remote_port = remote_port};
    int64_t rc = call_evtchn(v, EVTCHNOP_bind_interdomain, &op, sizeof(op));

    *port = op.local_port;
    return rc;
}

static inline int64_t bind_virq(struct vcpu *v, uint32_t virq, uint32_t vcpu,
                                evtchn_port_t *port)
{
    struct evtchn_bind_virq op = {.virq = virq, .vcpu = vcpu};
    int64_t rc = call_evtchn(v, EVTCHNOP_bind_virq, &op, sizeof(op));

    *port = op.port;
    return rc;
}

static inline int64_t bind_ipi(struct vcpu *v, uint32_t vcpu,
                               evtchn_port_t *port)
{
    struct evtchn_bind_ipi op = {.vcpu = vcpu};
    int64_t rc = call_evtchn(v, EVTCHNOP_bind_ipi, &op, sizeof(op));

    *port = op.port;
    return rc;
}

static inline int64_t on_port(struct vcpu *v, uint32_t cmd, evtchn_port_t port)
{
    return call_evtchn(v, cmd, &port, sizeof(port));
}

static inline int64_t status(struct vcpu *v, domid_t dom, evtchn_port_t port,
                             struct evtchn_status *op)
{
    *op = (struct evtchn_status){.dom = dom, .port = port};
    return call_evtchn(v, EVTCHNOP_status, op, sizeof(*op));
}

static inline void mask(struct domain *d, evtchn_port_t port)
{
    d->shared_info->evtchn_mask[port / 64] |= 1ul << (port % 64);
}

static inline bool is_pending(struct domain *d, evtchn_port_t port)
{
    return d->shared_info->evtchn_pending[port / 64] >> (port % 64) & 1;
}

/* What a guest's handler does with one port. */
static inline void consume(struct vcpu *v, evtchn_port_t port)
{
    v->event.info->evtchn_upcall_pending = 0;
    v->event.info->evtchn_pending_sel = 0;
    v->d->shared_info->evtchn_pending[port / 64] &= ~(1ul << (port % 64));
}

/* Two domains and a channel between them, both ends quiet. */
struct channel {
    struct hv *hv;
    struct vcpu *a, *b;
    evtchn_port_t at_a, at_b;
};

static inline struct channel channel_between(unsigned int cpus)
{
    struct channel c = {.hv = machine_with_guests(cpus, 3, 1)};

    c.a = guest_vcpu(c.hv, 1, 0);
    c.b = guest_vcpu(c.hv, 2, 0);
    ck_assert_int_eq(alloc_unbound(c.a, 2, &c.at_a), 0);
    ck_assert_int_eq(bind_interdomain(c.b, 1, c.at_a, &c.at_b), 0);
    consume(c.b, c.at_b);
    c.a->event.info->evtchn_upcall_mask = 0;
    c.b->event.info->evtchn_upcall_mask = 0;
    return c;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Guests that sleep and are woken: their events and time. */
#ifndef HOST_SCHED_GUEST_H
#define HOST_SCHED_GUEST_H

#include "suite.h"

#include <pv-abi/event_channel.h>
#include <pv-abi/sched.h>
#include <pv-abi/vcpu.h>

#include "event/channel.h"
#include "fake/guests.h"

#define MS 1000000ul
#define S  1000000000ul

static inline evtchn_port_t bind_ipi(struct vcpu *v)
{
    struct evtchn_bind_ipi op = {.vcpu = v->id};

    ck_assert_int_eq(call_evtchn(v, EVTCHNOP_bind_ipi, &op, sizeof(op)), 0);
    return op.port;
}

static inline void send(struct domain *d, evtchn_port_t port)
{
    struct effects fx;

    effects_init(&fx);
    ck_assert_int_eq(evtchn_send(d, port, &fx), 0);
    guests_exit(d->hv, &fx);
}

/* The guest's handler: what is pending is handled. */
static inline unsigned int drain(struct vcpu *v)
{
    struct shared_info *s = v->d->shared_info;
    unsigned int count = 0;

    v->event.info->evtchn_upcall_pending = 0;
    v->event.info->evtchn_pending_sel = 0;
    for (unsigned int i = 0; i < 64; i++) {
        count += (unsigned int)__builtin_popcountl(s->evtchn_pending[i]);
        s->evtchn_pending[i] = 0;
    }
    return count;
}

#endif

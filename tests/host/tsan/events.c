/* SPDX-License-Identifier: MIT */
#include <pv-abi/event_channel.h>
#include <pv-abi/hypercalls.h>
#include <pv-abi/inline/shared.h>

#include "domain.h"
#include "guests.h"

static int64_t event_op(struct cpu *c, uint32_t cmd, void *op, size_t bytes)
{
    return call_op(c, __HYPERVISOR_event_channel_op, cmd, op, bytes, 0);
}

static void event_bind(struct cpu *c)
{
    struct evtchn_alloc_unbound unbound = {DOMID_SELF, any_domid(c), 0};
    struct evtchn_bind_interdomain bind = {
        .remote_dom = any_domid(c),
        .remote_port = chance(c, PORTS),
    };
    struct evtchn_bind_ipi ipi = {.vcpu = chance(c, VCPUS)};
    struct evtchn_bind_virq virq = {.virq = VIRQ_TIMER,
                                    .vcpu = chance(c, VCPUS)};

    switch (chance(c, 8)) {
    case 0:
        event_op(c, EVTCHNOP_bind_ipi, &ipi, sizeof(ipi));
        break;
    case 1:
        event_op(c, EVTCHNOP_bind_virq, &virq, sizeof(virq));
        break;
    case 2 ... 4:
        if (self(c) == 0 && chance(c, 2))
            unbound.dom = any_domid(c);
        event_op(c, EVTCHNOP_alloc_unbound, &unbound, sizeof(unbound));
        break;
    default:
        event_op(c, EVTCHNOP_bind_interdomain, &bind, sizeof(bind));
    }
}

static void event_ask(struct cpu *c)
{
    evtchn_port_t port = chance(c, PORTS);
    struct evtchn_status status = {.dom = DOMID_SELF, .port = port};
    struct evtchn_bind_vcpu to = {port, chance(c, VCPUS)};
    struct evtchn_unmask unmask = {port};
    struct evtchn_reset reset = {DOMID_SELF};

    switch (chance(c, 8)) {
    case 0 ... 2:
        if (self(c) == 0)
            status.dom = any_domid(c);
        event_op(c, EVTCHNOP_status, &status, sizeof(status));
        break;
    case 3 ... 4:
        event_op(c, EVTCHNOP_bind_vcpu, &to, sizeof(to));
        break;
    case 5 ... 6:
        shared_set_bit(c->current->d->shared_info->evtchn_mask, port);
        event_op(c, EVTCHNOP_unmask, &unmask, sizeof(unmask));
        break;
    default:
        if (chance(c, 16) == 0)
            event_op(c, EVTCHNOP_reset, &reset, sizeof(reset));
    }
}

void event_step(struct cpu *c)
{
    struct evtchn_send send = {chance(c, PORTS)};
    struct evtchn_close close = {chance(c, PORTS)};

    switch (chance(c, 10)) {
    case 0 ... 2:
        event_bind(c);
        break;
    case 3:
        event_op(c, EVTCHNOP_close, &close, sizeof(close));
        break;
    case 4:
        event_ask(c);
        break;
    default:
        event_op(c, EVTCHNOP_send, &send, sizeof(send));
    }
}

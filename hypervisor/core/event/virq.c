/* SPDX-License-Identifier: MIT */
#include "event/virq.h"

#include <pv-abi/event_channel.h>

#include <domain.h>
#include "bug.h"
#include "event/channel.h"
#include "event/port.h"
#include "event/upcall.h"

#define PER_VCPU                                                               \
    (1u << VIRQ_TIMER | 1u << VIRQ_DEBUG | 1u << VIRQ_XENOPROF |               \
     1u << VIRQ_XENPMU)

bool virq_is_global(uint32_t virq)
{
    ASSERT(virq < NR_VIRQS);
    return !(PER_VCPU >> virq & 1);
}

void virq_raise_vcpu(struct vcpu *v, uint32_t virq, struct effects *fx)
{
    struct domain *d = v->d;
    evtchn_port_t port;

    spin_lock(&d->event.lock);
    port = v->event.virq_to_port[virq];
    if (port != 0)
        port_raise(d, port, port_entry(d, port)->notify_vcpu, fx);
    spin_unlock(&d->event.lock);
}

void virq_raise_global(struct hv *hv, uint32_t virq, struct effects *fx)
{
    struct domain *d = hv->dom0;

    ASSERT(virq_is_global(virq));
    if (d && d->vcpus && d->vcpus[0])
        virq_raise_vcpu(d->vcpus[0], virq, fx);
}

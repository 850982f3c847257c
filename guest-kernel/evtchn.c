/* SPDX-License-Identifier: MIT */
/* Event channels: the bits, the handlers, the upcall. See guest/evtchn.h. */
#include <guest/console.h>
#include <guest/evtchn.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/start.h>
#include <guest/vcpu.h>
#include <pv-abi/inline/barrier.h>
#include <pv-abi/inline/shared.h>
#include "internal.h"

#define WORD_BITS 64

static struct {
    evtchn_handler_t fn;
    void *arg;
} handlers[EVTCHN_PORTS];

void evtchn_mask(evtchn_port_t port)
{
    shared_set_bit(shared_info->evtchn_mask, port);
}

void evtchn_unmask(evtchn_port_t port)
{
    struct evtchn_unmask op = {.port = port};

    /* The hypervisor raises it again if it is pending. */
    if (hypercall_event_channel_op(EVTCHNOP_unmask, &op))
        panic("cannot unmask event channel %u", port);
}

bool evtchn_take(evtchn_port_t port)
{
    return shared_test_and_clear_bit(shared_info->evtchn_pending, port);
}

void evtchn_attach(evtchn_port_t port, evtchn_handler_t handler, void *arg)
{
    handlers[port].arg = arg;
    handlers[port].fn = handler;
    if (handler)
        evtchn_unmask(port);
}

/* A fresh port: every port was masked at start and at close. */
static int attach_new(long error, evtchn_port_t port, evtchn_handler_t handler,
                      void *arg)
{
    if (error)
        return error;
    evtchn_attach(port, handler, arg);
    return port;
}

int evtchn_bind_virq(uint32_t virq, evtchn_handler_t handler, void *arg)
{
    struct evtchn_bind_virq op = {.virq = virq, .vcpu = this_vcpu()->id};
    long error = hypercall_event_channel_op(EVTCHNOP_bind_virq, &op);

    return attach_new(error, op.port, handler, arg);
}

int evtchn_bind_ipi(evtchn_handler_t handler, void *arg)
{
    struct evtchn_bind_ipi op = {.vcpu = this_vcpu()->id};
    long error = hypercall_event_channel_op(EVTCHNOP_bind_ipi, &op);

    return attach_new(error, op.port, handler, arg);
}

int evtchn_alloc_unbound(domid_t remote, evtchn_handler_t handler, void *arg)
{
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF, .remote_dom = remote};
    long error = hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &op);

    return attach_new(error, op.port, handler, arg);
}

int evtchn_bind_interdomain(domid_t remote, evtchn_port_t remote_port,
                            evtchn_handler_t handler, void *arg)
{
    struct evtchn_bind_interdomain op = {
        .remote_dom = remote,
        .remote_port = remote_port,
    };
    long error = hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &op);

    return attach_new(error, op.local_port, handler, arg);
}

int evtchn_send(evtchn_port_t port)
{
    struct evtchn_send op = {.port = port};

    return hypercall_event_channel_op(EVTCHNOP_send, &op);
}

int evtchn_close(evtchn_port_t port)
{
    struct evtchn_close op = {.port = port};
    int error;

    evtchn_mask(port);
    error = hypercall_event_channel_op(EVTCHNOP_close, &op);
    if (error)
        return error;
    handlers[port].fn = NULL;
    return 0;
}

static void deliver(unsigned int word)
{
    uint64_t ready;

    while ((ready = shared_read(&shared_info->evtchn_pending[word]) &
                    ~shared_read(&shared_info->evtchn_mask[word]))) {
        evtchn_port_t port = word * WORD_BITS + __builtin_ctzl(ready);

        evtchn_take(port);
        if (handlers[port].fn)
            handlers[port].fn(port, handlers[port].arg);
        else
            evtchn_mask(port); /* nobody cares; do not loop on it */
    }
}

/* Upcalls are masked: the hypervisor did that on the way in. */
void evtchn_upcall(void)
{
    struct vcpu *self = this_vcpu();
    struct vcpu_info *info = self->info;

    self->upcalls++;
    self->in_upcall = true;
    do {
        uint64_t selector;

        /* In this order: what is raised after the clear sets it again. */
        shared_write(&info->evtchn_upcall_pending, 0);
        smp_mb();
        selector = shared_exchange(&info->evtchn_pending_sel, 0);
        while (selector) {
            deliver(__builtin_ctzl(selector));
            selector &= selector - 1;
        }
    } while (shared_read(&info->evtchn_upcall_pending));
    self->in_upcall = false;
    thread_preempt();
}

void evtchn_init(void)
{
    struct vcpu *self = this_vcpu();

    shared_info = kmap_frame(start_info->shared_info >> PAGE_SHIFT,
                             PTE_KERNEL | PTE_NX, DOMID_SELF);
    if (!shared_info)
        panic("cannot map the shared page");
    for (unsigned int i = 0; i < EVTCHN_PORTS / WORD_BITS; i++)
        shared_info->evtchn_mask[i] = ~0UL;
    self->info = &shared_info->vcpu_info[self->id];
}

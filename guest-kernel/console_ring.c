/* SPDX-License-Identifier: MIT */
/*
 * A domain's console: a page with two rings, emptied by the control domain.
 * Indices run freely; only ours are written here, theirs read once.
 */
#include <guest/console.h>
#include <guest/evtchn.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/start.h>
#include <guest/thread.h>
#include <pv-abi/inline/barrier.h>
#include <pv-abi/inline/shared.h>
#include <pv-abi/io/console.h>
#include <pv-abi/sched.h>
#include "internal.h"

static struct xencons_interface *ring;
static evtchn_port_t port;
static struct waitq writers = WAITQ_INIT(writers);

/* Space for one "\r\n" is kept together, so a line end is never split. */
static size_t space(void)
{
    uint32_t used = ring->out_prod - shared_read(&ring->out_cons);

    return used > sizeof(ring->out) ? 0 : sizeof(ring->out) - used;
}

/* Returns how much of the text fitted. Masked: the kernel's own reports may
 * come from an upcall in the middle of a thread's line. */
size_t console_ring_write(const char *text, size_t len)
{
    bool was_masked;
    uint32_t prod;
    size_t room, n = 0;

    if (!ring)
        return len; /* nobody will ever look */
    was_masked = upcall_mask();
    prod = ring->out_prod;
    smp_mb(); /* out_cons is read before its bytes are overwritten */
    for (room = space(); n < len && room >= 2; n++) {
        if (text[n] == '\n') {
            ring->out[prod++ % sizeof(ring->out)] = '\r';
            room--;
        }
        ring->out[prod++ % sizeof(ring->out)] = text[n];
        room--;
    }
    smp_wmb();
    shared_write(&ring->out_prod, prod);
    upcall_restore(was_masked);
    if (n)
        evtchn_send(port);
    return n;
}

/* Wait until the other side has taken something. */
void console_ring_wait(void)
{
    struct vcpu *self = this_vcpu();

    if (self->current && self->current != self->idle && !self->in_upcall &&
        !upcall_is_masked())
        waitq_until(&writers, WAIT_FOREVER, space() >= 2);
    else
        hypercall_sched_op(SCHEDOP_yield, NULL);
}

void console_ring_input(void)
{
    uint32_t cons, available;

    if (!ring)
        return;
    cons = ring->in_cons;
    available = shared_read(&ring->in_prod) - cons;

    if (available > sizeof(ring->in))
        return; /* nonsense from the other side */
    smp_rmb();
    available = MIN(available, console_input_space());
    for (uint32_t i = 0; i < available; i++)
        console_input(&ring->in[cons++ % sizeof(ring->in)], 1);
    smp_mb();
    shared_write(&ring->in_cons, cons);
    if (available)
        evtchn_send(port);
}

static void kicked(evtchn_port_t from, void *arg)
{
    console_ring_input();
    waitq_wake_all(&writers);
}

/* As early as there is memory; the handler needs events, so it comes later. */
void console_ring_map(void)
{
    uint64_t pfn;

    if (!start_info->console.domU.evtchn)
        return;
    pfn = mfn_to_pfn(start_info->console.domU.mfn);
    ring = pfn_to_virt(pfn);
    port = start_info->console.domU.evtchn;
}

void console_ring_init(void)
{
    if (ring)
        evtchn_attach(port, kicked, NULL);
}

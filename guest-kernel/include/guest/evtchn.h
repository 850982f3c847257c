/* SPDX-License-Identifier: MIT */
/*
 * Event channels (two-level ABI): one bit per port, one handler per port.
 *
 * Handlers run with upcalls masked, on the stack of whoever was interrupted:
 * short, no blocking, no malloc. The pending bit is cleared before the
 * handler is called, so an event that arrives meanwhile calls it again.
 *
 * A bind function leaves the port masked when handler is NULL (to be polled
 * with evtchn_take()), unmasked otherwise. All return the port (> 0) or the
 * hypervisor's -Exxx; state is unchanged on error.
 * Source: pv-abi/event_channel.h.
 */
#ifndef GUEST_EVTCHN_H
#define GUEST_EVTCHN_H

#include <stdbool.h>
#include <stdint.h>
#include <pv-abi/event_channel.h>

#define EVTCHN_PORTS 4096

typedef void (*evtchn_handler_t)(evtchn_port_t port, void *arg);

/* A virtual interrupt of this vCPU: VIRQ_TIMER, VIRQ_CONSOLE ... */
int evtchn_bind_virq(uint32_t virq, evtchn_handler_t handler, void *arg);

/* A port that this vCPU signals itself with. */
int evtchn_bind_ipi(evtchn_handler_t handler, void *arg);

/* A port that `remote` may bind to. */
int evtchn_alloc_unbound(domid_t remote, evtchn_handler_t handler, void *arg);

/* Connect to a port that `remote` offered. It is pending at once. */
int evtchn_bind_interdomain(domid_t remote, evtchn_port_t remote_port,
                            evtchn_handler_t handler, void *arg);

/* Take over a port that the builder made: the console's, xenstore's. */
void evtchn_attach(evtchn_port_t port, evtchn_handler_t handler, void *arg);

/* Signal the other end. 0, or -EINVAL (not a port to send on). */
int evtchn_send(evtchn_port_t port);

/* Close; the handler is forgotten first. 0, or -EINVAL. */
int evtchn_close(evtchn_port_t port);

void evtchn_mask(evtchn_port_t port);

/* Unmask; what is pending is delivered at the next chance. */
void evtchn_unmask(evtchn_port_t port);

/* Clear the pending bit; returns whether it was set. */
bool evtchn_take(evtchn_port_t port);

#endif

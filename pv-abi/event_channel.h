/* SPDX-License-Identifier: MIT */
/*
 * Event channels: one-bit messages. A port of a domain is closed, or bound to
 * a port of another domain, a virtual interrupt, or another vCPU.
 *
 * Each port has a pending and a mask bit in shared_info and notifies one
 * vCPU, its bit of evtchn_pending_sel saying which word to look at.
 *
 * The hypervisor raises a port in this order:
 *  1. set pending (was it set already, stop)    2. masked: stop
 *  3. set the word's bit in evtchn_pending_sel (was it set: stop)
 *  4. set evtchn_upcall_pending, and wake the vCPU unless upcalls are masked.
 * A guest takes them in the opposite one:
 *  1. clear evtchn_upcall_pending   2. exchange evtchn_pending_sel with 0
 *  3. for each bit of pending & ~mask of those words: clear pending, handle.
 * A guest that unmasks a port looks at pending afterwards, or uses
 * EVTCHNOP_unmask; one that unmasks upcalls looks at evtchn_upcall_pending and
 * makes any hypercall when it is set: each return from one delivers.
 *
 * Instead of these two levels a guest may use queues (FIFO): EVTCHNOP_
 * init_control for each vCPU, the first of which switches the domain; then
 * expand_array as far as it has ports. Each port has a word in the array and
 * goes into the queue of its priority, one for each vCPU, linked through the
 * words. A port is closed, but not free, as long as it is in a queue.
 *
 * The hypervisor raises a port in this order:
 *  1. set PENDING   2. MASKED: stop   3. set LINKED (was it set: stop)
 *  4. write LINK of the queue's last word, if that is still LINKED; if not,
 *     write head[priority], set the queue's bit of ready (was it set: stop)
 *  5. set evtchn_upcall_pending, as above.
 * A guest takes them in this one:
 *  1. clear evtchn_upcall_pending   2. take the lowest bit set in ready, and
 *     the port in its head   3. clear LINKED and LINK of its word at once;
 *     LINK is the next head, 0: look at head[priority] again once ready is 0
 *  4. the word is PENDING and not MASKED: clear PENDING, handle.
 * A guest masks with an atomic operation, and unmasks with a compare and
 * exchange that expects BUSY clear; then, if the port is PENDING, it uses
 * EVTCHNOP_unmask, which puts the port into its queue.
 */
#ifndef PV_ABI_EVENT_CHANNEL_H
#define PV_ABI_EVENT_CHANNEL_H

#include "types.h"

#define EVTCHN_2L_NR_CHANNELS 4096 /* ports of the two-level layout */

/*
 * Virtual interrupts. TIMER, DEBUG, XENOPROF and XENPMU exist once per vCPU;
 * the others once per domain, bound on vCPU 0, and are raised to the domain
 * that handles them (dom0).
 */
#define VIRQ_TIMER      0 /* a timer of this vCPU */
#define VIRQ_DEBUG      1 /* the operator asks for a dump of state */
#define VIRQ_CONSOLE    2 /* input on the machine's console */
#define VIRQ_DOM_EXC    3 /* some domain shut down or is gone */
#define VIRQ_TBUF       4 /* trace buffer */
#define VIRQ_DEBUGGER   6 /* a domain stopped for a debugger */
#define VIRQ_XENOPROF   7
#define VIRQ_CON_RING   8 /* the hypervisor's log grew */
#define VIRQ_PCPU_STATE 9 /* a processor came or went */
#define VIRQ_MEM_EVENT  10
#define VIRQ_ARGO       11
#define VIRQ_ENOMEM     12 /* memory is short */
#define VIRQ_XENPMU     13
#define VIRQ_ARCH_0     16 /* machine check */
#define NR_VIRQS        24

/* evtchn_status.status */
#define EVTCHNSTAT_closed      0
#define EVTCHNSTAT_unbound     1
#define EVTCHNSTAT_interdomain 2
#define EVTCHNSTAT_pirq        3
#define EVTCHNSTAT_virq        4
#define EVTCHNSTAT_ipi         5

/* Queues: priorities 0, the highest, to 15; words of the array; their flags. */
#define EVTCHN_FIFO_PRIORITY_MAX     0
#define EVTCHN_FIFO_PRIORITY_DEFAULT 7
#define EVTCHN_FIFO_PRIORITY_MIN     15
#define EVTCHN_FIFO_MAX_QUEUES       16
#define EVTCHN_FIFO_PENDING          31 /* bits of a word */
#define EVTCHN_FIFO_MASKED           30
#define EVTCHN_FIFO_LINKED           29
#define EVTCHN_FIFO_BUSY             28
#define EVTCHN_FIFO_LINK_BITS        17 /* the next port in the queue, or 0 */
#define EVTCHN_FIFO_LINK_MASK        0x1ffff
#define EVTCHN_FIFO_NR_CHANNELS      131072
#define EVTCHN_FIFO_PAGE_WORDS       1024 /* in each page of the array */
#define EVTCHN_FIFO_PAGES            128

#ifndef __ASSEMBLER__

/* One for each vCPU, in a page of the guest; all zero at first. */
struct evtchn_fifo_control_block {
    uint32_t ready; /* bit q: queue q may hold ports; both write, atomically */
    uint32_t _rsvd;
    uint32_t head[EVTCHN_FIFO_MAX_QUEUES]; /* first ports; hypervisor writes */
};

/* Numbers EVTCHNOP_<name>; what each does stands in evtchn_ops.def. */
enum evtchn_cmd {
#define EVTCHN_OP(nr, name, type, direction, doc) EVTCHNOP_##name = nr,
#define EVTCHN_OP_REFUSED(nr, name, error, doc)   EVTCHNOP_##name = nr,
#include "evtchn_ops.def"
};

/* Both domains may be DOMID_SELF; dom other than that needs privilege. */
struct evtchn_alloc_unbound {
    domid_t dom;        /* IN  whose port */
    domid_t remote_dom; /* IN  who may bind to it */
    evtchn_port_t port; /* OUT */
};

/* The local port is pending at once: a signal before the bind is not lost. */
struct evtchn_bind_interdomain {
    domid_t remote_dom; /* IN  */
    uint16_t _pad;
    evtchn_port_t remote_port; /* IN  unbound, and meant for the caller */
    evtchn_port_t local_port;  /* OUT */
};

struct evtchn_bind_virq {
    uint32_t virq;      /* IN  VIRQ_* */
    uint32_t vcpu;      /* IN  0 for those that exist once per domain */
    evtchn_port_t port; /* OUT */
};

#define BIND_PIRQ__WILL_SHARE 1
struct evtchn_bind_pirq {
    uint32_t pirq;      /* IN  */
    uint32_t flags;     /* IN  BIND_PIRQ__* */
    evtchn_port_t port; /* OUT */
};

struct evtchn_bind_ipi {
    uint32_t vcpu;      /* IN  the vCPU it notifies */
    evtchn_port_t port; /* OUT */
};

struct evtchn_close {
    evtchn_port_t port; /* IN  */
};

struct evtchn_send {
    evtchn_port_t port; /* IN  a port of the caller; its peer is raised */
};

struct evtchn_status {
    domid_t dom; /* IN  DOMID_SELF, or any for dom0 */
    uint16_t _pad;
    evtchn_port_t port; /* IN  */
    uint32_t status;    /* OUT EVTCHNSTAT_*; selects the member of u */
    uint32_t vcpu;      /* OUT the vCPU it notifies */
    union {
        struct {
            domid_t dom; /* who may bind to it */
        } unbound;
        struct {
            domid_t dom;
            uint16_t _pad;
            evtchn_port_t port;
        } interdomain;
        uint32_t pirq;
        uint32_t virq;
    } u; /* OUT */
};

struct evtchn_bind_vcpu {
    evtchn_port_t port; /* IN  not an IPI, nor an interrupt of one vCPU */
    uint32_t vcpu;      /* IN  the vCPU it notifies from now on */
};

struct evtchn_unmask {
    evtchn_port_t port; /* IN  */
};

struct evtchn_reset {
    domid_t dom; /* IN  DOMID_SELF, or for dom0 any paused one */
};

struct evtchn_init_control {
    uint64_t control_gfn; /* IN  a frame of the domain's own */
    uint32_t offset;      /* IN  bytes, 8-aligned; the block fits the page */
    uint32_t vcpu;        /* IN  */
    uint8_t link_bits;    /* OUT EVTCHN_FIFO_LINK_BITS */
    uint8_t _pad[7];
};

struct evtchn_expand_array {
    uint64_t array_gfn; /* IN  the words of the next 1024 ports */
};

struct evtchn_set_priority {
    evtchn_port_t port; /* IN  */
    uint32_t priority;  /* IN  0 highest to 15 lowest */
};

#endif /* C */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The order of locks: a CPU may acquire a lock only if its level is higher
 * than that of every lock it holds. Two locks of one level are taken only
 * by spin_lock_pair, in the order of their addresses. CONFIG_DEBUG checks
 * this at every acquire (lib/spinlock.h).
 *
 * The hypervisor runs with interrupts off, except in the idle loop. So
 * (1) a lock is held for a bounded amount of work only (effects.h),
 * (2) no memory of a guest is copied while any lock is held (DEBUG checks),
 * (3) whoever spins serves TLB-flush requests meanwhile (hal_relax), hence
 *     a flush may be awaited while a lock is held.
 */
#ifndef HV_LOCK_ORDER_H
#define HV_LOCK_ORDER_H

enum lock_level {
    LOCK_DOMAINS = 1, /* hv->domains: create, find, remove */
    LOCK_DOMAIN,      /* domain->lock: life cycle, vCPU set-up, limits */
    LOCK_GRANT,       /* domain->grant.lock (pair: mapper and granter) */
    LOCK_EVENT,       /* domain->event.lock (pair: both ends of a channel) */
    LOCK_MM,          /* domain->mm_lock: page tables and types */
    LOCK_PAGES,       /* domain->pages_lock: lists of owned frames */
    LOCK_HEAP,        /* hv->heap.lock: the frame allocator */
    LOCK_SCHED,       /* per-CPU run queue (pairs) */
    LOCK_TIMER,       /* per-CPU timer queue */
    LOCK_CONSOLE,     /* console ring and UART */
};

#endif

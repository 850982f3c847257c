/* SPDX-License-Identifier: MIT */
/*
 * Ticket locks: whoever came first is served first, so that no CPU can
 * starve another. And the order of locks: a CPU may acquire a lock only if
 * its level is higher than that of every lock it holds. Two locks of one
 * level are taken only by spin_lock_pair.
 *
 * With CONFIG_DEBUG each acquire is checked: panic when the order is broken,
 * when a lock is released by a CPU that does not hold it, or taken twice.
 *
 * The hypervisor runs with interrupts off, except in the idle loop. So
 * (1) a lock is held for a bounded amount of work only (effects.h),
 * (2) no memory of a guest is copied while any lock is held (DEBUG checks),
 * (3) whoever spins serves TLB-flush requests meanwhile (hal_relax), hence
 *     a flush may be awaited while a lock is held.
 */
#ifndef LIB_SPINLOCK_H
#define LIB_SPINLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum lock_level {
    LOCK_DOMAINS = 1, /* hv->domains: create, find, remove */
    LOCK_DOMAIN,      /* domain->lock: life cycle, vCPU set-up, limits */
    LOCK_GRANT,       /* domain->grant.lock (pair: mapper and granter) */
    LOCK_EVENT,       /* domain->event.lock (pair: both ends of a channel) */
    LOCK_FIFO,        /* domain->event.fifo_lock: its queues of events */
    LOCK_MM,          /* domain->mm_lock: page tables and types */
    LOCK_PAGES,       /* domain->pages_lock: lists of owned frames */
    LOCK_HEAP,        /* hv->heap.lock: the frame allocator */
    LOCK_SCHED,       /* per-CPU run queue (pairs) */
    LOCK_CAP,         /* domain->cap.lock: what is left of its CPU time */
    LOCK_TIMER,       /* per-CPU timer queue */
    LOCK_CONSOLE,     /* console ring and UART */
};

struct spinlock {
    uint16_t next;   /* the ticket the next comer gets */
    uint16_t owner;  /* the ticket that holds the lock */
    uint16_t level;  /* enum lock_level; 0: not initialised */
    uint16_t holder; /* CPU + 1 while held (CONFIG_DEBUG) */
};

void spin_lock_init(struct spinlock *l, enum lock_level level);
void spin_lock(struct spinlock *l);
void spin_unlock(struct spinlock *l);

/* Hold l from here to the end of the block, whichever way that is left. */
#define spin_guard(l)                                                          \
    struct spinlock *held_ __attribute__((unused, cleanup(spin_guard_end))) =  \
        spin_guard_begin(l)

static inline struct spinlock *spin_guard_begin(struct spinlock *l)
{
    spin_lock(l);
    return l;
}

static inline void spin_guard_end(struct spinlock **l)
{
    spin_unlock(*l);
}

/* True: the lock is now held. Never waits, so it may break the order. */
bool spin_trylock(struct spinlock *l);

/*
 * Both of two locks of one level, in the order of their addresses; once, if
 * they are the same.
 */
void spin_lock_pair(struct spinlock *a, struct spinlock *b);
void spin_unlock_pair(struct spinlock *a, struct spinlock *b);

/* Whether this CPU holds l. For assertions: without DEBUG, always true. */
bool spin_is_held(const struct spinlock *l);

/* Panic if this CPU holds any lock. Nothing without CONFIG_DEBUG. */
void spin_check_none_held(void);

#endif

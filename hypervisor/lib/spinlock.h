/* SPDX-License-Identifier: MIT */
/*
 * Ticket locks: whoever came first is served first, so that no CPU can
 * starve another. Every waiter serves TLB-flush requests (hal_relax).
 *
 * With CONFIG_DEBUG each acquire is checked against lock_order.h: panic when
 * a lock of the same or a higher level is held, when a lock is released by a
 * CPU that does not hold it, or taken twice.
 */
#ifndef LIB_SPINLOCK_H
#define LIB_SPINLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lock_order.h"

struct spinlock {
    uint16_t next;   /* the ticket the next comer gets */
    uint16_t owner;  /* the ticket that holds the lock */
    uint16_t level;  /* enum lock_level; 0: not initialised */
    uint16_t holder; /* CPU + 1 while held (CONFIG_DEBUG) */
};

void spin_lock_init(struct spinlock *l, enum lock_level level);
void spin_lock(struct spinlock *l);
void spin_unlock(struct spinlock *l);

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

/* SPDX-License-Identifier: MIT */
#include "spinlock.h"

#include <config.h>
#include <stddef.h>

#include "hal.h"

#ifdef CONFIG_DEBUG
#define CHECKED true
#else
#define CHECKED false
#endif
#define HELD_MAX 8

/* What each CPU holds, in the order of acquiring. Only it looks. */
static struct held {
    const struct spinlock *lock[HELD_MAX];
    unsigned int count;
} held[CONFIG_MAX_CPUS];

static void check_order(const struct spinlock *l, bool second_of_pair)
{
    const struct held *h = &held[hal_cpu()];

    if (l->level == 0)
        hal_panic("lock %p was never initialised", (const void *)l);
    for (unsigned int i = 0; i < h->count; i++) {
        if (h->lock[i] == l)
            hal_panic("lock %p of level %u taken twice", (const void *)l,
                      l->level);
        if (h->lock[i]->level > l->level ||
            (h->lock[i]->level == l->level && !second_of_pair))
            hal_panic("lock of level %u taken while one of level %u is held",
                      l->level, h->lock[i]->level);
    }
}

static void note_locked(struct spinlock *l)
{
    struct held *h = &held[hal_cpu()];

    if (h->count == HELD_MAX)
        hal_panic("more than %d locks held", HELD_MAX);
    h->lock[h->count++] = l;
    l->holder = (uint16_t)(hal_cpu() + 1);
}

static void note_unlocked(struct spinlock *l)
{
    struct held *h = &held[hal_cpu()];
    unsigned int i = 0;

    while (i < h->count && h->lock[i] != l)
        i++;
    if (i == h->count)
        hal_panic("lock of level %u released but not held", l->level);
    h->count--;
    for (; i < h->count; i++)
        h->lock[i] = h->lock[i + 1];
    l->holder = 0;
}

bool spin_is_held(const struct spinlock *l)
{
    return !CHECKED ||
           __atomic_load_n(&l->holder, __ATOMIC_RELAXED) == hal_cpu() + 1;
}

void spin_check_none_held(void)
{
    const struct held *h = &held[hal_cpu()];

    if (CHECKED && h->count > 0)
        hal_panic("lock of level %u held across a guest access",
                  h->lock[0]->level);
}

void spin_lock_init(struct spinlock *l, enum lock_level level)
{
    *l = (struct spinlock){.level = (uint16_t)level};
}

static void acquire(struct spinlock *l, bool second_of_pair)
{
    uint16_t ticket;

    if (CHECKED)
        check_order(l, second_of_pair);
    ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);
    while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket)
        hal_relax();
    if (CHECKED)
        note_locked(l);
}

void spin_lock(struct spinlock *l)
{
    acquire(l, false);
}

bool spin_trylock(struct spinlock *l)
{
    uint16_t owner = __atomic_load_n(&l->owner, __ATOMIC_ACQUIRE);
    uint16_t free = owner;

    /* Free means that the next ticket is the one being served. */
    if (!__atomic_compare_exchange_n(&l->next, &free, (uint16_t)(owner + 1),
                                     false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return false;
    if (CHECKED)
        note_locked(l);
    return true;
}

void spin_unlock(struct spinlock *l)
{
    if (CHECKED)
        note_unlocked(l);
    __atomic_store_n(&l->owner, (uint16_t)(l->owner + 1), __ATOMIC_RELEASE);
}

void spin_lock_pair(struct spinlock *a, struct spinlock *b)
{
    acquire(a < b ? a : b, false);
    if (a != b)
        acquire(a < b ? b : a, true);
}

void spin_unlock_pair(struct spinlock *a, struct spinlock *b)
{
    spin_unlock(a);
    if (a != b)
        spin_unlock(b);
}

/* SPDX-License-Identifier: MIT */
/*
 * A set of physical CPUs: one word, because MAX_CPUS is at most 64.
 *
 * Plain functions work on a private copy; the atomic ones on a word that
 * several CPUs change.
 */
#ifndef HV_CPUMASK_H
#define HV_CPUMASK_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t bits;
} cpumask_t;

#define CPUMASK_NONE ((cpumask_t){0})

static inline cpumask_t cpumask_of(unsigned int cpu)
{
    return (cpumask_t){1ul << cpu};
}

static inline bool cpumask_has(cpumask_t m, unsigned int cpu)
{
    return (m.bits >> cpu) & 1;
}

static inline bool cpumask_is_empty(cpumask_t m)
{
    return m.bits == 0;
}

static inline void cpumask_add(cpumask_t *m, unsigned int cpu)
{
    m->bits |= 1ul << cpu;
}

static inline void cpumask_remove(cpumask_t *m, unsigned int cpu)
{
    m->bits &= ~(1ul << cpu);
}

static inline cpumask_t cpumask_or(cpumask_t a, cpumask_t b)
{
    return (cpumask_t){a.bits | b.bits};
}

static inline cpumask_t cpumask_and(cpumask_t a, cpumask_t b)
{
    return (cpumask_t){a.bits & b.bits};
}

static inline unsigned int cpumask_count(cpumask_t m)
{
    return (unsigned int)__builtin_popcountl(m.bits);
}

/* Lowest member; the set must not be empty. */
static inline unsigned int cpumask_first(cpumask_t m)
{
    return (unsigned int)__builtin_ctzl(m.bits);
}

static inline cpumask_t cpumask_read(const cpumask_t *m)
{
    return (cpumask_t){__atomic_load_n(&m->bits, __ATOMIC_SEQ_CST)};
}

static inline void cpumask_add_atomic(cpumask_t *m, unsigned int cpu)
{
    __atomic_fetch_or(&m->bits, 1ul << cpu, __ATOMIC_SEQ_CST);
}

static inline void cpumask_remove_atomic(cpumask_t *m, unsigned int cpu)
{
    __atomic_fetch_and(&m->bits, ~(1ul << cpu), __ATOMIC_SEQ_CST);
}

/* Run the body for each member of m, lowest first. */
#define cpumask_for_each(cpu, m)                                         \
    for (uint64_t left_ = (m).bits;                                      \
         left_ && ((cpu) = (unsigned int)__builtin_ctzl(left_), 1);      \
         left_ &= left_ - 1)

#endif

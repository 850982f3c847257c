/* SPDX-License-Identifier: MIT */
/*
 * Order of memory accesses, as others see it. x86 keeps loads in order and
 * stores in order; only a load after a store may be seen early. So the read
 * and write barriers stop the compiler alone, and smp_mb() the processor too.
 */
#ifndef PV_ABI_INLINE_BARRIER_H
#define PV_ABI_INLINE_BARRIER_H

/* The compiler keeps accesses on their side of this. */
static inline void compiler_barrier(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Loads before it are done before loads after it. */
static inline void smp_rmb(void)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

/* Stores before it are seen before stores after it. */
static inline void smp_wmb(void)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

/* Everything before it is seen before everything after it. */
static inline void smp_mb(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif

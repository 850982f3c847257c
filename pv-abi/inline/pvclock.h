/* SPDX-License-Identifier: MIT */
/*
 * From a TSC reading to nanoseconds, with the tuple of vcpu_time_info.
 *
 *     struct vcpu_time_info now;
 *     uint64_t tsc;
 *     do {
 *         pvclock_copy(&now, &vcpu_info->time);
 *         tsc = rdtsc();
 *     } while (pvclock_changed(&now, &vcpu_info->time));
 *     ns = pvclock_ns(&now, tsc);
 *
 * The TSC is read inside the loop: between two tuples the vCPU may have moved
 * to another processor. Only the vCPU the tuple belongs to may use it, unless
 * XEN_PVCLOCK_TSC_STABLE_BIT is set in flags.
 */
#ifndef PV_ABI_INLINE_PVCLOCK_H
#define PV_ABI_INLINE_PVCLOCK_H

#include "../shared_info.h"
#include "barrier.h"
#include "shared.h"

__extension__ typedef unsigned __int128 pvclock_u128;

/* Ticks to ns: shift left (right when negative, |shift| < 64), then multiply
 * by mul / 2^32. The product has up to 96 bits; the result keeps the low 64. */
static inline uint64_t pvclock_scale(uint64_t ticks, uint32_t mul, int shift)
{
    ticks = shift < 0 ? ticks >> -shift : ticks << shift;
    return (uint64_t)((pvclock_u128)ticks * mul >> 32);
}

/* System time at a TSC value, ns. Never before the tuple's own: a reading
 * taken just before the tuple was made counts as the tuple's. */
static inline uint64_t pvclock_ns(const struct vcpu_time_info *tuple,
                                  uint64_t tsc)
{
    uint64_t ticks = tsc - tuple->tsc_timestamp;

    if ((int64_t)ticks < 0)
        ticks = 0;
    return tuple->system_time +
           pvclock_scale(ticks, tuple->tsc_to_system_mul, tuple->tsc_shift);
}

/* Read a tuple; waits while it is being written. */
static inline void pvclock_copy(struct vcpu_time_info *to,
                                const struct vcpu_time_info *shared)
{
    uint32_t version;

    do {
        while ((version = shared_read(&shared->version)) & 1)
            __builtin_ia32_pause();
        smp_rmb();
        shared_read_bytes(to, shared, sizeof(*to));
        smp_rmb();
    } while (shared_read(&shared->version) != version);
    to->version = version;
}

/* Whether the tuple was replaced since it was copied. */
static inline bool pvclock_changed(const struct vcpu_time_info *copy,
                                   const struct vcpu_time_info *shared)
{
    smp_rmb();
    return shared_read(&shared->version) != copy->version;
}

/* Ticks per second of a tuple: 10^9 * 2^32 / mul, shifted back. */
static inline uint64_t pvclock_hz(const struct vcpu_time_info *tuple)
{
    uint64_t hz = (UINT64_C(1000000000) << 32) / tuple->tsc_to_system_mul;

    return tuple->tsc_shift < 0 ? hz << -tuple->tsc_shift
                                : hz >> tuple->tsc_shift;
}

#endif

/* SPDX-License-Identifier: MIT */
/* What time it is: the hypervisor publishes, we extrapolate by the TSC. */
#include <guest/clock.h>
#include <guest/vcpu.h>
#include <pv-abi/inline/pvclock.h>
#include "internal.h"

static uint64_t rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

uint64_t clock_ns(void)
{
    static uint64_t latest;
    const struct vcpu_time_info *shared = &this_vcpu()->info->time;
    bool was_masked = upcall_mask();
    struct vcpu_time_info t;
    uint64_t now;

    do {
        pvclock_copy(&t, shared);
        now = pvclock_ns(&t, rdtsc());
    } while (pvclock_changed(&t, shared));
    /* A new tuple may start a little before the old one had got to. */
    if (now < latest)
        now = latest;
    latest = now;
    upcall_restore(was_masked);
    return now;
}

uint64_t clock_wall_ns(void)
{
    uint64_t seconds, ns;
    uint32_t version;

    do {
        version = shared_read(&shared_info->wc_version);
        smp_rmb();
        seconds = shared_read(&shared_info->wc_sec);
        seconds |= (uint64_t)shared_read(&shared_info->wc_sec_hi) << 32;
        ns = shared_read(&shared_info->wc_nsec);
        smp_rmb();
    } while ((version & 1) || version != shared_read(&shared_info->wc_version));
    return seconds * NS_PER_SEC + ns + clock_ns();
}

uint64_t clock_tsc_hz(void)
{
    struct vcpu_time_info t;

    pvclock_copy(&t, &this_vcpu()->info->time);
    return pvclock_hz(&t);
}

/* SPDX-License-Identifier: MIT */
#include "hv.h"
#include "printf.h"
#include "x86/apic.h"
#include "x86/percpu.h"
#include "x86/watchdog.h"

/* What a CPU last saw of the one behind it. */
struct watch {
    uint64_t ticks;
    uint64_t since_ns;
    bool reported;
};

static struct watch watches[CONFIG_MAX_CPUS];

static void report(unsigned int stuck)
{
    cpumask_t all = cpumask_read(&the_hv.online);
    unsigned int cpu;

    hv_printf(LOG_ERROR, "CPU %u has not served its timer for %lu s\n", stuck,
              WATCHDOG_LIMIT_NS / 1000000000);
    cpumask_for_each(cpu, all)
    {
        __atomic_fetch_or(&percpu_of(cpu)->requests, REQUEST_BACKTRACE,
                          __ATOMIC_SEQ_CST);
        apic_send(percpu_of(cpu)->apic_id, APIC_ICR_NMI);
    }
}

void watchdog_tick(unsigned int cpu, uint64_t now_ns)
{
    struct watch *w = &watches[cpu];
    unsigned int next = (cpu + 1) % cpumask_count(the_hv.online);
    uint64_t ticks;

    __atomic_fetch_add(&the_hv.cpus[cpu].ticks, 1, __ATOMIC_RELAXED);
    ticks = __atomic_load_n(&the_hv.cpus[next].ticks, __ATOMIC_RELAXED);
    if (next == cpu || ticks != w->ticks || !w->since_ns) {
        w->ticks = ticks;
        w->since_ns = now_ns;
        w->reported = false;
    } else if (!w->reported && now_ns - w->since_ns > WATCHDOG_LIMIT_NS) {
        w->reported = true;
        report(next);
    }
}

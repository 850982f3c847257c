/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor asks of the machine, written down for tests to look at.
 * One thread plays all CPUs; tests/host/tsan/cpus.c is the other machine.
 */
#include <sched.h>
#include <string.h>

#include "fake/fake.h"
#include "mm/tlb.h"

void hal_flush_tlb(cpumask_t m)
{
    unsigned int cpu;

    fake.flush_count++;
    fake.flushed = m;
    if (fake.on_flush)
        fake.on_flush(m);
    cpumask_for_each(cpu, m) if (fake.hv)
        tlb_flush_end(fake.hv, cpu, tlb_flush_begin(fake.hv));
}

void hal_reload(struct vcpu *v, unsigned int what)
{
    fake.reload_count++;
    fake.reloaded |= what;
    fake.reload_vcpu = v;
    if (fake.on_reload)
        fake.on_reload(v, what);
}

void hal_relax(void)
{
    sched_yield();
}

void hal_console_write(const char *s, size_t n)
{
    size_t room = sizeof(fake.console) - 1;

    if (n > room) {
        s += n - room;
        n = room;
    }
    if (fake.console_length + n > room) {
        size_t drop = fake.console_length + n - room;

        memmove(fake.console, fake.console + drop, fake.console_length - drop);
        fake.console_length -= drop;
    }
    memcpy(fake.console + fake.console_length, s, n);
    fake.console_length += n;
    fake.console[fake.console_length] = '\0';
}

void hal_log_write(const char *s, size_t n)
{
    hal_console_write(s, n);
}

void hal_power(enum hal_power what)
{
    fake.power_used = true;
    fake.power = what;
    if (fake.on_power)
        fake.on_power(what);
    hal_panic("power %d", (int)what);
}

/* SPDX-License-Identifier: MIT */
/*
 * NMI: one CPU wants something of another that may not listen otherwise.
 * What no CPU asked for is reported, rarely.
 */
#include "hal.h"
#include "printf.h"
#include "x86/insn.h"
#include "x86/percpu.h"
#include "x86/trap/panic.h"
#include "x86/trap/trap.h"

static void backtrace(const struct cpu_user_regs *r)
{
    hv_printf(LOG_ERROR, "CPU %u, %s:\n", this_cpu()->cpu,
              r->cs & 3 ? "in a guest" : "in the hypervisor");
    print_registers(r);
    if (!(r->cs & 3))
        print_backtrace(r->rip, r->rbp);
}

void nmi(struct cpu_user_regs *r)
{
    static uint32_t unknown;
    struct percpu *c = this_cpu();
    uint32_t requests = __atomic_fetch_and(
        &c->requests, ~(uint32_t)REQUEST_BACKTRACE, __ATOMIC_SEQ_CST);

    if (requests & REQUEST_STOP)
        for (;;)
            hlt();
    if (requests & REQUEST_BACKTRACE)
        backtrace(r);
    else if (!__atomic_exchange_n(&unknown, 1, __ATOMIC_RELAXED))
        hv_printf(LOG_ERROR, "CPU %u: NMI of unknown origin\n", c->cpu);
}

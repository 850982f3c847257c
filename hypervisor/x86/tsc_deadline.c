/* SPDX-License-Identifier: MIT */
/*
 * The timer that fires when the TSC comes to a value. Off unless the
 * command line says tsc_deadline; never run so far (docs/support.md).
 * Source: SDM vol. 3, 11.5.4.1.
 */
#include "x86/apic.h"
#include "x86/insn.h"
#include "x86/regs.h"
#include "x86/tsc.h"

static void arm(uint64_t tsc)
{
    wrmsr(MSR_TSC_DEADLINE, tsc);
}

void tsc_deadline_init(void)
{
    arm(0);
    /* The mode is selected through the LVT; order it before the first arm. */
    asm volatile("mfence" : : : "memory");
}

void tsc_deadline_set(uint64_t deadline_ns, uint64_t now_ns)
{
    uint64_t wait = deadline_ns > now_ns ? deadline_ns - now_ns : 0;

    arm(deadline_ns == UINT64_MAX ? 0 : rdtsc() + tsc_of_ns(wait));
}

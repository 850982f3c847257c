/* SPDX-License-Identifier: MIT */
/*
 * The timer that fires when the TSC comes to a value. Off unless the command
 * line says tsc_deadline; never run so far (docs/support.md).
 * Source: SDM vol. 3, 11.5.4.1.
 */
#include "x86/apic.h"
#include "x86/insn.h"
#include "x86/regs.h"

/* The mode is chosen in memory, the deadline by MSR: keep their order. */
void tsc_deadline_init(void)
{
    asm volatile("mfence" : : : "memory");
}

void tsc_deadline_set(uint64_t ticks)
{
    wrmsr(MSR_TSC_DEADLINE, rdtsc() + ticks);
}

/* SPDX-License-Identifier: MIT */
/*
 * The local APIC through MSRs. Off unless the command line says x2apic, or
 * firmware has switched it on; never run so far (docs/support.md).
 * Source: SDM vol. 3, 11.12.
 */
#include "x86/apic.h"
#include "x86/insn.h"
#include "x86/regs.h"

#define BASE_ENABLE 0x800

void x2apic_enable(void)
{
    wrmsr(MSR_APIC_BASE,
          rdmsr(MSR_APIC_BASE) | BASE_ENABLE | APIC_BASE_X2APIC);
}

uint32_t x2apic_read(enum apic_register r)
{
    return (uint32_t)rdmsr(MSR_X2APIC + r / 16);
}

void x2apic_write(enum apic_register r, uint32_t v)
{
    wrmsr(MSR_X2APIC + r / 16, v);
}

/* The write is no barrier: what was stored before must be seen first. */
void x2apic_send(unsigned int apic_id, uint32_t command)
{
    asm volatile("mfence; lfence" : : : "memory");
    wrmsr(MSR_X2APIC + APIC_ICR / 16, (uint64_t)apic_id << 32 | command);
}

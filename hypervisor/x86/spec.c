/* SPDX-License-Identifier: MIT */
/*
 * Source: SDM vol. 4 (MSR 0x49, 0x10a); Intel, "Deep Dive: Microarchitectural
 * Data Sampling"; AMD, "Software Techniques for Managing Speculation".
 */
#include "printf.h"
#include "x86/cpu.h"
#include "x86/insn.h"

#define MSR_PRED_CMD          0x49
#define PRED_CMD_IBPB         1
#define MSR_ARCH_CAPABILITIES 0x10a
#define RDCL_NO               1

static bool has_ibpb, has_md_clear;

void spec_init(void)
{
    uint32_t edx = cpu_leaf(7).edx;
    uint64_t capabilities = 0;

    has_md_clear = edx >> 10 & 1;
    has_ibpb = edx >> 26 & 1 || cpu_leaf(0x80000008).ebx >> 12 & 1;
    hv_printf(LOG_DEBUG, "Between domains: return stack%s%s\n",
              has_ibpb ? ", predictors" : "", has_md_clear ? ", buffers" : "");
    /* Not affected: AMD, and Intel processors that say so. */
    if (cpu_features.vendor == VENDOR_INTEL && edx >> 29 & 1)
        capabilities = rdmsr(MSR_ARCH_CAPABILITIES);
    if (cpu_features.vendor == VENDOR_INTEL && !(capabilities & RDCL_NO))
        hv_printf(LOG_ERROR, "This processor may show guests all memory "
                             "(Meltdown): see docs/security.md\n");
}

void spec_switch_domain(void)
{
    static const uint16_t selector = SEL_RING0_DATA;
    uint64_t n = 16;

    /* 32 calls, each of whose returns, should it be predicted, goes nowhere. */
    asm volatile("1: call 2f\n"
                 "3: pause; lfence; jmp 3b\n"
                 "2: call 4f\n"
                 "5: pause; lfence; jmp 5b\n"
                 "4: add $16, %%rsp\n"
                 "dec %0\n"
                 "jnz 1b\n"
                 : "+r"(n)
                 :
                 : "memory", "cc");
    if (has_ibpb)
        wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
    /* With this microcode, VERW also overwrites the processor's buffers. */
    if (has_md_clear)
        asm volatile("verw %0" : : "m"(selector) : "cc");
}

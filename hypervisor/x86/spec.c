/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdint.h>

#include "printf.h"
#include "x86/cpu.h"
#include "x86/insn.h"
#include "x86/layout.h"
#include "x86/spec.h"

#define MSR_PRED_CMD          0x49
#define PRED_CMD_IBPB         1
#define MSR_ARCH_CAPABILITIES 0x10a
#define RDCL_NO               1

static bool has_ibpb, has_md_clear;

/* Not affected: AMD, and Intel processors that say so. */
static bool needs_table_isolation(void)
{
    uint64_t capabilities = 0;

    if (cpu_features.vendor != VENDOR_INTEL)
        return false;
    if (cpu_features.max_leaf >= 7 && cpuid_count(7, 0).edx >> 29 & 1)
        capabilities = rdmsr(MSR_ARCH_CAPABILITIES);
    return !(capabilities & RDCL_NO);
}

void spec_init(void)
{
    if (cpu_features.max_leaf >= 7) {
        uint32_t edx = cpuid_count(7, 0).edx;

        has_md_clear = edx >> 10 & 1;
        has_ibpb = edx >> 26 & 1;
    }
    if (cpu_features.max_extended >= 0x80000008)
        has_ibpb |= cpuid_count(0x80000008, 0).ebx >> 12 & 1;
    hv_printf(LOG_DEBUG, "Between domains: return stack%s%s\n",
              has_ibpb ? ", predictors" : "", has_md_clear ? ", buffers" : "");
    if (needs_table_isolation())
        hv_printf(LOG_ERROR, "This processor may show guests all memory "
                             "(Meltdown): see docs/security.md\n");
}

/* 32 calls, each of whose returns, should it be predicted, goes nowhere. */
static void fill_return_stack(void)
{
    uint64_t n = 16;

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
}

/* With this microcode, VERW also overwrites the processor's buffers. */
static void clear_buffers(void)
{
    static const uint16_t selector = SEL_RING0_DATA;

    asm volatile("verw %0" : : "m"(selector) : "cc");
}

void spec_switch_domain(void)
{
    fill_return_stack();
    if (has_ibpb)
        wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
    if (has_md_clear)
        clear_buffers();
}

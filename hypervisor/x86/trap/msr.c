/* SPDX-License-Identifier: MIT */
/*
 * Model-specific registers of a PV guest. A table for what is constant, code
 * for the bases. Source: abi/traps-and-privops.md 5.3, 5.4.
 */
#include "hal.h"
#include "x86/cpu.h"
#include "x86/insn.h"
#include "x86/regs.h"
#include "x86/trap/emulate.h"

#define BIT(n) (1u << (n))

enum msr_for { FOR_ALL, FOR_INTEL, FOR_AMD };

/* Constant on read; a write is dropped, or is a #GP. */
struct msr_constant {
    uint32_t first, last;
    enum msr_for vendor;
    bool drop_writes;
    uint64_t value;
};

#define MSR_APIC_BASE_BSP 0x100

static const struct msr_constant constants[] = {
    {0x03a, 0x03a, FOR_INTEL, false, 1}, /* FEATURE_CONTROL: locked */
    {0x0ce, 0x0ce, FOR_INTEL, false, 0}, /* PLATFORM_INFO */
    {0x0e7, 0x0e8, FOR_ALL, true, 0},    /* MPERF, APERF */
    {0x140, 0x140, FOR_INTEL, false, 0}, /* MISC_FEATURES_ENABLES */
    {0x179, 0x179, FOR_ALL, false, 0},   /* MCG_CAP: no banks */
    {0x17a, 0x17a, FOR_ALL, true, 0},    /* MCG_STATUS */
    {0x198, 0x198, FOR_INTEL, false, 0}, /* PERF_STATUS */
    {0x199, 0x199, FOR_INTEL, true, 0},  /* PERF_CTL */
    {0x19c, 0x19c, FOR_INTEL, false, 0}, /* THERM_STATUS */
    {0x1b0, 0x1b0, FOR_INTEL, true, 0},  /* ENERGY_PERF_BIAS */
    {0x277, 0x277, FOR_ALL, false, PAT_VALUE},
    {0x345, 0x345, FOR_INTEL, false, 0}, /* PERF_CAPABILITIES */
    {0x40000000, 0x40000000, FOR_ALL, false, 0},
    {0xc0010015, 0xc0010015, FOR_AMD, false, 0}, /* HWCR */
    {0xc001001f, 0xc001001f, FOR_AMD, true, 0},  /* NB_CFG */
    {0xc0010061, 0xc001006b, FOR_AMD, true, 0},  /* P-states */
    {0xc0011029, 0xc0011029, FOR_AMD, true, 2},  /* DE_CFG */
};

static const struct msr_constant *find_constant(uint32_t msr)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(constants); i++) {
        const struct msr_constant *c = &constants[i];

        if (msr < c->first || msr > c->last)
            continue;
        if (c->vendor == FOR_ALL ||
            (c->vendor == FOR_AMD) == (cpu_features.vendor == VENDOR_AMD))
            return c;
    }
    return NULL;
}

static uint64_t guest_efer(void)
{
    return EFER_SCE | EFER_LME | EFER_LMA | EFER_NX;
}

/* The features it would announce are hidden, the ones it disables too. */
static bool read_misc_enable(uint64_t *value)
{
    if (!rdmsr_safe(MSR_MISC_ENABLE, value))
        return false;
    *value &= ~(uint64_t)(BIT(7) | BIT(18));
    *value |= BIT(11) | BIT(12) | BIT(23);
    return true;
}

static bool read_msr(const struct vcpu *v, uint32_t msr, uint64_t *value)
{
    const struct msr_constant *c = find_constant(msr);

    if (c) {
        *value = c->value;
        return true;
    }
    switch (msr) {
    case MSR_TSC:
        *value = rdtsc();
        return true;
    case 0x17: /* PLATFORM_ID */
        return cpu_features.vendor == VENDOR_INTEL && rdmsr_safe(msr, value);
    case 0x8b: /* microcode revision */
        return rdmsr_safe(msr, value);
    case MSR_APIC_BASE:
        *value = 0xfee00800 | (v->id == 0 ? MSR_APIC_BASE_BSP : 0);
        return true;
    case MSR_MISC_ENABLE:
        return read_misc_enable(value);
    case MSR_EFER:
        *value = guest_efer();
        return true;
    case MSR_FS_BASE:
        *value = rdmsr(MSR_FS_BASE);
        return true;
    case MSR_GS_BASE: /* the kernel runs: its base is the active one */
        *value = rdmsr(MSR_GS_BASE);
        return true;
    case MSR_KERNEL_GS_BASE:
        *value = rdmsr(MSR_KERNEL_GS_BASE);
        return true;
    case MSR_TSC_AUX:
        *value = 0;
        return cpu_features.rdtscp;
    default:
        return false;
    }
}

/*
 * A kernel that has no #GP handler yet cannot survive asking; it is told 0
 * for whatever the machine really has.
 */
static bool read_in_grace(const struct vcpu *v, uint32_t msr, uint64_t *value)
{
    uint64_t real;

    if (v->entry.traps[VEC_GP].address || msr >> 16 == 0x4000 ||
        !rdmsr_safe(msr, &real))
        return false;
    *value = 0;
    return true;
}

enum emulate_result emulate_rdmsr(struct emulation *e)
{
    struct cpu_user_regs *r = e->v->regs;
    uint32_t msr = (uint32_t)r->rcx;
    uint64_t value;

    if (!read_msr(e->v, msr, &value) && !read_in_grace(e->v, msr, &value))
        return EMULATE_GP;
    r->rax = (uint32_t)value;
    r->rdx = value >> 32;
    return EMULATE_DONE;
}

static bool write_base(struct vcpu *v, uint32_t msr, uint64_t value)
{
    if (!va_is_canonical(value))
        return false;
    if (msr == MSR_FS_BASE)
        v->seg.fs_base = value;
    else if (msr == MSR_GS_BASE)
        v->seg.gs_base_kernel = value;
    else
        v->seg.gs_base_user = value;
    wrmsr(msr, value);
    return true;
}

static bool write_msr(struct vcpu *v, uint32_t msr, uint64_t value)
{
    const struct msr_constant *c = find_constant(msr);
    uint64_t now;

    if (c)
        return c->drop_writes;
    switch (msr) {
    case MSR_FS_BASE:
    case MSR_GS_BASE:
    case MSR_KERNEL_GS_BASE:
        return write_base(v, msr, value);
    case MSR_EFER:
        return value == guest_efer();
    case MSR_MISC_ENABLE:
        return read_misc_enable(&now); /* a change is ignored */
    case 0x8b:
        return cpu_features.vendor == VENDOR_INTEL && value == 0;
    default:
        return false;
    }
}

enum emulate_result emulate_wrmsr(struct emulation *e)
{
    struct cpu_user_regs *r = e->v->regs;
    uint64_t value = (uint32_t)r->rax | r->rdx << 32;

    return write_msr(e->v, (uint32_t)r->rcx, value) ? EMULATE_DONE : EMULATE_GP;
}

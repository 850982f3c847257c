/* SPDX-License-Identifier: MIT */
/*
 * Model-specific registers of a PV guest: one table says what a read gives
 * and what a write does. Source: abi/traps-and-privops.md 5.3, 5.4.
 */
#include "hal.h"
#include "x86/cpu.h"
#include "x86/insn.h"
#include "x86/trap/emulate.h"

#define BIT(n) (1ul << (n))

enum msr_vendor { ALL, INTEL, AMD };
enum msr_read { VALUE, HOST }; /* that of the row, or the machine's own */
enum msr_write { REFUSE, DROP, SAME, BASE };

/* What the guest is shown of the machine's: features it has not are off. */
#define MISC_ENABLE_CLEAR (BIT(7) | BIT(18))
#define MISC_ENABLE_SET   (BIT(11) | BIT(12) | BIT(23))

#define APIC_BASE     0xfee00800
#define APIC_BASE_BSP BIT(8)
#define EFER_VALUE    (EFER_SCE | EFER_LME | EFER_LMA | EFER_NX)

/*
 * The first row that fits. A write is refused where a read is; else it is
 * dropped, or must be of what stands there, or sets one of the bases: the
 * kernel runs, so its GS base is the active one.
 */
static const struct msr_row {
    uint32_t first, last;
    enum msr_vendor vendor;
    enum msr_read read;
    enum msr_write write;
    uint64_t value;
} rows[] = {
    {MSR_TSC, MSR_TSC, ALL, HOST, REFUSE, 0},
    {0x017, 0x017, INTEL, HOST, REFUSE, 0}, /* PLATFORM_ID */
    {MSR_APIC_BASE, MSR_APIC_BASE, ALL, VALUE, REFUSE, APIC_BASE},
    {0x03a, 0x03a, INTEL, VALUE, REFUSE, 1}, /* FEATURE_CONTROL: locked */
    {0x08b, 0x08b, ALL, HOST, REFUSE, 0},    /* microcode; see write_msr */
    {0x0ce, 0x0ce, INTEL, VALUE, REFUSE, 0}, /* PLATFORM_INFO */
    {0x0e7, 0x0e8, ALL, VALUE, DROP, 0},     /* MPERF, APERF */
    {0x140, 0x140, INTEL, VALUE, REFUSE, 0}, /* MISC_FEATURES_ENABLES */
    {0x179, 0x179, ALL, VALUE, REFUSE, 0},   /* MCG_CAP: no banks */
    {0x17a, 0x17a, ALL, VALUE, DROP, 0},     /* MCG_STATUS */
    {0x198, 0x198, INTEL, VALUE, REFUSE, 0}, /* PERF_STATUS */
    {0x199, 0x199, INTEL, VALUE, DROP, 0},   /* PERF_CTL */
    {0x19c, 0x19c, INTEL, VALUE, REFUSE, 0}, /* THERM_STATUS */
    {MSR_MISC_ENABLE, MSR_MISC_ENABLE, ALL, HOST, DROP, 0},
    {0x1b0, 0x1b0, INTEL, VALUE, DROP, 0}, /* ENERGY_PERF_BIAS */
    {MSR_PAT, MSR_PAT, ALL, VALUE, REFUSE, PAT_VALUE},
    {0x345, 0x345, INTEL, VALUE, REFUSE, 0}, /* PERF_CAPABILITIES */
    {0x40000000, 0x40000000, ALL, VALUE, REFUSE, 0},
    {MSR_EFER, MSR_EFER, ALL, VALUE, SAME, EFER_VALUE},
    {MSR_FS_BASE, MSR_KERNEL_GS_BASE, ALL, HOST, BASE, 0},
    {MSR_TSC_AUX, MSR_TSC_AUX, ALL, VALUE, REFUSE, 0},
    {0xc0010015, 0xc0010015, AMD, VALUE, REFUSE, 0}, /* HWCR */
    {0xc001001f, 0xc001001f, AMD, VALUE, DROP, 0},   /* NB_CFG */
    {0xc0010061, 0xc001006b, AMD, VALUE, DROP, 0},   /* P-states */
    {0xc0011029, 0xc0011029, AMD, VALUE, DROP, 2},   /* DE_CFG */
};

static const struct msr_row *find_row(uint32_t msr)
{
    bool amd = cpu_features.vendor == VENDOR_AMD;

    for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].first <= msr && msr <= rows[i].last &&
            (rows[i].vendor == ALL || (rows[i].vendor == AMD) == amd))
            return &rows[i];
    return NULL;
}

static bool read_msr(const struct vcpu *v, const struct msr_row *row,
                     uint32_t msr, uint64_t *value)
{
    if (!row)
        return false;
    *value = row->value;
    if (row->read == HOST && !rdmsr_safe(msr, value))
        return false;
    switch (msr) {
    case 0x17:
        return cpu_features.vendor == VENDOR_INTEL;
    case MSR_APIC_BASE:
        *value |= v->id == 0 ? APIC_BASE_BSP : 0;
        return true;
    case MSR_MISC_ENABLE:
        *value = (*value & ~MISC_ENABLE_CLEAR) | MISC_ENABLE_SET;
        return true;
    case MSR_TSC_AUX:
        return cpu_features.rdtscp;
    default:
        return true;
    }
}

/*
 * A kernel that has no #GP handler yet cannot survive asking; it is told 0
 * for whatever the machine really has.
 */
static bool read_in_grace(const struct vcpu *v, uint32_t msr, uint64_t *value)
{
    bool ok = !v->entry.traps[VEC_GP].address && msr >> 16 != 0x4000 &&
              rdmsr_safe(msr, value);

    *value = 0;
    return ok;
}

enum emulate_result emulate_rdmsr(struct emulation *e)
{
    uint32_t msr = (uint32_t)e->v->regs->rcx;
    uint64_t value;

    if (!read_msr(e->v, find_row(msr), msr, &value) &&
        !read_in_grace(e->v, msr, &value))
        return EMULATE_GP;
    emulate_set_edx_eax(e, value);
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
    const struct msr_row *row = find_row(msr);
    uint64_t now;

    if (msr == 0x8b) /* it is written before its revision is read */
        return cpu_features.vendor == VENDOR_INTEL && value == 0;
    if (!read_msr(v, row, msr, &now))
        return false;
    switch (row->write) {
    case DROP:
        return true;
    case SAME:
        return value == now;
    case BASE:
        return write_base(v, msr, value);
    default:
        return false;
    }
}

enum emulate_result emulate_wrmsr(struct emulation *e)
{
    uint32_t msr = (uint32_t)e->v->regs->rcx;

    return write_msr(e->v, msr, emulate_edx_eax(e)) ? EMULATE_DONE : EMULATE_GP;
}

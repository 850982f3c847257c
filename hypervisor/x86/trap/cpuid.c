/* SPDX-License-Identifier: MIT */
/*
 * CPUID as a guest gets it behind the forced prefix: the machine's leaves
 * without what a PV guest cannot use, and the hypervisor's own.
 * Source: abi/traps-and-privops.md 6.
 */
#include <pv-abi/cpuid.h>

#include <string.h>

#include "domain.h"
#include "x86/cpu.h"
#include "x86/guest_copy.h"
#include "x86/insn.h"
#include "x86/trap/emulate.h"
#include "x86/trap/trap.h"

#define BIT(n) (1u << (n))

/* Hidden, by leaf and register; of leaf 7 what is shown: it works in ring 3. */
#define HIDE_1_ECX                                                             \
    (BIT(2) /* DTES64 */ | BIT(3) /* MONITOR */ | BIT(4) /* DS-CPL */ |        \
     BIT(5) /* VMX */ | BIT(6) /* SMX */ | BIT(7) /* EST */ |                  \
     BIT(8) /* TM2 */ | BIT(15) /* PDCM */ | BIT(17) /* PCID */ |              \
     BIT(18) /* DCA */ | BIT(21) /* x2APIC */ | BIT(24) /* TSC deadline */ |   \
     OSXSAVE)
#define HIDE_1_EDX                                                             \
    (BIT(1) /* VME */ | BIT(3) /* PSE */ | BIT(12) /* MTRR */ |                \
     BIT(13) /* PGE */ | BIT(17) /* PSE36 */ | BIT(21) /* DS */ |              \
     BIT(22) /* ACPI */ | BIT(28) /* HTT */ | BIT(29) /* TM */)
#define AVX512                                                                 \
    (BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) |     \
     BIT(31))
#define SHOW_7_EBX                                                             \
    (BIT(0) /* FSGSBASE */ | BIT(3) /* BMI1 */ | BIT(5) /* AVX2 */ |           \
     BIT(8) /* BMI2 */ | BIT(9) /* ERMS */ | BIT(18) /* RDSEED */ |            \
     BIT(19) /* ADX */ | BIT(23) /* CLFLUSHOPT */ | BIT(24) /* CLWB */ |       \
     BIT(29) /* SHA */ | AVX512)
#define SHOW_7_ECX                                                             \
    (BIT(1) | BIT(6) | BIT(8) /* GFNI */ | BIT(9) /* VAES */ |                 \
     BIT(10) /* VPCLMULQDQ */ | BIT(11) | BIT(12) | BIT(14) |                  \
     BIT(22) /* RDPID */)
#define SHOW_7_EDX (BIT(2) | BIT(3) | BIT(4) /* FSRM */ | BIT(8))
#define HIDE_X1_ECX                                                            \
    (BIT(2) /* SVM */ | BIT(3) /* extended APIC */ | BIT(10) /* IBS */ |       \
     BIT(12) /* SKINIT */ | BIT(13) /* WDT */ | BIT(15) /* LWP */ |            \
     BIT(19) /* node id */ | BIT(22) /* topology */ | BIT(23) | BIT(24) |      \
     BIT(26) /* debug extensions */ | BIT(28) | BIT(29) /* MONITORX */)
#define HIDE_X1_EDX                                                            \
    (BIT(1) | BIT(3) | BIT(12) | BIT(13) | BIT(17) | BIT(26) /* 1G pages */)

#define OSXSAVE    BIT(27)
#define HYPERVISOR BIT(31)

#define ALL ~0u

/* What of the machine's leaves shows; all of those that have no row. */
static const struct cpuid_row {
    uint32_t first, last;
    struct cpuid_regs show;
} rows[] = {
    {0x1, 0x1, {ALL, 0xffff, ~HIDE_1_ECX, ~HIDE_1_EDX}}, /* no APIC id */
    {0x3, 0x3, {0}},                                     /* serial number */
    {0x5, 0x6, {0}},                                     /* MONITOR, power */
    {0x7, 0x7, {0, SHOW_7_EBX, SHOW_7_ECX, SHOW_7_EDX}},
    {0x8, 0xa, {0}}, /* DCA, performance counters */
    {0xe, 0x13, {0}},
    {0x18, 0x3fffffff, {0}},
    {0x80000001, 0x80000001, {ALL, ALL, ~HIDE_X1_ECX, ~HIDE_X1_EDX}},
    {0x80000007, 0x80000007, {.edx = BIT(8)}}, /* invariant TSC */
    {0x80000008, 0x80000008, {.eax = 0xffff}}, /* widths of addresses */
    {0x8000000a, 0x80000018, {0}},             /* SVM, ... */
    {0x8000001b, 0x8000ffff, {0}},
};

static struct cpuid_regs leaf_time(const struct vcpu *v, uint32_t subleaf)
{
    const struct hv_machine *m = &v->d->hv->machine;

    switch (subleaf) {
    case 0:
        return (struct cpuid_regs){
            (m->tsc_stable ? BIT(1) : 0) | (cpu_features.rdtscp ? BIT(2) : 0),
            v->d->tsc_mode, m->cpu_khz, v->d->tsc_incarnation};
    case 1:
        return (struct cpuid_regs){.ecx = m->tsc_mul,
                                   .edx = (uint32_t)m->tsc_shift};
    case 2:
        return (struct cpuid_regs){.eax = m->cpu_khz};
    default:
        return (struct cpuid_regs){0};
    }
}

static struct cpuid_regs leaf_hypervisor(const struct vcpu *v, uint32_t leaf,
                                         uint32_t subleaf)
{
    switch (leaf) {
    case XEN_CPUID_LEAF(0):
        return (struct cpuid_regs){
            XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES), XEN_CPUID_SIGNATURE_EBX,
            XEN_CPUID_SIGNATURE_ECX, XEN_CPUID_SIGNATURE_EDX};
    case XEN_CPUID_LEAF(1): /* the interface that we speak: 4.17 */
        return (struct cpuid_regs){.eax = 4 << 16 | 17};
    case XEN_CPUID_LEAF(2): /* pages of hypercalls; the MSR that fills one */
        return (struct cpuid_regs){
            1, 0x40000000, XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD, 0};
    case XEN_CPUID_LEAF(3):
        return leaf_time(v, subleaf);
    case XEN_CPUID_LEAF(5):
        return (struct cpuid_regs){.ebx = subleaf ? 0 : cpu_features.phys_bits};
    case VIREO_CPUID_FIRST_LEAF: /* the leaf of feature bits is empty */
        return (struct cpuid_regs){
            VIREO_CPUID_FIRST_LEAF + 1, VIREO_CPUID_SIGNATURE_EBX,
            VIREO_CPUID_SIGNATURE_ECX, VIREO_CPUID_SIGNATURE_EDX};
    default:
        return (struct cpuid_regs){0};
    }
}

/* Only the components that are switched, and no supervisor state. */
static struct cpuid_regs leaf_xsave(struct cpuid_regs r, uint32_t subleaf)
{
    uint64_t mask = cpu_features.xsave ? cpu_features.xcr0_mask : 0;

    if (subleaf == 0 && mask)
        return (struct cpuid_regs){(uint32_t)mask, r.ebx,
                                   cpu_features.xsave_size,
                                   (uint32_t)(mask >> 32)};
    if (subleaf == 1 && mask)
        return (struct cpuid_regs){.eax = r.eax & 7};
    return subleaf < 63 && mask >> subleaf & 1 ? r : (struct cpuid_regs){0};
}

static void show(struct cpuid_regs *r, uint32_t leaf)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
        if (leaf < rows[i].first || leaf > rows[i].last)
            continue;
        r->eax &= rows[i].show.eax;
        r->ebx &= rows[i].show.ebx;
        r->ecx &= rows[i].show.ecx;
        r->edx &= rows[i].show.edx;
    }
}

static struct cpuid_regs guest_cpuid(const struct vcpu *v, uint32_t leaf,
                                     uint32_t subleaf)
{
    uint32_t last =
        leaf >> 31 ? cpu_features.max_extended : cpu_features.max_leaf;
    struct cpuid_regs r;

    if (leaf >> 16 == 0x4000)
        return leaf_hypervisor(v, leaf, subleaf);
    if (leaf > last || (leaf == 0x7 && subleaf))
        return (struct cpuid_regs){0};
    r = cpuid_count(leaf, subleaf);
    show(&r, leaf);
    /* The hypervisor's OSXSAVE shows even before the guest sets its own. */
    if (leaf == 0x1)
        r.ecx |= HYPERVISOR | (cpu_features.xsave ? OSXSAVE : 0);
    if (leaf == 0x7 && (cpu_features.xcr0_mask & 0xe0) != 0xe0)
        r.ebx &= ~AVX512;
    return leaf == 0xd ? leaf_xsave(r, subleaf) : r;
}

/* How many of the n bytes at rip can be fetched. */
static unsigned int fetch(uint64_t rip, uint8_t *bytes, unsigned int n)
{
    unsigned int i = 0;

    if (guest_fetch(bytes, rip, n))
        return n;
    while (i < n && guest_fetch(&bytes[i], rip + i, 1))
        i++;
    return i;
}

bool forced_cpuid(struct vcpu *v, struct effects *fx)
{
    static const uint8_t forced[] = {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2};
    struct cpu_user_regs *r = v->regs;
    uint8_t bytes[sizeof(forced)];
    struct cpuid_regs out;
    unsigned int n = fetch(r->rip, bytes, sizeof(bytes));

    if (n < 5 || memcmp(bytes, forced, n))
        return false;
    if (n < sizeof(forced)) { /* surely meant, but on an absent page */
        bounce_page_fault(v, r->rip + n, PF_FETCH, fx);
        return true;
    }
    out = guest_cpuid(v, (uint32_t)r->rax, (uint32_t)r->rcx);
    r->rax = out.eax;
    r->rbx = out.ebx;
    r->rcx = out.ecx;
    r->rdx = out.edx;
    emulate_advance(v, sizeof(forced), fx);
    return true;
}

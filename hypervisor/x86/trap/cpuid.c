/* SPDX-License-Identifier: MIT */
/*
 * CPUID as a guest gets it behind the forced prefix: the machine's leaves
 * without what a PV guest cannot use, and the hypervisor's own.
 * Source: abi/traps-and-privops.md 6.
 */
#include <pv-abi/cpuid.h>

#include <string.h>

#include "domain.h"
#include "hv.h"
#include "x86/cpu.h"
#include "x86/guest_copy.h"
#include "x86/insn.h"
#include "x86/regs.h"
#include "x86/trap/emulate.h"
#include "x86/trap/trap.h"

#define BIT(n) (1u << (n))

/* Hidden, by leaf and register. */
#define HIDE_1_ECX                                                             \
    (BIT(2) /* DTES64 */ | BIT(3) /* MONITOR */ | BIT(4) /* DS-CPL */ |        \
     BIT(5) /* VMX */ | BIT(6) /* SMX */ | BIT(7) /* EST */ |                  \
     BIT(8) /* TM2 */ | BIT(15) /* PDCM */ | BIT(17) /* PCID */ |              \
     BIT(18) /* DCA */ | BIT(21) /* x2APIC */ | BIT(24) /* TSC deadline */)
#define HIDE_1_EDX                                                             \
    (BIT(1) /* VME */ | BIT(3) /* PSE */ | BIT(12) /* MTRR */ |                \
     BIT(13) /* PGE */ | BIT(17) /* PSE36 */ | BIT(21) /* DS */ |              \
     BIT(22) /* ACPI */ | BIT(29) /* TM */)
/* Leaf 7: what is known to work from ring 3, nothing else. */
#define SHOW_7_EBX                                                             \
    (BIT(0) /* FSGSBASE */ | BIT(3) /* BMI1 */ | BIT(5) /* AVX2 */ |           \
     BIT(8) /* BMI2 */ | BIT(9) /* ERMS */ | BIT(16) /* AVX512F */ | BIT(17) | \
     BIT(18) /* RDSEED */ | BIT(19) /* ADX */ | BIT(21) |                      \
     BIT(23) /* CLFLUSHOPT */ | BIT(24) /* CLWB */ | BIT(26) | BIT(27) |       \
     BIT(28) | BIT(29) /* SHA */ | BIT(30) | BIT(31))
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
#define HTT        BIT(28)

/* Xen's interface 4.17 is what we speak. */
#define XEN_MAJOR 4u
#define XEN_MINOR 17u

static struct cpuid_regs leaf_time(const struct vcpu *v, uint32_t subleaf)
{
    const struct hv_machine *m = &v->d->hv->machine;
    struct cpuid_regs r = {0};

    switch (subleaf) {
    case 0:
        r.eax =
            (m->tsc_stable ? BIT(1) : 0) | (cpu_features.rdtscp ? BIT(2) : 0);
        r.ebx = v->d->tsc_mode;
        r.ecx = m->cpu_khz;
        r.edx = v->d->tsc_incarnation;
        break;
    case 1:
        r.ecx = m->tsc_mul;
        r.edx = (uint32_t)m->tsc_shift;
        break;
    case 2:
        r.eax = m->cpu_khz;
        break;
    }
    return r;
}

static struct cpuid_regs leaf_hypervisor(const struct vcpu *v, uint32_t leaf,
                                         uint32_t subleaf)
{
    struct cpuid_regs r = {0};

    switch (leaf) {
    case XEN_CPUID_LEAF(0):
        return (struct cpuid_regs){
            XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES), XEN_CPUID_SIGNATURE_EBX,
            XEN_CPUID_SIGNATURE_ECX, XEN_CPUID_SIGNATURE_EDX};
    case XEN_CPUID_LEAF(1):
        r.eax = XEN_MAJOR << 16 | XEN_MINOR;
        break;
    case XEN_CPUID_LEAF(2):
        r.eax = 1;          /* pages of hypercalls */
        r.ebx = 0x40000000; /* the MSR that fills one */
        r.ecx = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
        break;
    case XEN_CPUID_LEAF(3):
        return leaf_time(v, subleaf);
    case XEN_CPUID_LEAF(5):
        if (subleaf == 0)
            r.ebx = cpu_features.phys_bits;
        break;
    case VIREO_CPUID_FIRST_LEAF: /* the leaf of feature bits is empty */
        return (struct cpuid_regs){
            VIREO_CPUID_FIRST_LEAF + 1, VIREO_CPUID_SIGNATURE_EBX,
            VIREO_CPUID_SIGNATURE_ECX, VIREO_CPUID_SIGNATURE_EDX};
    }
    return r;
}

/* The hypervisor's OSXSAVE shows even before the guest sets its own. */
static void filter_1(const struct vcpu *v, struct cpuid_regs *r)
{
    r->ebx &= 0x0000ffff; /* no APIC id, no count of threads */
    r->ecx &= ~(uint32_t)(HIDE_1_ECX | OSXSAVE);
    r->ecx |= HYPERVISOR | (cpu_features.xsave ? OSXSAVE : 0);
    r->edx &= ~(uint32_t)(HIDE_1_EDX | HTT);
}

static void filter_7(struct cpuid_regs *r, uint32_t subleaf)
{
    if (subleaf) {
        *r = (struct cpuid_regs){0};
        return;
    }
    r->eax = 0;
    r->ebx &= SHOW_7_EBX;
    r->ecx &= SHOW_7_ECX;
    r->edx &= SHOW_7_EDX;
    if ((cpu_features.xcr0_mask & 0xe0) != 0xe0)
        r->ebx &= ~(BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) |
                    BIT(30) | BIT(31));
}

/* Only the components that are switched, and no supervisor state. */
static void filter_xsave(const struct vcpu *v, struct cpuid_regs *r,
                         uint32_t subleaf)
{
    uint64_t mask = cpu_features.xcr0_mask;

    if (!cpu_features.xsave || subleaf >= 63) {
        *r = (struct cpuid_regs){0};
    } else if (subleaf == 0) {
        r->eax = (uint32_t)mask;
        r->edx = (uint32_t)(mask >> 32);
        r->ecx = cpu_features.xsave_size;
    } else if (subleaf == 1) {
        *r = (struct cpuid_regs){.eax = r->eax & 7};
    } else if (!(mask >> subleaf & 1)) {
        *r = (struct cpuid_regs){0};
    }
}

static void filter_extended(uint32_t leaf, struct cpuid_regs *r)
{
    switch (leaf) {
    case 0x80000001:
        r->ecx &= ~(uint32_t)HIDE_X1_ECX;
        r->edx &= ~(uint32_t)HIDE_X1_EDX;
        break;
    case 0x80000007:
        *r =
            (struct cpuid_regs){.edx = cpu_features.invariant_tsc ? BIT(8) : 0};
        break;
    case 0x80000008:
        *r = (struct cpuid_regs){.eax = r->eax & 0xffff};
        break;
    case 0x8000000a ... 0x80000018:
    case 0x8000001b ... 0x8000ffff:
        *r = (struct cpuid_regs){0};
    }
}

struct cpuid_regs guest_cpuid(const struct vcpu *v, uint32_t leaf,
                              uint32_t subleaf)
{
    struct cpuid_regs r;

    if (leaf >> 16 == 0x4000)
        return leaf_hypervisor(v, leaf, subleaf);
    if ((leaf < 0x80000000 && leaf > cpu_features.max_leaf) ||
        (leaf >= 0x80000000 && leaf > cpu_features.max_extended))
        return (struct cpuid_regs){0};
    r = cpuid_count(leaf, subleaf);
    switch (leaf) {
    case 0x1:
        filter_1(v, &r);
        break;
    case 0x7:
        filter_7(&r, subleaf);
        break;
    case 0xd:
        filter_xsave(v, &r, subleaf);
        break;
    case 0x3:         /* serial number */
    case 0x5:         /* MONITOR */
    case 0x6:         /* power */
    case 0x8 ... 0xa: /* DCA, performance counters */
    case 0xe ... 0x13:
    case 0x18 ... 0x3fffffff:
        r = (struct cpuid_regs){0};
        break;
    default:
        if (leaf >= 0x80000000)
            filter_extended(leaf, &r);
    }
    return r;
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

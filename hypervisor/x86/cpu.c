/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "hal.h"
#include "x86/cpu.h"
#include "x86/descriptor.h"
#include "x86/entry/entry.h"
#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/percpu.h"

struct hv the_hv;
struct cpu_features cpu_features;
uint8_t cpu_has_smap;

/* Flags that `syscall` clears: the entry stub relies on IF, DF, AC, NT, TF. */
#define FMASK_VALUE                                                            \
    (EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_NT | EFLAGS_RF | \
     EFLAGS_VM | EFLAGS_AC)

/* x87, SSE, AVX, AVX-512: what a guest may use and we save. */
#define XCR0_KNOWN 0xe7ul

static void find_vendor(struct cpu_features *f)
{
    struct cpuid_regs r = cpuid_count(0, 0);

    f->max_leaf = r.eax;
    f->vendor = VENDOR_OTHER;
    if (r.ebx == 0x756e6547 && r.edx == 0x49656e69 && r.ecx == 0x6c65746e)
        f->vendor = VENDOR_INTEL;
    if (r.ebx == 0x68747541 && r.edx == 0x69746e65 && r.ecx == 0x444d4163)
        f->vendor = VENDOR_AMD;
    f->max_extended = cpuid_count(0x80000000, 0).eax;
    for (unsigned int i = 0; i < 3 && f->max_extended >= 0x80000004; i++) {
        r = cpuid_count(0x80000002 + i, 0);
        memcpy(f->name + 16 * i, &r, 16);
    }
}

static void find_xsave(struct cpu_features *f)
{
    struct cpuid_regs r = cpuid_count(0xd, 0);

    f->xcr0_mask = (r.eax | (uint64_t)r.edx << 32) & XCR0_KNOWN;
    /* Half of AVX-512 is not a state a CPU accepts. */
    if ((f->xcr0_mask & 0xe0) != 0xe0)
        f->xcr0_mask &= ~0xe0ul;
    f->xsave_size = 576; /* legacy area and header */
    for (unsigned int i = 2; i < 63; i++) {
        if (!(f->xcr0_mask >> i & 1))
            continue;
        r = cpuid_count(0xd, i);
        if (r.ebx + r.eax > f->xsave_size)
            f->xsave_size = r.ebx + r.eax;
    }
}

void cpu_find_features(void)
{
    struct cpu_features *f = &cpu_features;
    struct cpuid_regs r;

    find_vendor(f);
    r = cpuid_count(1, 0);
    f->x2apic = r.ecx >> 21 & 1;
    f->tsc_deadline = r.ecx >> 24 & 1;
    f->xsave = r.ecx >> 26 & 1;
    if (f->max_leaf >= 7) {
        r = cpuid_count(7, 0);
        f->fsgsbase = r.ebx & 1;
        f->smep = r.ebx >> 7 & 1;
        f->smap = r.ebx >> 20 & 1;
        f->umip = r.ecx >> 2 & 1;
    }
    r = cpuid_count(0x80000001, 0);
    f->rdtscp = r.edx >> 27 & 1;
    if (!(r.edx >> 20 & 1))
        hal_panic("the processor has no execute-disable, or firmware hides it");
    if (f->max_extended >= 0x80000007)
        f->invariant_tsc = cpuid_count(0x80000007, 0).edx >> 8 & 1;
    f->phys_bits = 36;
    if (f->max_extended >= 0x80000008)
        f->phys_bits = cpuid_count(0x80000008, 0).eax & 0xff;
    f->xsave_size = 512;
    f->xcr0_mask = 3;
    if (f->xsave)
        find_xsave(f);
    f->cr4 = CR4_PAE | CR4_MCE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT |
             (f->smep ? CR4_SMEP : 0) | (f->smap ? CR4_SMAP : 0) |
             (f->umip ? CR4_UMIP : 0) | (f->xsave ? CR4_OSXSAVE : 0);
    cpu_has_smap = f->smap;
}

static void init_tss(struct percpu *c)
{
    /* The CPU pushes SS first; above it are ES to GS of cpu_user_regs. */
    c->tss.rsp0 = (uint64_t)&guest_regs(c)->es;
    for (int ist = IST_DF; ist <= IST_DB; ist++)
        c->tss.ist[ist - 1] = (uint64_t)c + AREA_IST_TOP(ist);
    c->tss.iomap = sizeof(c->tss); /* beyond the limit: no port is open */
}

static void init_syscall(unsigned int cpu)
{
    /* SYSRET to 64 bits loads CS from base + 16, SS from base + 8. */
    wrmsr(MSR_STAR,
          (uint64_t)SEL_GUEST_CS32 << 48 | (uint64_t)SEL_RING0_CODE << 32);
    wrmsr(MSR_LSTAR, (uint64_t)syscall_stubs + SYSCALL_STUB_SIZE * cpu);
    wrmsr(MSR_CSTAR, (uint64_t)syscall32_stubs + SYSCALL_STUB_SIZE * cpu);
    wrmsr(MSR_FMASK, FMASK_VALUE);
    if (cpu_features.vendor != VENDOR_AMD) {
        wrmsr(MSR_SYSENTER_CS, SEL_RING0_CODE);
        wrmsr(MSR_SYSENTER_ESP, this_cpu()->tss.rsp0);
        wrmsr(MSR_SYSENTER_EIP, (uint64_t)sysenter_entry);
    }
}

static void init_registers(struct percpu *c)
{
    write_cr0(CR0_BASE);
    c->cr4 = cpu_features.cr4;
    write_cr4(c->cr4);
    wrmsr(MSR_EFER, EFER_SCE | EFER_LME | EFER_LMA | EFER_NX);
    wrmsr(MSR_PAT, PAT_VALUE);
    if (cpu_features.xsave) {
        c->xcr0 = cpu_features.xcr0_mask;
        if (!xsetbv_safe(0, c->xcr0))
            hal_panic("CPU %u refuses XCR0 0x%lx", c->cpu, c->xcr0);
    }
    if (cpu_features.rdtscp)
        wrmsr(MSR_TSC_AUX, 0);
    write_dr7(DR7_RESET);
    write_dr6(DR6_RESET);
}

void cpu_init(unsigned int cpu)
{
    struct percpu *c = percpu_of(cpu);

    c->cpu = cpu;
    c->cr3 = idle_l4_phys;
    c->deadline_ns = UINT64_MAX;
    init_tss(c);
    descriptor_init(c);
    init_registers(c);
    init_syscall(cpu);
}

unsigned int hal_cpu(void)
{
    return this_cpu()->cpu;
}

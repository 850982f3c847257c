/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <pv-abi/mmu.h>

#include "hal.h"
#include "x86/cpu.h"
#include "x86/entry/entry.h"
#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/trap/trap.h"

struct hv the_hv;
struct cpu_features cpu_features;
uint8_t cpu_has_smap;

/* Flags that `syscall` clears: the entry stub relies on IF, DF, AC, NT, TF. */
#define FMASK_VALUE                                                            \
    (EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_NT | EFLAGS_RF | \
     EFLAGS_VM | EFLAGS_AC)

/* x87, SSE, AVX, AVX-512: what a guest may use and we save. */
#define XCR0_KNOWN  0xe7ul
#define XCR0_AVX512 0xe0ul

#define LDT_TYPE   0x82ul
#define TSS_TYPE   0x89ul
#define INDEX(sel) (((sel)&0xfff) >> 3)

/* Guests read it through LAR and LSL, and nobody writes it. */
static char zero_page[PAGE_SIZE] __attribute__((aligned(4096)));

struct cpuid_regs cpu_leaf(uint32_t leaf)
{
    if (leaf > cpuid_count(leaf & 0x80000000, 0).eax)
        return (struct cpuid_regs){0};
    return cpuid_count(leaf, 0);
}

static void find_vendor(struct cpu_features *f)
{
    struct cpuid_regs r = cpuid_count(0, 0);

    f->max_leaf = r.eax;
    f->max_extended = cpuid_count(0x80000000, 0).eax;
    f->vendor = VENDOR_OTHER;
    if (r.ebx == 0x756e6547 && r.edx == 0x49656e69 && r.ecx == 0x6c65746e)
        f->vendor = VENDOR_INTEL;
    if (r.ebx == 0x68747541 && r.edx == 0x69746e65 && r.ecx == 0x444d4163)
        f->vendor = VENDOR_AMD;
    for (unsigned int i = 0; i < 3; i++) {
        r = cpu_leaf(0x80000002 + i);
        memcpy(f->name + 16 * i, &r, 16);
    }
}

static void find_xsave(struct cpu_features *f)
{
    struct cpuid_regs r = cpu_leaf(0xd);

    f->xcr0_mask = (r.eax | (uint64_t)r.edx << 32) & XCR0_KNOWN;
    /* Half of AVX-512 is not a state a CPU accepts. */
    if ((f->xcr0_mask & XCR0_AVX512) != XCR0_AVX512)
        f->xcr0_mask &= ~XCR0_AVX512;
    f->xsave_size = 576; /* legacy area and header */
    for (unsigned int i = 2; f->xcr0_mask >> i; i++) {
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
    r = cpu_leaf(1);
    f->x2apic = r.ecx >> 21 & 1;
    f->tsc_deadline = r.ecx >> 24 & 1;
    f->xsave = r.ecx >> 26 & 1;
    r = cpu_leaf(7);
    f->fsgsbase = r.ebx & 1;
    f->smep = r.ebx >> 7 & 1;
    f->smap = r.ebx >> 20 & 1;
    f->umip = r.ecx >> 2 & 1;
    r = cpu_leaf(0x80000001);
    f->rdtscp = r.edx >> 27 & 1;
    if (!(r.edx >> 20 & 1))
        hal_panic("the processor has no execute-disable, or firmware hides it");
    f->invariant_tsc = cpu_leaf(0x80000007).edx >> 8 & 1;
    f->phys_bits = cpu_leaf(0x80000008).eax & 0xff;
    if (!f->phys_bits)
        f->phys_bits = 36;
    f->xsave_size = 512;
    f->xcr0_mask = 3;
    if (f->xsave)
        find_xsave(f);
    f->cr4 = CR4_PAE | CR4_MCE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT |
             (f->smep ? CR4_SMEP : 0) | (f->smap ? CR4_SMAP : 0) |
             (f->umip ? CR4_UMIP : 0) | (f->xsave ? CR4_OSXSAVE : 0);
    cpu_has_smap = f->smap;
}

/* GDT page 14: ours. */
static uint64_t *own_page(struct percpu *c)
{
    return (uint64_t *)((uint64_t)c + AREA_GDT + 14 * PAGE_SIZE);
}

static void set_system(uint64_t *gdt, unsigned int sel, uint64_t type,
                       uint64_t base, uint64_t limit)
{
    gdt[INDEX(sel) + 1] = base >> 32;
    gdt[INDEX(sel)] = (limit & 0xffff) | (base & 0xffffff) << 16 | type << 40 |
                      (limit >> 16 & 0xf) << 48 | (base >> 24 & 0xff) << 56;
}

static uint64_t table_entry(mfn_t m)
{
    return m.n << PAGE_SHIFT | PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX;
}

static uint64_t zero_entry(void)
{
    return ((uint64_t)zero_page - IMAGE_VA) | PTE_P | PTE_A | PTE_NX;
}

/* The page of c's area at `at` is mapped by entry from now on. */
static void show(struct percpu *c, uint64_t at, uint64_t entry, bool flush)
{
    uint64_t *pte = &c->area_pte[at >> PAGE_SHIFT];

    if (*pte == entry)
        return;
    *pte = entry;
    if (flush)
        invlpg((uint64_t)c + at);
}

void descriptor_load_gdt(struct percpu *c, const struct vcpu *v, bool flush)
{
    unsigned int pages = v ? (v->mmu.gdt_entries + 511) / 512 : 0;
    unsigned int changed = pages > c->gdt_pages ? pages : c->gdt_pages;

    for (unsigned int i = 0; i < changed; i++)
        show(c, AREA_GDT + i * PAGE_SIZE,
             i < pages ? table_entry(v->mmu.gdt_frames[i]) : zero_entry(),
             flush);
    c->gdt_pages = pages;
}

void descriptor_load_ldt(struct percpu *c, const struct vcpu *v, bool flush)
{
    unsigned int entries = v ? v->mmu.ldt_entries : 0;
    uint32_t mapped = v ? v->mmu.ldt_mapped : 0;

    for (unsigned int i = 0; i < VCPU_LDT_FRAMES; i++)
        show(c, AREA_LDT + i * PAGE_SIZE,
             mapped >> i & 1 ? table_entry(v->mmu.ldt_frames[i]) : 0, flush);
    if (entries)
        set_system(own_page(c), SEL_LDT, LDT_TYPE, (uint64_t)c + AREA_LDT,
                   8 * entries - 1);
    lldt(entries ? SEL_LDT : 0);
}

static void init_descriptors(struct percpu *c)
{
    uint64_t *gdt = own_page(c);
    struct table_pointer pointer = {0xffff, (uint64_t)c + AREA_GDT};

    for (unsigned int i = 0; i < 16; i++)
        if (i != 14)
            c->area_pte[(AREA_GDT >> PAGE_SHIFT) + i] = zero_entry();
    /* All present and accessed: the CPU has nothing to write here. */
    gdt[INDEX(SEL_RING0_CODE)] = 0x00af9b000000ffff;
    gdt[INDEX(SEL_RING0_DATA)] = 0x00cf93000000ffff;
    gdt[INDEX(SEL_GUEST_CS32)] = 0x00cffb000000ffff;
    gdt[INDEX(SEL_GUEST_DS)] = 0x00cff3000000ffff;
    gdt[INDEX(SEL_GUEST_CS64)] = 0x00affb000000ffff;
    /* The limit tells a guest which CPU this is, as on Xen. */
    gdt[INDEX(SEL_CPU)] = 0x0040f10000000000 | c->cpu;
    set_system(gdt, SEL_TSS, TSS_TYPE, (uint64_t)&c->tss, sizeof(c->tss) - 1);
    lgdt(&pointer);
    reload_segments();
    lldt(0);
    ltr(SEL_TSS);
    idt_load();
}

static void init_tss(struct percpu *c)
{
    /* The CPU pushes SS first; above it are ES to GS of cpu_user_regs. */
    c->tss.rsp0 = (uint64_t)&guest_regs(c)->es;
    for (int ist = IST_DF; ist <= IST_DB; ist++)
        c->tss.ist[ist - 1] = (uint64_t)c + AREA_IST_TOP(ist);
    c->tss.iomap = sizeof(c->tss); /* beyond the limit: no port is open */
}

static void init_syscall(const struct percpu *c)
{
    unsigned int stub = SYSCALL_STUB_SIZE * c->cpu;

    /* SYSRET to 64 bits loads CS from base + 16, SS from base + 8. */
    wrmsr(MSR_STAR,
          (uint64_t)SEL_GUEST_CS32 << 48 | (uint64_t)SEL_RING0_CODE << 32);
    wrmsr(MSR_LSTAR, (uint64_t)syscall_stubs + stub);
    wrmsr(MSR_CSTAR, (uint64_t)syscall32_stubs + stub);
    wrmsr(MSR_FMASK, FMASK_VALUE);
    if (cpu_features.vendor != VENDOR_AMD) {
        wrmsr(MSR_SYSENTER_CS, SEL_RING0_CODE);
        wrmsr(MSR_SYSENTER_ESP, c->tss.rsp0);
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
    init_tss(c);
    init_descriptors(c);
    init_registers(c);
    init_syscall(c);
}

unsigned int hal_cpu(void)
{
    return this_cpu()->cpu;
}

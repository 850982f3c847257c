/* SPDX-License-Identifier: MIT */
/*
 * What the processors can do, and their set-up: control registers, MSRs,
 * descriptor tables, entry points; and what a CPU must forget between
 * domains.
 *
 * All CPUs are taken to be alike: the boot CPU's features are used, and a
 * CPU that lacks one of them panics when it comes up.
 */
#ifndef X86_CPU_H
#define X86_CPU_H

#include <stdbool.h>
#include <stdint.h>

struct percpu;
struct vcpu;

enum cpu_vendor { VENDOR_INTEL, VENDOR_AMD, VENDOR_OTHER };

struct cpu_features {
    enum cpu_vendor vendor;
    char name[49];
    uint32_t max_leaf, max_extended;
    unsigned int phys_bits; /* of a physical address */
    bool smep, smap, umip, fsgsbase, rdtscp, x2apic, tsc_deadline;
    bool invariant_tsc;
    bool xsave;
    uint64_t xcr0_mask;  /* components the hypervisor saves */
    uint32_t xsave_size; /* bytes for all of them */
    uint64_t cr4;        /* with what every CPU runs */
};

extern struct cpu_features cpu_features;
/* Read by entry code: clac exists. */
extern uint8_t cpu_has_smap;

/* Find the features. Boot CPU, once, before anything else. */
void cpu_find_features(void);
/* A CPUID leaf, sub-leaf 0; all zero if the processor does not have it. */
struct cpuid_regs cpu_leaf(uint32_t leaf);

/*
 * Fill this CPU's area (already mapped) and load it: GDT, IDT, TSS, system
 * call entry, CR0, CR4, PAT, XCR0. Runs on the CPU, on any stack.
 */
void cpu_init(unsigned int cpu);

/*
 * The GDT of a CPU never moves: it is in the CPU's area (layout.h). Pages
 * 0-13 show the running vCPU's own frames, or a page of zeros; page 14 is
 * ours. The LDT is shown the same way, page by page at first use
 * (trap/fault.c). Both show v's from now on; NULL: nobody's, which an idle
 * CPU shows. flush: drop the old ones from the TLB; else the caller loads CR3
 * before a guest runs.
 */
void descriptor_load_gdt(struct percpu *c, const struct vcpu *v, bool flush);
void descriptor_load_ldt(struct percpu *c, const struct vcpu *v, bool flush);

/*
 * What the processor remembers of one domain must not steer, or show up in,
 * another: predictions and buffers are dropped when a CPU goes from one
 * domain to another. Indirect calls of the hypervisor itself go by thunks
 * (build.mk), indices from guests are masked (include/speculation.h).
 * CONFIG_SPECULATION; without it the functions do nothing (spec_absent.c).
 *
 * Find what there is, and say what nothing here protects from. Boot CPU.
 */
void spec_init(void);
/* A vCPU of another domain runs next on this CPU. */
void spec_switch_domain(void);

#endif

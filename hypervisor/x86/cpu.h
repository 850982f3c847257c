/* SPDX-License-Identifier: MIT */
/*
 * What the processors can do, and their set-up: control registers, MSRs,
 * descriptor tables, entry points.
 *
 * All CPUs are taken to be alike: the boot CPU's features are used, and a
 * CPU that lacks one of them panics when it comes up.
 */
#ifndef X86_CPU_H
#define X86_CPU_H

#include <stdbool.h>
#include <stdint.h>

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

/*
 * Fill this CPU's area (already mapped) and load it: GDT, IDT, TSS, system
 * call entry, CR0, CR4, PAT, XCR0. Runs on the CPU, on any stack.
 */
void cpu_init(unsigned int cpu);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Processors: what they can do and their set-up, what each has for itself,
 * the others, and what one keeps of a vCPU or must forget of a domain.
 *
 * All CPUs are taken to be alike: the boot CPU's features are used, and a
 * CPU that lacks one of them panics when it comes up.
 */
#ifndef X86_CPU_H
#define X86_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include <pv-abi/arch.h>

#include "hv.h"
#include "vcpu.h"
#include "x86/layout.h"

/* The one machine. core/ gets it by argument; x86/ is where it starts. */
extern struct hv the_hv;

/* ------------------------------------------------------------ features */

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

/* ------------------------------------------------------------ each CPU */

struct tss {
    uint32_t reserved0;
    uint64_t rsp0, rsp1, rsp2;
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3, iomap;
} __attribute__((packed));

/* tss.ist[] indices plus 1, as a gate names them. */
enum ist { IST_NONE, IST_DF, IST_NMI, IST_MC, IST_DB };

/* Bits of percpu.requests. */
enum cpu_request {
    REQUEST_FLUSH = 1 << 0,     /* drop the whole TLB, then tlb_flushed() */
    REQUEST_BACKTRACE = 1 << 2, /* NMI: print registers and a backtrace */
    REQUEST_STOP = 1 << 3,      /* NMI: stand still for good */
};

/*
 * At the start of a CPU's area (layout.h). Written by its CPU only, except
 * the fields named as requests, which other CPUs set atomically before they
 * send an interrupt.
 */
struct percpu {
    /* The stub of `syscall` keeps the guest's RSP here; offset 0. */
    uint64_t guest_rsp;
    struct vcpu *current; /* NULL: idle, on the idle page tables */
    uint64_t cr3;         /* what CR3 holds */
    uint64_t cr4;
    uint64_t xcr0;
    domid_t last_domid; /* whose vCPU ran last */
    unsigned int cpu;
    unsigned int apic_id;
    int64_t tsc_ahead;  /* of the boot CPU's TSC, in ticks */
    bool resched;       /* choose again; also a request */
    bool timer_fired;   /* run the timers on the way out */
    bool rearm;         /* the earliest deadline changed */
    bool segment_bad;   /* a selector did not load at the switch */
    bool uart_fired;    /* read the serial line on the way out */
    bool debug_loaded;  /* a guest's debug registers are in use */
    uint32_t requests;  /* enum cpu_request; request */
    uint32_t gdt_pages; /* guest GDT pages now mapped in the area */
    uint64_t *area_pte; /* the AREA_PAGES entries that map the area */
    struct tss tss __attribute__((aligned(16)));
};

_Static_assert(sizeof(struct percpu) <= AREA_DATA_PAGES * 4096, "fits");

static inline struct percpu *percpu_of(unsigned int cpu)
{
    return (struct percpu *)(PERCPU_VA + ((uint64_t)cpu << AREA_SHIFT));
}

static inline struct percpu *this_cpu(void)
{
    uint64_t rsp;

    asm("mov %%rsp, %0" : "=r"(rsp));
    return (struct percpu *)(rsp & ~(AREA_SIZE - 1ul));
}

/* The guest's registers, at the top of the CPU's stack. */
static inline struct cpu_user_regs *guest_regs(struct percpu *c)
{
    return (struct cpu_user_regs *)((uint64_t)c + AREA_STACK_TOP) - 1;
}

/*
 * Fill this CPU's area (already mapped) and load it: GDT, IDT, TSS, system
 * call entry, CR0, CR4, PAT, XCR0. Runs on the CPU, on any stack.
 */
void cpu_init(unsigned int cpu);

/*
 * The GDT of a CPU never moves: it is in the CPU's area. Pages 0-13 show the
 * running vCPU's own frames, or a page of zeros; page 14 is ours. The LDT is
 * shown the same way, page by page at first use (trap/trap.c). Both show v's
 * from now on; NULL: nobody's, which an idle CPU shows. flush: drop the old
 * ones from the TLB; else the caller loads CR3 before a guest runs.
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

/* ---------------------------------------------- the other CPUs: smp.c */

#define WATCHDOG_TICK_NS  1000000000ul
#define WATCHDOG_LIMIT_NS 5000000000ul

/*
 * Wake every CPU of acpi_info up to max, one after the other; give it its
 * number, area and tables, and count it online. Those that do not answer stay
 * off, with a message. Each then calls ap_main() (main.c) on its own stack.
 */
void smp_start(unsigned int max);
void ap_main(void);

/* An interrupt on each CPU of m except this one. */
void smp_send(cpumask_t m, uint8_t vector);
/* For a panic: no other CPU does anything any more. */
void smp_stop_others(void);

/*
 * cpu, which is this CPU, serves its timer at now_ns; it does so at least
 * once per WATCHDOG_TICK_NS. If the next CPU has not for WATCHDOG_LIMIT_NS,
 * all CPUs report where they are.
 */
void watchdog_tick(unsigned int cpu, uint64_t now_ns);

/* -------------------------------------- the machine's part of a vCPU */

/* Ports that a domain without devices finds something behind; io.c. */
struct virtual_ports {
    uint32_t pci_address; /* 0xcf8 */
    uint8_t cmos_index;   /* 0x70 */
    uint8_t gate;         /* 0x61, the bits written */
    /* Channel 2 of the interval timer, counting down once. */
    uint16_t pit_count;
    uint64_t pit_start_ns;
    uint8_t pit_low;
    bool pit_high_next; /* the next byte written is the high one */
    bool pit_read_high; /* the next byte read is the high one */
};

/* What core/ has no word for: made by hal_vcpu_init (fpu.c), page aligned. */
struct vcpu_machine {
    struct virtual_ports ports;
    bool segment_bad; /* percpu's, while this vCPU is off every CPU */
    char xstate[] __attribute__((aligned(64)));
};

static inline struct vcpu_machine *vcpu_machine(const struct vcpu *v)
{
    return v->machine;
}

/*
 * x87, SSE, AVX state is saved and loaded whole at each switch, never lazily,
 * so that no guest's values are in the registers while another runs. The
 * hypervisor itself uses none of it. CR0.TS is set only while the guest's
 * own is. Source: SDM vol. 1, 13; abi/traps-and-privops.md 7.
 */
void fpu_save(struct vcpu *v);
void fpu_load(struct vcpu *v);
void fpu_set_ts(bool on);

/* XCR0 of the running v. False: the value is none the CPU or we allow. */
bool fpu_set_xcr0(struct vcpu *v, uint64_t value);

#endif

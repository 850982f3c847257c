/* SPDX-License-Identifier: MIT */
/*
 * struct percpu: what one CPU has for itself, at the start of its area
 * (layout.h). Written by its CPU only, except the fields named as requests,
 * which other CPUs set atomically before they send an interrupt.
 */
#ifndef X86_PERCPU_H
#define X86_PERCPU_H

#include <stdbool.h>
#include <stdint.h>

#include <pv-abi/arch.h>

#include "hv.h"
#include "x86/layout.h"

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

/* The one machine. core/ gets it by argument; x86/ is where it starts. */
extern struct hv the_hv;

#endif

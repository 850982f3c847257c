/* SPDX-License-Identifier: MIT */
/*
 * struct hv: one machine as core/ sees it. The hypervisor has one; a host
 * test may hold three side by side. core/ has no other mutable state.
 */
#ifndef HV_HV_H
#define HV_HV_H

#include <sys/queue.h>
#include <sys/tree.h>

#include <config.h>

#include <pv-abi/memory.h>

#include "cpumask.h"
#include "spinlock.h"
#include "types.h"

struct domain;
struct vcpu;
struct frame;
struct effects;

#define HEAP_ORDERS 19 /* blocks of 1 .. 2^18 frames (1 GiB) */

/* The frame allocator. Module: core/mm/alloc. Lock: heap.lock. */
struct heap {
    struct spinlock lock;
    uint32_t free[HEAP_ORDERS]; /* heads of free lists, FRAME_LIST_END */
    uint64_t free_frames;
    uint64_t total_frames; /* RAM given to the heap at boot */
};

/*
 * When did which CPU last drop its whole TLB? Module: core/mm/tlb.
 * clock grows by one at each flush; a frame is stamped with it when its
 * last mapping of one kind goes, and a CPU whose stamp is not greater may
 * still hold that mapping. Atomic.
 */
struct tlb_clock {
    uint64_t clock;
    uint64_t cpu[CONFIG_MAX_CPUS];
};

/* A deadline on one CPU's timer queue. Module: core/sched. */
struct timer {
    RB_ENTRY(timer) node;
    uint64_t deadline_ns;     /* absolute, system time */
    _Atomic unsigned int cpu; /* whose queue it is in, while armed */
    bool armed;
    /* Called on that CPU, no lock held, no longer armed. */
    void (*fire)(struct timer *t, uint64_t now_ns, struct effects *fx);
};

RB_HEAD(timer_tree, timer);
TAILQ_HEAD(runqueue_list, vcpu);

#define TRACE_RECORDS 64

/* Module: core/call/trace. */
struct trace_record {
    uint64_t at_ns;
    uint64_t nr;
    uint64_t argument;
    int64_t result;
    domid_t domid;
    uint16_t vcpu;
};

struct trace_ring {
    uint64_t count; /* ever recorded */
    struct trace_record records[TRACE_RECORDS];
};

/* One CPU's scheduler and timers. Module: core/sched. */
struct hv_cpu {
    struct spinlock sched_lock;
    struct runqueue_list queue; /* runnable, not running */
    _Atomic unsigned int queue_count;
    struct vcpu *current;  /* NULL: idle */
    _Atomic int64_t floor; /* least credit here; grows only */
    uint64_t head_usage;   /* of the first in queue, UINT64_MAX: empty;
                              read without the lock by CPUs that look for
                              work */
    uint64_t slice_end_ns; /* UINT64_MAX: idle */
    struct spinlock timer_lock;
    struct timer_tree timers;
    struct timer *firing; /* whose function runs now; atomic */
    uint64_t ticks;       /* grows while the CPU serves its timer */
#ifdef CONFIG_TRACE
    struct trace_ring trace;
#endif
};

#define HV_E820_MAX    128
#define HV_IO_DENY_MAX 16

/* Frames first .. first + count - 1. */
struct mfn_range {
    mfn_t first;
    uint64_t count;
};

/* What the machine told at boot; constant afterwards. */
struct hv_machine {
    uint32_t cpu_khz; /* TSC frequency */
    bool tsc_stable;  /* TSCs of all CPUs agree and never stop */
    uint32_t tsc_mul; /* pvclock scale of the TSC */
    int8_t tsc_shift;
    unsigned int cpu_count;
    unsigned int phys_bits; /* width of a machine address */
    uint64_t ram_frames;    /* all RAM, with what the hypervisor keeps of it */
    /* The firmware's memory map, for the privileged domain. */
    unsigned int e820_count;
    struct e820entry e820[HV_E820_MAX];
    /* Device memory no domain may map: interrupt controllers and the like. */
    unsigned int io_deny_count;
    struct mfn_range io_deny[HV_IO_DENY_MAX];
    bool noreboot; /* after dom0's crash the machine stays as it is */
    char command_line[1024];
};

/*
 * The hypervisor's log, and what was typed at the machine's console for dom0.
 * Module: core/domain/console.
 */
#define CONSOLE_LOG_BYTES   32768 /* a power of two */
#define CONSOLE_INPUT_BYTES 256   /* a power of two */

/* Counters run freely; the position is the counter modulo the size. */
struct console {
    struct spinlock lock; /* LOCK_CONSOLE */
    uint32_t log_start;   /* the oldest byte not yet cleared */
    uint32_t log_end;     /* the next byte to write */
    uint32_t input_start;
    uint32_t input_end;
    char log[CONSOLE_LOG_BYTES];
    char input[CONSOLE_INPUT_BYTES];
};

struct hv {
    struct frame *frames; /* frame_count entries, by machine frame */
    uint64_t frame_count; /* highest RAM frame + 1 */
    uint64_t *m2p;        /* frame_count entries, in whole pages */
    /* Entries 256 .. 271 of every L4 table (abi/start-of-day.md 9). */
    uint64_t l4_template[16];
    struct heap heap;
    struct tlb_clock tlb;

    struct spinlock domains_lock;
    LIST_HEAD(, domain) domains; /* ascending domid */
    struct domain *dom0;
    domid_t last_domid;       /* the last one handed out */
    struct domain **by_domid; /* DOMID_FIRST_RESERVED entries */

    struct hv_cpu cpus[CONFIG_MAX_CPUS];
    cpumask_t online;
    cpumask_t idle; /* CPUs with nothing to run; atomic (core/sched) */

    /* Wall clock at system time 0. Written by dom0, read by all. */
    uint64_t wallclock_sec;
    uint32_t wallclock_nsec;

    struct console console;
    struct hv_machine machine;
};

#endif

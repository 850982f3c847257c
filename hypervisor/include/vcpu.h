/* SPDX-License-Identifier: MIT */
/*
 * struct vcpu: a virtual CPU. State only; each part is changed by one
 * module, named at the part. The functions are in the modules' headers.
 *
 * Locks: fields without a remark are changed only by the CPU that runs the
 * vCPU, or while it is paused and off every CPU (vcpu_is_quiet). A vCPU
 * lives as long as its domain.
 */
#ifndef HV_VCPU_H
#define HV_VCPU_H

#include <pv-abi/arch.h>
#include <pv-abi/callback.h>
#include <pv-abi/event_channel.h>
#include <pv-abi/shared_info.h>
#include <pv-abi/vcpu.h>

#include "hv.h"

/* Guest pages of a GDT; pages 14 and 15 are the hypervisor's. */
#define VCPU_GDT_FRAMES 14
#define VCPU_LDT_FRAMES 16

/* Page-table roots and descriptor tables. Module: core/mm. */
struct vcpu_mmu {
    /* Each valid frame holds one L4 type reference and one general one. */
    mfn_t kernel_base;
    mfn_t user_base; /* MFN_INVALID: none */
    /* Each valid frame holds a descriptor type reference. */
    mfn_t gdt_frames[VCPU_GDT_FRAMES];
    unsigned int gdt_entries;
    uint64_t ldt_base; /* guest virtual address, page aligned */
    unsigned int ldt_entries;
    /* LDT pages in use (lazily typed); bit i: page i has its reference. */
    mfn_t ldt_frames[VCPU_LDT_FRAMES];
    uint32_t ldt_mapped;
};

/* One way into the guest kernel; address 0: none. */
struct vcpu_callback {
    uint64_t address;
    bool masks_events; /* the event callback does so in any case */
};

/* By CALLBACKTYPE_*. That of NMIs is kept as trap 2. */
#define VCPU_CALLBACKS (CALLBACKTYPE_syscall32 + 1)

#define VCPU_TRAPS 256

/* Where traps and events enter the guest kernel. Module: core/domain. */
struct vcpu_entry {
    struct vcpu_callback callback[VCPU_CALLBACKS];
    uint64_t kernel_sp;
    uint16_t kernel_ss;
    bool nmi_pending;
    bool nmi_masked;
    uint8_t iopl; /* virtual, 0..3 */
    /* Ports that user mode may use: a clear bit permits. Guest memory. */
    uint64_t iobitmap_va;
    uint32_t iobitmap_ports; /* bits there are; 0: none */
    struct trap_info traps[VCPU_TRAPS]; /* address 0: none */
};

/* Segment state that the register frame does not hold. */
struct vcpu_segments {
    uint64_t fs_base;
    uint64_t gs_base_kernel; /* active in kernel mode */
    uint64_t gs_base_user;   /* active in user mode */
    uint16_t gs_user_sel;
};

/* Guest memory in which a guest wants a copy of something kept up to date. */
struct vcpu_area {
    uint64_t guest_va;  /* 0: none */
    _Atomic bool stale; /* the copy is behind */
};

enum vcpu_run {
    VCPU_OFFLINE,  /* never initialised, or down */
    VCPU_RUNNABLE, /* wants to run; in a run queue unless paused */
    VCPU_RUNNING,  /* current on v->sched.cpu */
    VCPU_BLOCKED,  /* waits for an event, a poll or a timer */
};

/*
 * Scheduling. Module: core/sched. Lock: run queue of sched.cpu, which
 * changes only with that lock held. What is atomic is read without it.
 */
struct vcpu_sched {
    TAILQ_ENTRY(vcpu) link;
    _Atomic enum vcpu_run run;
    _Atomic unsigned int cpu; /* the CPU whose queue it belongs to */
    unsigned int pause_count; /* > 0: not runnable, whatever run says */
    _Atomic bool on_cpu;      /* its registers are still on sched.cpu */
    bool queued;
    bool yield;             /* let somebody else have this one turn */
    int64_t turn_ns;        /* left of what it took of its domain's cap */
    bool parked;            /* its domain's cap is used up; sched/cap.c */
    bool leaving;           /* goes to a CPU it likes, once switched out */
    int64_t credit;         /* weighted time used, ns; least runs first */
    _Atomic uint64_t usage; /* the same, but fading; sched/runqueue.h */
    uint64_t since_ns;      /* both count what came before this */
    cpumask_t hard;         /* CPUs it may use */
    cpumask_t soft;         /* CPUs it likes; they need not be in hard */
    int pinned;             /* SCHEDOP_pin_override: this CPU; -1: none */
    struct vcpu_runstate_info runstate;
    struct vcpu_area area; /* of runstate */
};

/* Time. Module: core/sched. */
struct vcpu_time {
    struct timer singleshot;
    struct timer periodic; /* armed only while the vCPU runs */
    struct timer poll;
    /* Other vCPUs may set both at any time: each is read once. */
    _Atomic uint64_t period_ns;    /* 0: no periodic timer */
    _Atomic uint64_t last_tick_ns; /* when the last periodic event was due */
    struct vcpu_area area;         /* of vcpu_time_info */
};

/* Event delivery. Module: core/event. */
struct vcpu_event {
    /* In shared_info, or in the page given by register_vcpu_info; or
     * &own for a vCPU above the legacy 32 that has none yet. */
    struct vcpu_info *info;
    struct vcpu_info own;
    mfn_t info_mfn; /* holds a writable type reference; invalid: none */
    evtchn_port_t virq_to_port[24]; /* 0: not bound */
    /* SCHEDOP_poll: 0 no, > 0 that port, -1 several or none. Atomic. */
    int polling;
    /* Queues, event.fifo_lock: the guest's page, NULL until given; and the
     * port that each queue ended with when it was last added to, or 0. */
    struct evtchn_fifo_control_block *fifo_block;
    uint32_t fifo_tail[EVTCHN_FIFO_MAX_QUEUES];
};

struct vcpu {
    struct domain *d;
    unsigned int id;

    /*
     * The guest's registers: on the stack of the CPU it runs on, else
     * &saved. hal and entry code keep this pointer right.
     */
    struct cpu_user_regs *regs;
    struct cpu_user_regs saved;

    bool initialised;           /* has had a context: may be brought up */
    bool context_paused;        /* domctl holds a pause to see it; d->lock */
    unsigned int context_users; /* calls that look now; d->lock */
    bool kernel_mode;           /* guest kernel (else guest user) */
    bool fpu_ts;                /* the guest's own CR0.TS */
    bool in_multicall;
    bool iret_in_multicall; /* set by iret: ends the multicall */
    uint64_t cr2, cr4;      /* as the guest sees them */
    uint64_t debugreg[8];
    uint64_t xcr0;

    struct vcpu_mmu mmu;
    struct vcpu_segments seg;
    struct vcpu_sched sched;
    struct vcpu_time time;
    struct vcpu_event event;
    struct vcpu_entry entry; /* the largest, last */

    void *machine; /* x86's own: extended state (hal_vcpu_init) */
};

#endif

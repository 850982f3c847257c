/* SPDX-License-Identifier: MIT */
/*
 * What a call into core/ wants done to the machine afterwards.
 *
 * Core code does not flush a TLB, send an interrupt or switch a vCPU: it
 * notes the wish here, and the exit path in x86/ applies the whole struct
 * once, before it returns to any guest. Tests assert on the struct.
 *
 * What cannot wait is in hal.h: the flush before a frame changes its type
 * (hal_flush_tlb), and the reload of a register that the rest of the same
 * call depends on (hal_reload).
 *
 * Owned by the caller, on its stack, set up by effects_init(). No lock.
 */
#ifndef HV_EFFECTS_H
#define HV_EFFECTS_H

#include <string.h>

#include "cpumask.h"
#include "types.h"

/*
 * Units of work one entry into the hypervisor may spend before it lets
 * events in. A unit is about a hundred instructions: a page-table entry
 * checked or dropped, a frame freed, a port closed. The figure, and what keeps
 * to it: docs/design/0006-fixed-work.md.
 */
#define EFFECTS_BUDGET 1024

struct effects {
    /* CPUs that must drop their whole TLB, global entries too. */
    cpumask_t flush;
    /* CPUs that must drop one page; INVLPG of flush_va. */
    cpumask_t flush_page;
    uint64_t flush_va;
    /* CPUs that must choose again which vCPU runs (this one included). */
    cpumask_t resched;
    /* The earliest deadline of this CPU changed: program its timer. */
    bool rearm_timer;
    /* Work units left; at 0 or less a long operation returns -ERESTART. */
    int budget;
    /*
     * Set with -ERESTART: the arguments with which the guest runs the same
     * call again. restart_args = 0: the arguments stay as they are.
     */
    unsigned int restart_args;
    uint64_t restart[4]; /* no call has more */
};

static inline void effects_init(struct effects *fx)
{
    /* Every entry pays for this: restart[] is read only when it is set. */
    fx->flush = CPUMASK_NONE;
    fx->flush_page = CPUMASK_NONE;
    fx->resched = CPUMASK_NONE;
    fx->flush_va = 0;
    fx->rearm_timer = false;
    fx->budget = EFFECTS_BUDGET;
    fx->restart_args = 0;
}

/* Ask for a full flush on every CPU of m. */
static inline void effects_flush(struct effects *fx, cpumask_t m)
{
    fx->flush = cpumask_or(fx->flush, m);
}

/*
 * Ask for INVLPG of va on every CPU of m. A second, different address in
 * the same call becomes a full flush: one is the case worth serving.
 */
static inline void effects_flush_page(struct effects *fx, cpumask_t m,
                                      uint64_t va)
{
    if (!cpumask_is_empty(fx->flush_page) && fx->flush_va != va) {
        effects_flush(fx, cpumask_or(fx->flush_page, m));
        return;
    }
    fx->flush_page = cpumask_or(fx->flush_page, m);
    fx->flush_va = va;
}

/* Ask cpu to choose again which vCPU runs. */
static inline void effects_resched(struct effects *fx, unsigned int cpu)
{
    cpumask_add(&fx->resched, cpu);
}

/* Spend n units; true while some are left. */
static inline bool effects_spend(struct effects *fx, int n)
{
    fx->budget -= n;
    return fx->budget > 0;
}

#endif

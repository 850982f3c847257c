/* SPDX-License-Identifier: MIT */
#include "hal.h"
#include "mm/tlb.h"
#include "x86/boot/smp.h"
#include "x86/insn.h"
#include "x86/percpu.h"
#include "x86/regs.h"
#include "x86/tlb.h"

/* Clearing CR4.PGE drops everything. Source: SDM vol. 3, 4.10.4.1. */
static void flush_local(void)
{
    struct percpu *c = this_cpu();
    uint64_t time = tlb_flush_begin(&the_hv);

    write_cr4(c->cr4 & ~(uint64_t)CR4_PGE);
    write_cr4(c->cr4);
    tlb_flush_end(&the_hv, c->cpu, time);
}

void tlb_load_base(uint64_t cr3)
{
    struct percpu *c = this_cpu();
    uint64_t time = tlb_flush_begin(&the_hv);

    write_cr4(c->cr4 & ~(uint64_t)CR4_PGE);
    c->cr3 = cr3;
    write_cr3(cr3);
    write_cr4(c->cr4);
    tlb_flush_end(&the_hv, c->cpu, time);
}

/*
 * The request goes before the flush: one that comes later is served again.
 * Whoever asked does not look at it but at the time this CPU publishes.
 */
void tlb_serve(void)
{
    struct percpu *c = this_cpu();

    if (!(__atomic_load_n(&c->requests, __ATOMIC_RELAXED) & REQUEST_FLUSH))
        return;
    __atomic_fetch_and(&c->requests, ~(uint32_t)REQUEST_FLUSH,
                       __ATOMIC_SEQ_CST);
    flush_local();
}

void hal_flush_tlb(cpumask_t m)
{
    unsigned int cpu, self = this_cpu()->cpu;
    cpumask_t others = cpumask_and(m, cpumask_read(&the_hv.online));
    uint64_t time = tlb_now(&the_hv);

    cpumask_remove(&others, self);
    cpumask_for_each(cpu, others) __atomic_fetch_or(
        &percpu_of(cpu)->requests, REQUEST_FLUSH, __ATOMIC_SEQ_CST);
    if (!cpumask_is_empty(others))
        smp_send(others, VEC_FLUSH);
    if (cpumask_has(m, self))
        flush_local();
    while (!cpumask_is_empty(tlb_stale(&the_hv, others, time)))
        hal_relax();
}

void hal_relax(void)
{
    pause();
    tlb_serve();
}

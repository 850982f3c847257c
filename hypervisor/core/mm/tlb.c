/* SPDX-License-Identifier: MIT */
#include "mm/tlb.h"

#include "hal.h"

uint64_t tlb_flush_begin(struct hv *hv)
{
    return __atomic_add_fetch(&hv->tlb.clock, 1, __ATOMIC_SEQ_CST);
}

void tlb_flush_end(struct hv *hv, unsigned int cpu, uint64_t time)
{
    __atomic_store_n(&hv->tlb.cpu[cpu], time, __ATOMIC_SEQ_CST);
}

uint64_t tlb_now(const struct hv *hv)
{
    return __atomic_load_n(&hv->tlb.clock, __ATOMIC_SEQ_CST);
}

cpumask_t tlb_stale(const struct hv *hv, cpumask_t mask, uint64_t stamp)
{
    cpumask_t stale = CPUMASK_NONE;
    unsigned int cpu;

    cpumask_for_each(cpu, mask) if (__atomic_load_n(&hv->tlb.cpu[cpu],
                                                    __ATOMIC_SEQ_CST) <= stamp)
        cpumask_add(&stale, cpu);
    return stale;
}

void tlb_flush_stale(struct hv *hv, uint64_t stamp)
{
    cpumask_t stale = tlb_stale(hv, cpumask_read(&hv->online), stamp);

    if (!cpumask_is_empty(stale))
        hal_flush_tlb(stale);
}

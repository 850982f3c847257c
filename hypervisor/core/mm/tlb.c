/* SPDX-License-Identifier: MIT */
#include "mm/tlb.h"

#include <errno.h>

#include "hal.h"
#include "mm/table.h"

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

int flush_read_mask(struct domain *d, uint64_t va, cpumask_t *cpus)
{
    uint64_t word = 0;

    *cpus = CPUMASK_NONE;
    for (unsigned int id = 0; id < d->max_vcpus; id++, word >>= 1) {
        if (id % 64 == 0 && hal_copy_from_guest(&word, va + id / 8, 8))
            return -EFAULT;
        if ((word & 1) && d->vcpus[id])
            cpumask_add(cpus, d->vcpus[id]->sched.cpu);
    }
    /* A vCPU that moves to another CPU meanwhile loads its tree there. */
    *cpus = cpumask_and(*cpus, flush_all(d));
    return 0;
}

void flush_address(struct effects *fx, cpumask_t cpus, uint64_t va)
{
    if (va_is_guest(va))
        effects_flush_page(fx, cpus, va);
}

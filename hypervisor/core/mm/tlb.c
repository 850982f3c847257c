/* SPDX-License-Identifier: MIT */
#include "mm/tlb.h"

#include "hal.h"
#include "mm/pte.h"

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

static void add_vcpus(const struct domain *d, unsigned int first, uint64_t word,
                      cpumask_t *cpus)
{
    for (; word; word &= word - 1) {
        unsigned int id = first + (unsigned int)__builtin_ctzl(word);
        const struct vcpu *v = id < d->max_vcpus ? d->vcpus[id] : NULL;

        if (v)
            cpumask_add(cpus, v->sched.cpu);
    }
}

int flush_read_mask(struct domain *d, uint64_t va, cpumask_t *cpus)
{
    *cpus = CPUMASK_NONE;
    for (unsigned int first = 0; first < d->max_vcpus; first += 64) {
        uint64_t word;
        int rc = hal_copy_from_guest(&word, va + first / 8, sizeof(word));

        if (rc)
            return rc;
        add_vcpus(d, first, word, cpus);
    }
    /* A vCPU that moves to another CPU meanwhile loads its tree there. */
    *cpus = cpumask_and(*cpus, flush_all(d));
    return 0;
}

cpumask_t flush_all(const struct domain *d)
{
    return cpumask_read(&d->dirty_cpus);
}

void flush_address(struct effects *fx, cpumask_t cpus, uint64_t va)
{
    if (va_is_guest(va))
        effects_flush_page(fx, cpus, va);
}

/* SPDX-License-Identifier: MIT */
#include "mm/flush.h"

#include "hal.h"
#include "mm/pte.h"

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

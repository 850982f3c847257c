/* SPDX-License-Identifier: MIT */
/*
 * Who may still hold an old translation? A clock of flushes answers that
 * without asking anybody: hv->tlb.clock grows by one at each full flush, each
 * CPU remembers the time of its last one, and a frame is stamped with the
 * clock when a use of it ends. A CPU whose time is greater than the stamp
 * has flushed since.
 *
 * Order that makes it true:
 *  1. the entry that maps the frame is written, by a locked instruction;
 *  2. the frame is stamped (frame.c), then its reference is dropped;
 *  3. a flush takes its time before it flushes and publishes it afterwards.
 * So a CPU with a greater time began its flush after step 1.
 *
 * Locks: none, all atomic.
 */
#ifndef MM_TLB_H
#define MM_TLB_H

#include "domain.h"
#include "effects.h"
#include "hv.h"
#include "vcpu.h"

/*
 * Around a flush of everything, global entries too, on this CPU:
 *     uint64_t time = tlb_flush_begin(hv);
 *     ... drop the TLB ...
 *     tlb_flush_end(hv, cpu, time);
 * A CR3 load that spares global entries is no such flush.
 */
static inline uint64_t tlb_flush_begin(struct hv *hv)
{
    return __atomic_add_fetch(&hv->tlb.clock, 1, __ATOMIC_SEQ_CST);
}

static inline void tlb_flush_end(struct hv *hv, unsigned int cpu, uint64_t time)
{
    __atomic_store_n(&hv->tlb.cpu[cpu], time, __ATOMIC_SEQ_CST);
}

/* The time now, for a stamp. */
static inline uint64_t tlb_now(const struct hv *hv)
{
    return __atomic_load_n(&hv->tlb.clock, __ATOMIC_SEQ_CST);
}

/* Those of mask that have not flushed since stamp. */
cpumask_t tlb_stale(const struct hv *hv, cpumask_t mask, uint64_t stamp);

/* Flush every online CPU that has not since stamp, and wait; also with locks
 * held. */
void tlb_flush_stale(struct hv *hv, uint64_t stamp);

/*
 * What follows is for flushes a guest asks for. A vCPU that comes to another
 * CPU needs none there: switching it in loads its tree anew, and drops global
 * entries of others.
 */

/* All CPUs on which d may have translations. */
static inline cpumask_t flush_all(const struct domain *d)
{
    return cpumask_read(&d->dirty_cpus);
}

/* Those of them that the guest's bitmap of max_vcpus vCPU ids at va means; read
 * in words of 8 bytes. 0 or -EFAULT. No lock held. */
must_check int flush_read_mask(struct domain *d, uint64_t va, cpumask_t *cpus);

/* Drop va on those CPUs; ignored if it is not the guest's: the instruction must
 * never see such a one. */
void flush_address(struct effects *fx, cpumask_t cpus, uint64_t va);

#endif

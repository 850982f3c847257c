/* SPDX-License-Identifier: MIT */
/*
 * Machines for tests of core/mm: a struct hv on the fake hardware, with
 * domains and their page tables. Everything here goes through the functions
 * under test, or writes guest memory as a guest would.
 */
#ifndef FAKE_MACHINE_H
#define FAKE_MACHINE_H

#include "fake/fake.h"

#include "domain.h"
#include "effects.h"
#include "hv.h"
#include "mm/frame.h"
#include "mm/table.h"
#include "vcpu.h"

/* A machine without domains: frame 0 is no RAM, the last ones are the M2P. */
struct hv *machine(uint64_t frame_count);

/*
 * A machine with domains 0 .. n - 1 (0 is privileged), one vCPU each, on CPU
 * number domid % 4 of 4 online ones; each has `frames` frames, all zero.
 */
struct hv *machine_with_domains(unsigned int n, uint64_t frames);

/* The same with a heap of `spare` frames left over. */
struct hv *machine_with_spare(unsigned int n, uint64_t frames, uint64_t spare);

/*
 * End a test: mm_check with nothing held by the test, then forget the machine.
 */
void machine_end(struct hv *hv);

/* mm_check now; held[0 .. n-1] are frames the test has a reference on. */
void machine_check(struct hv *hv, const mfn_t *held, unsigned int n);

struct domain *machine_domain(struct hv *hv, domid_t id);
struct vcpu *machine_vcpu(struct hv *hv, domid_t id);

/* One more vCPU for d, on that CPU. */
struct vcpu *machine_add_vcpu(struct domain *d, unsigned int cpu);

/* The i-th frame of d, 0 the first it got. */
mfn_t domain_frame(struct domain *d, unsigned int i);

/* A guest writes one word of its frame, wherever it is mapped. */
static inline void poke(mfn_t m, unsigned int word, uint64_t value)
{
    fake_frame_write(m, word, value);
}
static inline uint64_t peek(mfn_t m, unsigned int word)
{
    return fake_frame_read(m, word);
}

/*
 * A tree for va 0 .. 2 MiB in frames first .. first + 3 of d: L4, L3, L2, L1,
 * linked by their entries 0; the L1 is empty. Written as memory, not typed.
 */
#define TREE_FRAMES 4
struct tree {
    mfn_t l4, l3, l2, l1;
};
struct tree write_tree(struct domain *d, unsigned int first);

#define PTE_TABLE (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_DATA  (PTE_P | PTE_RW | PTE_A | PTE_D)
#define PTE_RO    (PTE_P | PTE_A)

/* ---------------------------------------------- hypercalls, as a guest */

/* fx of the last call below, all its restarts together. */
extern struct effects last_fx;
/* How often the last call had to be run again. */
extern unsigned int last_restarts;
/* *done of the last batch. */
extern uint32_t last_done;

/* Budget of each run; EFFECTS_BUDGET unless a test changes it. */
extern int call_budget;
/* Give up after so many runs, as a guest may that is interrupted; 0: never.
 * The result is -ERESTART then. */
extern unsigned int call_runs_max;

/* mmu_update with one request, mmuext_op with one operation, and so on;
 * run again until it is not -ERESTART. */
int64_t call_mmu_update(struct vcpu *v, uint64_t ptr, uint64_t val);
int64_t call_mmu_update_n(struct vcpu *v, const struct mmu_update *u,
                          uint32_t n, uint32_t foreigndom);
int64_t call_mmuext(struct vcpu *v, unsigned int cmd, uint64_t arg1,
                    uint64_t arg2);
int64_t call_mmuext_n(struct vcpu *v, const struct mmuext_op *op, uint32_t n,
                      uint32_t foreigndom);
int64_t call_update_va(struct vcpu *v, uint64_t va, uint64_t entry,
                       uint64_t flags);
int64_t call_update_va_for(struct vcpu *v, uint64_t va, uint64_t entry,
                           uint64_t flags, domid_t domid);
/* arg[bytes] is copied to guest memory and back. */
int64_t call_memory_op(struct vcpu *v, uint64_t cmd, void *arg, size_t bytes);

/* A machine address of entry i of a table, with a command. */
static inline uint64_t pte_ptr(mfn_t table, unsigned int i, unsigned int cmd)
{
    return (table.n << PAGE_SHIFT) | i * 8ul | cmd;
}

#endif

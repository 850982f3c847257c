/* SPDX-License-Identifier: MIT */
/*
 * The TLBs of a few CPUs, at their worst: an entry stays until something
 * makes the processor drop it, and upper-level entries are cached as well and
 * used to load more. Global entries survive a load of CR3.
 *
 * A test lets CPUs access addresses at random moments; the model fetches from
 * the raw page tables what it does not have, through cached upper levels if
 * the test wants it so. tlb_check then demands, of every cached entry:
 *   - the frame has the owner it had, or lies unused in the heap;
 *   - a frame that can be written is no table and no descriptor page;
 *   - a table that is walked is a table of that level, or unused.
 */
#ifndef ORACLE_TLB_MODEL_H
#define ORACLE_TLB_MODEL_H

#include "cpumask.h"
#include "hv.h"

#define TLB_CPUS  4
#define TLB_ROOMS 12 /* entries of each kind per CPU */

struct vcpu;

/* A cached translation of one page. */
struct tlb_leaf {
    bool valid, writable, global;
    uint64_t page; /* va >> 12 */
    mfn_t m;
    unsigned int owner; /* of m, when it was loaded */
};

/* A cached upper entry: addresses that begin so are walked from this table. */
struct tlb_upper {
    bool valid;
    unsigned int level; /* of the table: 3, 2 or 1 */
    uint64_t prefix;    /* va bits above those the table translates */
    mfn_t table;
    unsigned int owner;
};

struct tlb_cpu {
    struct tlb_leaf leaf[TLB_ROOMS];
    struct tlb_upper upper[TLB_ROOMS];
    unsigned int next_leaf, next_upper; /* replaced in turn */
    mfn_t root;                         /* CR3 */
    bool user;                          /* in the user tree */
};

struct tlb_model {
    struct hv *hv;
    struct tlb_cpu cpu[TLB_CPUS];
};

void tlb_model_start(struct tlb_model *t, struct hv *hv);

/* v's roots changed, or it switched between kernel and user: load CR3. */
void tlb_load_root(struct tlb_model *t, unsigned int cpu, const struct vcpu *v);

void tlb_flush_all(struct tlb_model *t, cpumask_t cpus);
void tlb_flush_page(struct tlb_model *t, cpumask_t cpus, uint64_t va);

/*
 * CPU cpu accesses va, and keeps what it learns.
 *  upper  use a cached upper entry where there is one
 * Returns the frame, or MFN_INVALID: a page fault.
 */
mfn_t tlb_access(struct tlb_model *t, unsigned int cpu, uint64_t va, bool write,
                 bool upper);

/* Abort with a message if a cached entry is one that must be gone. */
void tlb_check(const struct tlb_model *t);

/* The same for frame m, which the hypervisor is about to check as a table. */
void tlb_check_not_writable(const struct tlb_model *t, mfn_t m);

/* For frame m, which is memory now: nobody may walk it as a table. */
void tlb_check_not_walked(const struct tlb_model *t, mfn_t m);

#endif

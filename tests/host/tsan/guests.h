/* SPDX-License-Identifier: MIT */
/*
 * Domains for CPUs that are threads, and what their kernels do: one step is
 * one hypercall, chosen by chance, mostly one that can succeed. Everything
 * is named by few numbers, so that CPUs meet at the same ports, grants,
 * tables and vCPUs.
 */
#ifndef TSAN_GUESTS_H
#define TSAN_GUESTS_H

#include <pv-abi/domctl.h>

#include "cpus.h"
#include "domain.h"

/* Domains 0 (privileged) to 2 are there from the first; 3 .. 5 come and go. */
#define GUESTS     3
#define GUESTS_MAX 6
#define VCPUS      2

/* Frames of each: two trees of tables (L4 to L1), then data. */
#define TREES        2
#define FIRST_DATA   (TREES * 4)
#define DATA_FRAMES  6
#define GUEST_FRAMES (FIRST_DATA + DATA_FRAMES)

/* Frames that may be lent, mapped and typed. */
struct guest {
    mfn_t frame[GUEST_FRAMES]; /* atomic: others come for those given back */
    mfn_t grants;              /* its grant table */
};
extern struct guest guests[GUESTS];

/* A machine with domains 0 .. GUESTS - 1, all vCPUs up, on tree 0. */
struct hv *machine_of_guests(void);

/* Every invariant holds; everything is given back; forget the machine. */
void machine_of_guests_end(struct hv *hv);

/* Steps, for cpus_run. */
void event_step(struct cpu *c);
void control_step(struct cpu *c); /* of dom0, to vCPUs of others */
void grant_step(struct cpu *c);
void memory_step(struct cpu *c);
void sched_step(struct cpu *c);
void domain_step(struct cpu *c);
void life_step(struct cpu *c); /* of no vCPU: a domain is found and freed */
void any_step(struct cpu *c);

/* ------------------------------------------------------------- helpers */

/* Ports, and entries of page tables, that are used at all. */
#define PORTS 8
#define SLOTS 8
/* The first entry of an L1 that a step changes. */
#define FIRST_SLOT GUEST_FRAMES

static inline unsigned int chance(struct cpu *c, unsigned int bound)
{
    return (unsigned int)random_below(&c->random, bound);
}

/* Whose vCPU runs. */
static inline domid_t self(const struct cpu *c)
{
    return c->current->d->domid;
}

static inline bool dom0_runs(const struct cpu *c)
{
    return c->current && self(c) == 0;
}

/* A domain that may be there. */
static inline domid_t any_domid(struct cpu *c)
{
    return (domid_t)chance(c, GUESTS_MAX);
}

/* A frame of a domain that was there from the first; it may be gone. */
mfn_t any_frame(struct cpu *c, domid_t id);

/* Where a step maps something. */
uint64_t host_address(struct cpu *c);

/*
 * A call nr(cmd, &arg, count): the argument goes to guest memory and comes
 * back.
 */
int64_t call_op(struct cpu *c, uint64_t nr, uint64_t cmd, void *arg,
                size_t bytes, unsigned int count);

/* dom0 runs: a domctl, filled in with command, version and domain. */
int64_t domctl(struct cpu *c, uint32_t cmd, domid_t id, struct xen_domctl *op);

#endif

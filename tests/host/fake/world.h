/* SPDX-License-Identifier: MIT */
/*
 * A whole machine for tests of core/domain: everything of core/ on the fake
 * hardware, with a dom0 that runs on CPU 0 and domains made by domctl.
 */
#ifndef FAKE_WORLD_H
#define FAKE_WORLD_H

#include <pv-abi/domctl.h>

#include "fake/fake.h"

#include "domain/domain.h"
#include "effects.h"

#define WORLD_CPUS 4

/* Where call_domctl and others put their argument in guest memory. */
#define WORLD_ARG FAKE_GUEST_VA
/* Guest memory that is the test's own. */
#define WORLD_DATA (FAKE_GUEST_VA + 4 * PAGE_SIZE)

/* A machine of `frames` frames without domains. */
struct hv *world_empty(uint64_t frames);

/* The same with dom0: one vCPU, running on CPU 0. */
struct hv *world(uint64_t frames);

/*
 * End a test: every domain is destroyed, dom0 too; panic unless the heap has
 * every frame back that it had at first.
 */
void world_end(struct hv *hv);

/* A domain with that many vCPUs allocated and frames; paused. No reference. */
struct domain *world_domain(struct hv *hv, unsigned int vcpus,
                            unsigned int frames);

/* Let cpu choose what it runs, and switch to it. */
void world_schedule(struct hv *hv, unsigned int cpu);

/* What a call left in its effects; begun anew by each call below. */
extern struct effects world_fx;
/* How often the last call had to be run again. */
extern unsigned int world_restarts;

/*
 * domctl by dom0: op is filled in with command, version and domain; the
 * argument is copied to guest memory and back. Run again, every CPU having
 * chosen anew, until it is done.
 */
int64_t call_domctl(struct hv *hv, uint32_t cmd, domid_t id,
                    struct xen_domctl *op);

#endif

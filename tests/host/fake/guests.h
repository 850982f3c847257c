/* SPDX-License-Identifier: MIT */
/*
 * A whole machine of core/: real domains with vCPUs that are scheduled on
 * fake CPUs. What x86/ does on the way out of the hypervisor, guests_exit
 * does here: it applies a struct effects, and switches vCPUs.
 */
#ifndef FAKE_GUESTS_H
#define FAKE_GUESTS_H

#include "fake/fake.h"

#include <domain.h>
#include "effects.h"
#include "hv.h"
#include "vcpu.h"

#define GUESTS_MAX_CPUS 4

/*
 * cpus CPUs and domains 0 .. n-1, each with so many vCPUs and no memory. All
 * vCPUs are up and run, or wait for a CPU; domain 0 is privileged.
 */
struct hv *machine_with_guests(unsigned int cpus, unsigned int n,
                               unsigned int vcpus);

/* The same with memory: frames for each domain, and spare ones. */
struct hv *machine_with_memory(unsigned int cpus, unsigned int n,
                               unsigned int vcpus, uint64_t frames);

/* End a test: all invariants hold; forget the machine. */
void guests_end(struct hv *hv);

/* Panic unless events, grants, queues and timers are consistent. */
void guests_check(struct hv *hv);

struct domain *guest(struct hv *hv, domid_t id);
struct vcpu *guest_vcpu(struct hv *hv, domid_t id, unsigned int vcpu);

/* One more domain, up and running; 0 < id. */
struct domain *add_guest(struct hv *hv, domid_t id, unsigned int vcpus);

/* Play the CPU that v runs on; v must run on one. */
void enter_from(struct vcpu *v);

/*
 * Leave the hypervisor on this CPU: other CPUs get their interrupts, and
 * everyone switches to the vCPU it picks, until all is quiet.
 */
void guests_exit(struct hv *hv, const struct effects *fx);

/*
 * Let time go on to until_ns, in steps; each CPU serves its timers and the
 * end of its slices. each, if not NULL, is called before each step.
 */
void guests_run(struct hv *hv, uint64_t until_ns, uint64_t step_ns,
                void (*each)(struct hv *hv));

/* Who runs on cpu: its registers are loaded there. NULL: idle. */
struct vcpu *running_on(unsigned int cpu);

/* Whether v runs on some CPU now. */
bool is_running(const struct vcpu *v);

/* A hypercall of the running vCPU v, whose argument is copied to guest memory
 * and back; run again while it asks so. Then guests_exit. */
int64_t call_evtchn(struct vcpu *v, uint32_t cmd, void *arg, size_t bytes);
int64_t call_sched(struct vcpu *v, uint32_t cmd, const void *arg, size_t bytes);
int64_t call_vcpu(struct vcpu *v, uint32_t cmd, uint32_t id, void *arg,
                  size_t bytes);
int64_t call_grant(struct vcpu *v, uint32_t cmd, void *ops, uint32_t count,
                   size_t bytes);

/* Where the argument is put; a test may let it fault. */
#define CALL_VA FAKE_GUEST_VA
/* Guest memory for a test's own use. */
#define FREE_VA (FAKE_GUEST_VA + 16 * 4096)

#endif

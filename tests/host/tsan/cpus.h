/* SPDX-License-Identifier: MIT */
/*
 * CPUs that are threads: the machine of fake/ with the locks, flushes and
 * interrupts of a real one, under ThreadSanitizer. Each thread does what
 * x86/entry does: it enters for the vCPU it runs, leaves through its effects,
 * switches when it is told to, and serves flush requests while it spins.
 *
 * A step of a test makes one hypercall as the vCPU that runs. Which
 * interleavings come is up to the host: what is checked must hold in all.
 */
#ifndef TSAN_CPUS_H
#define TSAN_CPUS_H

#include "effects.h"
#include "fake/fake.h"
#include "hv.h"
#include "suite.h"
#include "vcpu.h"

#define CPUS 4

struct cpu {
    unsigned int id;
    struct hv *hv;
    struct vcpu *current; /* whose registers it has; NULL: idle */
    struct cpu_user_regs regs;
    bool resched, flush;  /* asked of it; atomic */
    struct random random; /* its own */
    uint64_t arg_va;      /* guest memory for arguments: its own pages */
};

/* Bytes of guest memory at arg_va, and where what lies behind all begins. */
#define ARG_BYTES (14 * PAGE_SIZE)
#define AREAS_VA  (FAKE_GUEST_VA + CPUS * ARG_BYTES)

/*
 * All CPUs run until each has made so many steps, as the vCPU it runs, or was
 * idle for long. Seeds are derived from seed. Before and after it there is one
 * thread.
 */
void cpus_run(struct hv *hv, uint64_t seed, unsigned int steps,
              void (*step)(struct cpu *c));

/* Let each CPU choose what it runs. Before or after cpus_run. */
void cpus_settle(struct hv *hv);

/*
 * A hypercall of c->current, again while it is to be run again and the vCPU
 * keeps the CPU. Its result; -ERESTART: it lost the CPU in between.
 */
int64_t cpu_call(struct cpu *c, uint64_t nr, uint64_t a1, uint64_t a2,
                 uint64_t a3, uint64_t a4);

/* c->current comes in by an exception, which serve() serves. */
void cpu_fault(struct cpu *c, void (*serve)(struct cpu *c, struct effects *fx));

#endif

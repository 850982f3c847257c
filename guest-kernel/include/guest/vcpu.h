/* SPDX-License-Identifier: MIT */
/*
 * Everything that exists once per virtual CPU, and the upcall mask.
 *
 * The kernel runs on vCPU 0; code asks this_vcpu() all the same, so that more
 * would be a change in one place. Others can be borrowed for a function that
 * needs nothing of the kernel: vcpu_start().
 *
 * The upcall mask is the guest's interrupt flag: while it is set no event
 * handler runs and no other thread takes over. It protects all kernel data.
 */
#ifndef GUEST_VCPU_H
#define GUEST_VCPU_H

#include <stdbool.h>
#include <stdint.h>
#include <pv-abi/shared_info.h>

struct thread;

struct vcpu {
    struct vcpu_info *info; /* shared with the hypervisor */
    unsigned int id;
    struct thread *current;
    struct thread *idle;
    bool in_upcall;     /* an event handler or timer function runs */
    bool need_resched;  /* looked at on the way out of an upcall */
    uint64_t slice_end; /* ns; when the current thread has had its turn */
    uint64_t upcalls;   /* how many were taken, for tests and reports */
};

/* Never NULL once start-up has mapped the shared page. */
struct vcpu *this_vcpu(void);

/* The page shared with the hypervisor. */
extern struct shared_info *shared_info;

/*
 * Mask upcalls. Returns whether they were masked before, for
 * upcall_restore(). Nests.
 */
bool upcall_mask(void);

/* Put the mask back; a pending event is delivered before this returns. */
void upcall_restore(bool was_masked);

/* True when no upcall can be delivered now. */
bool upcall_is_masked(void);

/*
 * Run fn(arg) on another vCPU, for good or until vcpu_stop(). It shares the
 * address space and nothing else: upcalls are masked there, it has no thread,
 * no newlib, and no exception handler but `fault`.
 *  id      1 <= id < XEN_LEGACY_MAX_VCPUS, not started before.
 *  stack   the address behind its stack.
 *  fault   where a page fault enters, as the hypervisor leaves the stack;
 *          NULL: any exception ends the domain.
 * Returns 0, -ENOENT (no such vCPU), -EEXIST (started before), -ENOMEM.
 */
int vcpu_start(unsigned int id, void (*fn)(void *), void *arg, void *stack,
               void (*fault)(void));

/* Stop it where it is. 0 or -ENOENT. It cannot be started again. */
int vcpu_stop(unsigned int id);

#endif

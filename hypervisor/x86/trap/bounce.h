/* SPDX-License-Identifier: MIT */
/*
 * Sending the guest into one of its handlers: a frame on its kernel's stack,
 * kernel mode, the handler's address. A guest that has no handler, or no
 * stack to take the frame, is crashed. v is the running vCPU.
 *
 * One exception at a time: nothing here is called twice for one exit except
 * by exit_work, which stacks events upon what the exit itself delivered.
 * Source: abi/start-of-day.md 11; abi/traps-and-privops.md 2, 8.
 */
#ifndef X86_BOUNCE_H
#define X86_BOUNCE_H

#include "effects.h"
#include "vcpu.h"

/* Exception, or NMI; code is used only by vectors that have one. */
void bounce_trap(struct vcpu *v, unsigned int vector, uint32_t code,
                 struct effects *fx);
/* Software interrupt n: the entry of that vector, never with a code. */
void bounce_interrupt(struct vcpu *v, unsigned int n, struct effects *fx);
/* Page fault at address; code as the processor gave it. */
void bounce_page_fault(struct vcpu *v, uint64_t address, uint32_t code,
                       struct effects *fx);
/* The event callback; masks events. */
void bounce_event(struct vcpu *v, struct effects *fx);
/* Segment registers could not be loaded. */
void bounce_failsafe(struct vcpu *v, struct effects *fx);
/* `syscall` and `sysenter` of user mode, to the callback given. */
void bounce_syscall(struct vcpu *v, const struct vcpu_callback *c,
                    struct effects *fx);

#endif

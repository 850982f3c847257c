/* SPDX-License-Identifier: MIT */
/*
 * The way out: what must happen before a guest runs on. Everything the
 * entry left to do is in a struct effects or in this CPU's percpu flags;
 * here it is done, in a loop, until nothing is left: interrupts to other
 * CPUs, timers, scheduling (idle included), then events for the guest.
 */
#ifndef X86_EXIT_H
#define X86_EXIT_H

#include "effects.h"

struct percpu;
struct vcpu;

/*
 * Apply fx and make some vCPU ready to run: on return its registers are at
 * the top of this CPU's stack, which need not be those that came in.
 */
void exit_work(struct effects *fx);

/* A CPU with nothing on it takes its first vCPU, when there is one. */
_Noreturn void exit_first(void);

/*
 * context_switch.c: from the vCPU on c, which is this CPU, to next; either may
 * be none, NULL: idle. Reports the end of the old one to the scheduler.
 *
 * Eager and complete: what is not saved here is not the guest's. After the
 * switch nothing of the old one is left in any register, descriptor table or
 * TLB entry of this CPU.
 */
void context_switch(struct percpu *c, struct vcpu *next, struct effects *fx);

#endif

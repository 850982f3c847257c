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

struct vcpu;

/*
 * Apply fx and make some vCPU ready to run: on return its registers are at
 * the top of this CPU's stack, which need not be those that came in.
 */
void exit_work(struct effects *fx);

/* A CPU with nothing on it takes its first vCPU, when there is one. */
_Noreturn void exit_first(void);

#endif

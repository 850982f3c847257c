/* SPDX-License-Identifier: MIT */
/*
 * From a guest's registers to a handler and back. The table of handlers is
 * derived from pv-abi/hypercalls.def: a row there and a function of the
 * named type are all that a new call needs.
 *
 * Who may call what is decided here for the rows marked DOM0. Those marked
 * CONTROL look at their argument first (domain/control.h).
 *
 * Source: abi/start-of-day.md 8; abi/events-time-sched.md 10; abi/README.md.
 */
#ifndef CALL_DISPATCH_H
#define CALL_DISPATCH_H

#include "effects.h"
#include "vcpu.h"

/*
 * Run the call that v->regs asks for: number in RAX, arguments in RDI, RSI,
 * RDX, R10. Afterwards RAX is the result; or, if the handler wants to go on
 * later (-ERESTART), RIP is back at the SYSCALL instruction and the argument
 * registers are what the handler left in fx->restart. All other registers
 * stay as they are, except after iret.
 */
void hypercall(struct vcpu *v, struct effects *fx);

/* Name of call nr for messages and traces; NULL: there is none. */
const char *hypercall_name(uint64_t nr);

/*
 * Run count entries of struct multicall_entry at calls in order. Each is
 * read once; its result is written before the next is read; one that fails
 * does not stop the others. Between two entries the work may be put off.
 * An entry that is iret ends the call: what follows belongs to the context
 * that was left.
 * Returns 0, -EINVAL (inside a multicall), -EFAULT (an entry cannot be read
 * or its result not written: those before it are done), -ERESTART, or after
 * iret the RAX of the new context (v->iret_in_multicall is set then).
 */
int64_t do_multicall(struct vcpu *v, guest_ptr_t calls, uint32_t count,
                     struct effects *fx);

#endif

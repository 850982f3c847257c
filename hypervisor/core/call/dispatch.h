/* SPDX-License-Identifier: MIT */
/*
 * From a guest's registers to a handler and back. The table of handlers is
 * derived from pv-abi/hypercalls.def: a row there and a function of the
 * named type are all that a new call needs.
 *
 * Who may call what is decided here for the rows marked DOM0. Those marked
 * CONTROL look at their argument first (domain/control.h).
 *
 * Source: abi/start-of-day.md 8; abi/README.md, conventions.
 */
#ifndef CALL_DISPATCH_H
#define CALL_DISPATCH_H

#include <stdint.h>

#include "effects.h"
#include "vcpu.h"

/* Arguments of the widest call. */
#define CALL_ARGS_MAX 4

/*
 * Run the call that v->regs asks for: number in RAX, arguments in RDI, RSI,
 * RDX, R10. Afterwards RAX is the result; or, if the handler wants to go on
 * later (-ERESTART), RIP is back at the SYSCALL instruction and the argument
 * registers are what the handler left in fx->restart. All other registers
 * stay as they are, except after iret.
 */
void hypercall(struct vcpu *v, struct effects *fx);

/*
 * Run call nr with the given arguments for v, in kernel mode.
 * Returns what the handler does, -ENOSYS (no such call), -EPERM.
 */
int64_t hypercall_run(struct vcpu *v, uint64_t nr,
                      const uint64_t args[CALL_ARGS_MAX], struct effects *fx);

/* Name of call nr for messages and traces; NULL: there is none. */
const char *hypercall_name(uint64_t nr);

#endif

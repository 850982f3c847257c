/* SPDX-License-Identifier: MIT */
/*
 * Several hypercalls in one entry.
 * Source: abi/events-time-sched.md 10.
 */
#ifndef CALL_MULTICALL_H
#define CALL_MULTICALL_H

#include <stdint.h>

#include <pv-abi/types.h>

#include "effects.h"
#include "vcpu.h"

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

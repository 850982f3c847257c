/* SPDX-License-Identifier: MIT */
/*
 * Virtual interrupts: events that the hypervisor itself raises. Some exist
 * once for each vCPU (the timer), the others once, and go to dom0.
 *
 * A virtual interrupt that nobody bound is dropped.
 * Locks: both functions take the event.lock of the domain they raise in.
 * Source: abi/events-time-sched.md 2.
 */
#ifndef EVENT_VIRQ_H
#define EVENT_VIRQ_H

#include "effects.h"
#include "hv.h"
#include "vcpu.h"

/* Whether virq (< NR_VIRQS) exists once, and not for each vCPU. */
bool virq_is_global(uint32_t virq);

/* Raise virq of vCPU v, as VIRQ_TIMER. */
void virq_raise_vcpu(struct vcpu *v, uint32_t virq, struct effects *fx);

/* Raise a global virq in dom0; nothing before there is one. */
void virq_raise_global(struct hv *hv, uint32_t virq, struct effects *fx);

#endif

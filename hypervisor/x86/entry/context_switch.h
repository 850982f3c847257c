/* SPDX-License-Identifier: MIT */
/*
 * From one vCPU on this CPU to another, or to none, or from none.
 *
 * Eager and complete: what is not saved here is not the guest's. After the
 * switch nothing of prev is left in any register, descriptor table or TLB
 * entry of this CPU.
 */
#ifndef X86_CONTEXT_SWITCH_H
#define X86_CONTEXT_SWITCH_H

#include "effects.h"

struct percpu;
struct vcpu;

/* next: NULL for idle. Reports the end of prev to the scheduler. */
void context_switch(struct percpu *c, struct vcpu *next, struct effects *fx);

/* The CR3 of v in its present mode. */
uint64_t vcpu_cr3(const struct vcpu *v);

/* The CR4 with which v runs. */
uint64_t vcpu_hardware_cr4(const struct vcpu *v);

/* Load v's debug registers, or none if it uses none. */
void load_debug_registers(struct percpu *c, const struct vcpu *v);

#endif

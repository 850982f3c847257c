/* SPDX-License-Identifier: MIT */
/* Between the files of trap/: one function per kind of exception. */
#ifndef X86_TRAP_H
#define X86_TRAP_H

#include "effects.h"
#include "vcpu.h"

/* fault.c: #PF while a guest ran; address is CR2, read first of all. */
void page_fault(struct vcpu *v, uint64_t address, struct effects *fx);
/* fault.c: #PF of the hypervisor itself. True: served, go on. */
bool page_fault_inside(struct cpu_user_regs *r, uint64_t address);

/* gp.c: #GP while a guest ran. */
void general_protection(struct vcpu *v, struct effects *fx);

/* cpuid.c: #UD; true if it was the forced CPUID, and is emulated. */
bool forced_cpuid(struct vcpu *v, struct effects *fx);

/* nmi.c: whatever ran. */
void nmi(struct cpu_user_regs *r);

/* irq.c: an interrupt, vector 32 to 255. */
void interrupt(unsigned int vector);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Exceptions and interrupts: from the gates of the IDT to the handlers of a
 * guest, or to a panic. entry/entry.h has the doors themselves.
 * Source: abi/start-of-day.md 11; abi/traps-and-privops.md 2, 8.
 */
#ifndef X86_TRAP_H
#define X86_TRAP_H

#include "effects.h"
#include "vcpu.h"

/* --------------------------------------------------------------- trap.c */

/*
 * The interrupt descriptor table: one for all CPUs, every gate closed to
 * `int n` except breakpoint, overflow and 0x80. Fill it: boot CPU, once.
 */
void idt_init(void);
/* Use it on this CPU. */
void idt_load(void);

/* ------------------------------------------------------------- bounce.c */

/*
 * Sending the guest into one of its handlers: a frame on its kernel's stack,
 * kernel mode, the handler's address. A guest that has no handler, or no
 * stack to take the frame, is crashed. v is the running vCPU.
 *
 * One exception at a time: nothing here is called twice for one exit except
 * by exit_work, which stacks events upon what the exit itself delivered.
 */

/* Exception, or NMI (vector < 32); code: used if the vector has one. */
void bounce_trap(struct vcpu *v, unsigned int vector, uint32_t code,
                 struct effects *fx);
/* Software interrupt n: the entry of that vector, never with a code. */
void bounce_interrupt(struct vcpu *v, unsigned int n, struct effects *fx);
/* Page fault at address; code as the processor gave it. */
void bounce_page_fault(struct vcpu *v, uint64_t address, uint32_t code,
                       struct effects *fx);
/* The callback of a type, CALLBACKTYPE_*; that of events masks them. */
void bounce_callback(struct vcpu *v, unsigned int type, struct effects *fx);

/* ---------------------------------------------------------------- gp.c */

/* #GP while a guest ran. */
void general_protection(struct vcpu *v, struct effects *fx);

/* -------------------------------------------------------------- cpuid.c */

/* #UD; true if it was the forced CPUID, and is emulated. */
bool forced_cpuid(struct vcpu *v, struct effects *fx);

/* -------------------------------------------------------------- panic.c */

/* NMI, whatever ran. */
void nmi(struct cpu_user_regs *r);

/* The hypervisor broke its own rule by an exception; else hal_panic(). */
_Noreturn void panic_with(const struct cpu_user_regs *regs, const char *why);

/* After a panic: stay (noreboot) or reset; write 3 to the debug exit port. */
extern bool panic_stays, panic_debug_exit;

#endif

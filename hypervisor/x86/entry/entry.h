/* SPDX-License-Identifier: MIT */
/*
 * The doors between guests and the hypervisor: entry.S.
 *
 * Every way in saves all registers as struct cpu_user_regs at the top of
 * the CPU's stack and calls one of the functions below with it; when that
 * returns, the guest whose registers are there then runs on. Interrupts
 * are off throughout.
 */
#ifndef X86_ENTRY_H
#define X86_ENTRY_H

#include <pv-abi/arch.h>

#include "effects.h"

#define VECTOR_STUB_SIZE  16
#define SYSCALL_STUB_SIZE 32

struct percpu;
struct vcpu;

/* ------------------------------------------------- ways in, in entry.S */

extern const char vector_stubs[];    /* 256 of VECTOR_STUB_SIZE */
extern const char syscall_stubs[];   /* one per CPU, from 64-bit code */
extern const char syscall32_stubs[]; /* the same, from 32-bit code */
extern const char sysenter_entry[];
extern const char guest_iret[]; /* the instruction that enters guests */

/* Leave for the guest whose registers are at the top of this stack. */
_Noreturn void enter_guest(void);

/* Call fn on the empty stack of c, which is this CPU's. */
_Noreturn void run_on_stack(struct percpu *c, void (*fn)(void));

/* Load the flat segments of ours, after lgdt. */
void reload_segments(void);

/* -------------------------------------------- called by it, in C */

/* A guest's exception, or an interrupt while a guest ran. */
void trap_from_guest(struct cpu_user_regs *regs);
/* `syscall`: a hypercall if the guest's kernel runs. */
void syscall_from_guest(struct cpu_user_regs *regs);
/* CALLBACKTYPE_syscall32 or _sysenter. */
void rare_call_from_guest(struct cpu_user_regs *regs, unsigned int type);

/*
 * An exception or interrupt while the hypervisor ran. Returns the registers
 * to go on with: its own, or those of a guest if entering that one failed.
 */
struct cpu_user_regs *trap_from_hypervisor(struct cpu_user_regs *regs);

/* ------------------------------------------------------ the way out, in C */

/*
 * What must happen before a guest runs on. Everything the entry left to do is
 * in a struct effects or in this CPU's percpu flags; here it is done, in a
 * loop, until nothing is left: interrupts to other CPUs, timers, scheduling
 * (idle included), then events for the guest. On return the registers of some
 * vCPU are at the top of this CPU's stack, which need not be those that came
 * in.
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

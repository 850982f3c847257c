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

#define VECTOR_STUB_SIZE  16
#define SYSCALL_STUB_SIZE 32

struct percpu;

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

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The end: what is printed when the hypervisor broke its own rule, and the
 * parts of it that others use. hal_panic() is the usual way in.
 */
#ifndef X86_PANIC_H
#define X86_PANIC_H

#include <pv-abi/arch.h>

/* All general registers, control registers and where it happened. */
void print_registers(const struct cpu_user_regs *regs);

/* The call chain from rip, by frame pointers, with names. */
void print_backtrace(uint64_t rip, uint64_t rbp);

/* Panic with the registers of an exception. */
_Noreturn void panic_with(const struct cpu_user_regs *regs, const char *why);

/* After a panic: stay (noreboot) or reset; write 3 to the debug exit port. */
extern bool panic_stays, panic_debug_exit;

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Exceptions: who handles them, and what a report looks like.
 *
 * The module owns the trap table of the vCPU. Every vector 0-31 is
 * installed; a vector without a handler prints the registers and a backtrace
 * and ends the domain with reason "crash". Handlers run on the interrupted
 * stack with the upcall mask as it was.
 *
 * Order of delivery: user mode (user.h), then a running probe (probe.h), then
 * the handler set here, then the report.
 */
#ifndef GUEST_TRAP_H
#define GUEST_TRAP_H

#include <stdint.h>
#include <pv-abi/arch.h>

enum trap_vector {
    TRAP_DE = 0,
    TRAP_DB = 1,
    TRAP_NMI = 2,
    TRAP_BP = 3,
    TRAP_OF = 4,
    TRAP_BR = 5,
    TRAP_UD = 6,
    TRAP_NM = 7,
    TRAP_DF = 8,
    TRAP_TS = 10,
    TRAP_NP = 11,
    TRAP_SS = 12,
    TRAP_GP = 13,
    TRAP_PF = 14,
    TRAP_MF = 16,
    TRAP_AC = 17,
    TRAP_MC = 18,
    TRAP_XM = 19,
    TRAP_COUNT = 32,
};

/* Events and failsafe calls use the same frame with these vector numbers. */
#define TRAP_VECTOR_EVENT    0x100
#define TRAP_VECTOR_FAILSAFE 0x101
#define TRAP_VECTOR_SYSCALL  0x102

/*
 * A handler may change *regs; execution goes on with what it leaves there.
 * Returns nothing: to give up, call panic().
 */
typedef void (*trap_handler_t)(struct cpu_user_regs *regs);

/*
 * Replace the handler of one vector, 0 <= vector < TRAP_COUNT; NULL restores
 * the report. Returns the previous one.
 */
trap_handler_t trap_set_handler(unsigned int vector, trap_handler_t handler);

/*
 * Take a vector out of the hypervisor's table (installed = 0) or put it back.
 * The next such exception then ends the domain: the hypervisor has nowhere to
 * deliver it. For tests of exactly that.
 */
void trap_install(unsigned int vector, int installed);

/* Linear address of the last page fault. */
uint64_t trap_fault_address(void);

/* "PF" for 14; "??" for a vector without a mnemonic. */
const char *trap_name(unsigned int vector);

/* Print registers, then the backtrace of the interrupted code. */
void trap_dump(const struct cpu_user_regs *regs);

/*
 * Print rip, then where the functions above it were, by following frame
 * pointers from rbp through mapped memory; at most 32 lines "  [<address>]"
 * below a header "backtrace, build ID:", ID being the first 16 digits of the
 * image's build ID: by it the launcher finds the image, and adds the names.
 * Each address lies within an instruction of its function. A return address
 * may lie behind the function's end, when the call does not return: pass the
 * byte before it, as is done for the lines that follow.
 */
void backtrace_print(uint64_t rip, uint64_t rbp);

#endif

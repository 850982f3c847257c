/* SPDX-License-Identifier: MIT */
/*
 * User mode: code in ring 3 behind its own top-level table.
 *
 * A user space is a set of pages below USER_END and one register context.
 * user_run() is a call: it enters user mode and returns when user code makes
 * a system call or raises an exception; what happened stands in *u. Change
 * u->regs and call again to go on. Upcalls and other threads come in between
 * unnoticed.
 *
 * Each user space is run by one thread at a time.
 */
#ifndef GUEST_USER_H
#define GUEST_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pv-abi/arch.h>

#define USER_END 0x0000800000000000UL

struct user {
    struct cpu_user_regs regs; /* in: where to go on; out: where it stopped */
    uint64_t fault_address;    /* of a page fault */
    uint64_t root_mfn;
    void *root;
    bool by_sysret; /* in: return with SYSRET semantics (no rcx, r11) */
    uint64_t fs_base;
};

/* An empty user space: no mapping, all registers 0. NULL without memory. */
struct user *user_create(void);

/* Unmap everything, free the tables and *u; not the pages it mapped. */
void user_destroy(struct user *u);

/*
 * Map an own page at a user address.
 *  page   from page_alloc(), or any page-aligned address of the image.
 *  flags  PTE_P | PTE_US, with PTE_RW, PTE_NX as wanted.
 * Returns 0, -EINVAL (address not below USER_END), or as pt_set().
 */
int user_map(struct user *u, uint64_t va, const void *page, uint64_t flags);
int user_unmap(struct user *u, uint64_t va);

/*
 * Run until the next system call or exception. Returns the vector:
 * TRAP_VECTOR_SYSCALL or enum trap_vector. For a system call, u->regs.rip is
 * the instruction after it and rax its number; arguments as user code and the
 * kernel agree.
 */
unsigned int user_run(struct user *u);

#endif

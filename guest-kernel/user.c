/* SPDX-License-Identifier: MIT */
/*
 * User mode. See guest/user.h; the asm half is user_enter() and user_leave().
 *
 * The hypervisor knows one user-mode table and one kernel stack per vCPU, so
 * both follow the thread: they are set when a thread enters user mode, and
 * again when such a thread gets the processor back.
 */
#include <stdlib.h>
#include <string.h>
#include <guest/console.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/thread.h>
#include <guest/trap.h>
#include <guest/user.h>
#include <pv-abi/errno.h>
#include <pv-abi/mmu.h>
#include "internal.h"
#include "regs.h"

#define RFLAGS_IF  0x200UL
#define PT_ENTRIES 512
#define USER_SLOTS 256 /* of a top-level table: below the hypervisor's */

static int one_op(uint32_t cmd, uint64_t mfn)
{
    struct mmuext_op op = {.cmd = cmd, .arg1.mfn = mfn};

    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

struct user *user_create(void)
{
    struct user *u = calloc(1, sizeof(*u));

    if (!u)
        return NULL;
    u->root = pt_page_alloc();
    if (!u->root) {
        free(u);
        return NULL;
    }
    u->root_mfn = virt_to_mfn(u->root);
    if (one_op(MMUEXT_PIN_L4_TABLE, u->root_mfn))
        panic("an empty top-level table was refused");
    u->regs.cs = FLAT_USER_CS;
    u->regs.ss = FLAT_USER_SS;
    u->regs.rflags = RFLAGS_IF;
    return u;
}

/* Free the tables below one; none of them is in use any more. */
static void free_tables(uint64_t *table, int level)
{
    int slots = level == 4 ? USER_SLOTS : PT_ENTRIES;

    for (int i = 0; level > 1 && i < slots; i++)
        if (table[i] & PTE_P)
            free_tables(pfn_to_virt(mfn_to_pfn(PTE_MFN(table[i]))), level - 1);
    pt_page_free(table);
}

void user_destroy(struct user *u)
{
    bool was_masked = upcall_mask();

    /* It may still be the vCPU's; nobody is in user mode now. */
    if (one_op(MMUEXT_NEW_USER_BASEPTR, 0) ||
        one_op(MMUEXT_UNPIN_TABLE, u->root_mfn))
        panic("a user table cannot be given up");
    free_tables(u->root, 4);
    upcall_restore(was_masked);
    free(u);
}

int user_map(struct user *u, uint64_t va, const void *page, uint64_t flags)
{
    if (va >= USER_END || va % PAGE_SIZE)
        return -XEN_EINVAL;
    return pt_set(u->root_mfn, va, PTE(virt_to_mfn(page), flags));
}

int user_unmap(struct user *u, uint64_t va)
{
    if (va >= USER_END || va % PAGE_SIZE)
        return -XEN_EINVAL;
    if (!(pt_lookup(u->root_mfn, va, 1, NULL) & PTE_P))
        return 0;
    return pt_set(u->root_mfn, va, 0);
}

void user_set_kernel_stack(uint64_t sp)
{
    hypercall_stack_switch(FLAT_KERNEL_SS, sp);
}

void user_switch_to(struct thread *next)
{
    if (one_op(MMUEXT_NEW_USER_BASEPTR, next->user->root_mfn))
        panic("the user table was refused");
    hypercall_set_segment_base(SEGBASE_FS, next->user->fs_base);
    user_set_kernel_stack(next->user_kernel_sp);
}

/* An exception or system call from user mode ends user_run(). */
void user_stopped(struct cpu_user_regs *regs)
{
    struct thread *self = thread_current();
    struct user *u = self->user;

    memcpy(&u->regs, regs, REGS_FRAME);
    if (regs->entry_vector == TRAP_PF)
        u->fault_address = trap_fault_address();
    upcall_mask();
    self->user = NULL;
    user_leave(self->user_kernel_sp, regs->entry_vector);
}

unsigned int user_run(struct user *u)
{
    struct thread *self = thread_current();
    bool was_masked = upcall_mask();
    unsigned int vector;

    self->user = u;
    if (one_op(MMUEXT_NEW_USER_BASEPTR, u->root_mfn))
        panic("the user table was refused");
    hypercall_set_segment_base(SEGBASE_FS, u->fs_base);
    vector = user_enter(&u->regs, u->by_sysret, &self->user_kernel_sp);
    upcall_restore(was_masked);
    return vector;
}

/* SPDX-License-Identifier: MIT */
/*
 * Calls by which a kernel says where it wants to be entered (entry_calls.c),
 * and by which it changes what ring 3 cannot reach itself: registers, and
 * rights to I/O ports (register_calls.c). All act on the calling vCPU alone
 * and take no lock.
 *
 * Source: abi/traps-and-privops.md 1, 3, 4, 7; abi/start-of-day.md 11, 12;
 * abi/control.md 4.
 */
#ifndef DOMAIN_ENTRY_CALLS_H
#define DOMAIN_ENTRY_CALLS_H

#include "effects.h"
#include "vcpu.h"

/*
 * Install handlers until an entry of address 0; NULL clears all 256.
 * Returns 0, -EFAULT, -EINVAL (address not canonical; entries before it
 * stay), -ERESTART (a table without end; goes on behind what was read).
 */
int64_t do_set_trap_table(struct vcpu *v, guest_ptr_t table,
                          struct effects *fx);

/*
 * The three callbacks at once. Always 0; addresses not canonical count as
 * given, and crash the domain when they are used.
 */
int64_t do_set_callbacks(struct vcpu *v, uint64_t event, uint64_t failsafe,
                         uint64_t syscall, struct effects *fx);

/* A row of pv-abi/callback_ops.def each. */
int64_t do_callback_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                       struct effects *fx);

/*
 * Register or remove the NMI handler: trap 2, upcalls masked.
 * Returns 0, -EFAULT, -EINVAL (address not canonical), -ENOSYS (cmd).
 */
int64_t do_nmi_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                  struct effects *fx);

/*
 * Raise an NMI of v: it is delivered at v's next exit, unless v is still in
 * its NMI handler. From any CPU; v's domain cannot go meanwhile.
 */
void vcpu_send_nmi(struct vcpu *v, struct effects *fx);

/* The stack for entries from user mode. ss gets RPL 3. Returns 0. */
int64_t do_stack_switch(struct vcpu *v, uint64_t ss, uint64_t rsp,
                        struct effects *fx);

/*
 * Return from an exception, an event or a system call: pops a struct
 * iret_context off the kernel stack. An unreadable stack, or user mode
 * without page tables for it, crashes the domain. Returns what RAX becomes;
 * all other registers are set. Ends a multicall.
 */
int64_t do_iret(struct vcpu *v, struct effects *fx);

/* SEGBASE_*. Returns 0, -EINVAL (not canonical, no such base). */
int64_t do_set_segment_base(struct vcpu *v, uint32_t which, uint64_t base,
                            struct effects *fx);

/* The virtual CR0.TS. Returns 0. */
int64_t do_fpu_taskswitch(struct vcpu *v, uint32_t set, struct effects *fx);

/* As the instruction on DRn. Errors: debugreg_write, _read. */
int64_t do_set_debugreg(struct vcpu *v, uint32_t reg, uint64_t value,
                        struct effects *fx);
int64_t do_get_debugreg(struct vcpu *v, uint32_t reg, struct effects *fx);

/*
 * Write one of v's debug registers; also for the emulated instruction and
 * for contexts. DR4 and DR5 mean DR6 and DR7 unless CR4.DE is set.
 * Returns 0, -ENODEV (no such register), -EPERM (an address in the
 * hypervisor's hole or not canonical, DR7.GD, an I/O breakpoint without
 * CR4.DE), -EINVAL (upper half of DR6 or DR7).
 */
must_check int debugreg_write(struct vcpu *v, uint32_t reg, uint64_t value);

/* Returns 0 and *value, -ENODEV. */
must_check int debugreg_read(const struct vcpu *v, uint32_t reg,
                             uint64_t *value);

/*
 * v enters kernel or user mode: the flag, the page tables and the GS base
 * change together. Does nothing if v is in that mode. Returns 0, or -EINVAL
 * when user mode has no page tables.
 */
must_check int vcpu_set_mode(struct vcpu *v, bool kernel);

/*
 * PHYSDEVOP_set_iopl, _set_iobitmap; interrupts of devices are nobody's here.
 * Returns 0, -EFAULT, -EINVAL (iopl above 3, more than 65536 ports), -ENOSYS
 * (cmd, here or at all).
 */
int64_t do_physdev_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                      struct effects *fx);

#endif

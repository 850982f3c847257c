/* SPDX-License-Identifier: MIT */
/*
 * What every exception, interrupt and system call comes to.
 * Source: abi/traps-and-privops.md 2, 8.
 */
#include <string.h>

#include "call/dispatch.h"
#include "domain/domain.h"
#include "hal.h"
#include "x86/entry/entry.h"
#include "x86/entry/exit.h"
#include "x86/insn.h"
#include "x86/machine.h"
#include "x86/percpu.h"
#include "x86/regs.h"
#include "x86/trap/bounce.h"
#include "x86/trap/panic.h"
#include "x86/trap/trap.h"

_Static_assert(HAL_ENTRY_SYSCALL == VEC_SYSCALL, "one bit, two names");

/* `int 0x80` without a handler: the error code a processor would give. */
#define INT80_CODE (VEC_INT80 * 8 + 2)

/* Bits of DR6 that report something; they gather until the guest clears. */
#define DR6_REPORTS 0xe00f

static void debug(struct vcpu *v, struct effects *fx)
{
    uint64_t dr6 = read_dr6();

    write_dr6(DR6_RESET);
    v->debugreg[6] |= dr6 & DR6_REPORTS;
    bounce_trap(v, VEC_DB, 0, fx);
}

/* TS is set in hardware only while the guest's own is. */
static void device_not_available(struct vcpu *v, struct effects *fx)
{
    v->fpu_ts = false;
    fpu_set_ts(false);
    bounce_trap(v, VEC_NM, 0, fx);
}

static void int80(struct vcpu *v, struct effects *fx)
{
    if (v->entry.traps[VEC_INT80].address) {
        bounce_interrupt(v, VEC_INT80, fx);
        return;
    }
    v->regs->rip -= 2;
    bounce_trap(v, VEC_GP, INT80_CODE, fx);
}

static void exception(struct vcpu *v, uint64_t cr2, struct effects *fx)
{
    struct cpu_user_regs *r = v->regs;
    unsigned int vector = r->entry_vector;

    switch (vector) {
    case VEC_DE:
    case VEC_BP:
    case VEC_OF:
    case VEC_BR:
    case VEC_TS:
    case VEC_NP:
    case VEC_SS:
    case VEC_MF:
    case VEC_AC:
    case VEC_XM:
        bounce_trap(v, vector, r->error_code, fx);
        break;
    case VEC_DB:
        debug(v, fx);
        break;
    case VEC_UD:
        if (!forced_cpuid(v, fx))
            bounce_trap(v, VEC_UD, 0, fx);
        break;
    case VEC_NM:
        device_not_available(v, fx);
        break;
    case VEC_GP:
        general_protection(v, fx);
        break;
    case VEC_PF:
        page_fault(v, cr2, fx);
        break;
    case VEC_INT80:
        int80(v, fx);
        break;
    default:
        domain_crash(v->d, fx, "vCPU %u: vector %u, which no guest can raise",
                     v->id, vector);
    }
}

void trap_from_guest(struct cpu_user_regs *regs)
{
    uint64_t cr2 = read_cr2(); /* before anything can fault */
    unsigned int vector = regs->entry_vector;
    struct vcpu *v = this_cpu()->current;
    struct effects fx;

    if (vector == VEC_NMI) {
        /* Straight to the IRETQ: until then the next one is held back. */
        nmi(regs);
        return;
    }
    if (vector == VEC_DF || vector == VEC_MC)
        panic_with(regs, vector == VEC_DF ? "double fault" : "machine check");
    effects_init(&fx);
    if (vector >= VEC_FIRST_IRQ && vector != VEC_INT80)
        interrupt(vector);
    else
        exception(v, cr2, &fx);
    exit_work(&fx);
}

void syscall_from_guest(struct cpu_user_regs *regs)
{
    struct vcpu *v = this_cpu()->current;
    const struct vcpu_callback *entry =
        &v->entry.callback[CALLBACKTYPE_syscall];
    struct effects fx;

    effects_init(&fx);
    if (likely(v->kernel_mode)) {
        hypercall(v, &fx);
    } else if (entry->address) {
        regs->rflags &= ~(uint64_t)EFLAGS_DF;
        bounce_syscall(v, entry, &fx);
    } else {
        regs->rip -= 2;
        bounce_trap(v, VEC_UD, 0, &fx);
    }
    exit_work(&fx);
}

/* 32-bit user code; the guest's kernel is never that. */
void syscall32_from_guest(struct cpu_user_regs *regs)
{
    struct vcpu *v = this_cpu()->current;
    const struct vcpu_callback *entry =
        &v->entry.callback[CALLBACKTYPE_syscall32];
    struct effects fx;

    effects_init(&fx);
    regs->rflags &= ~(uint64_t)EFLAGS_DF;
    if (!v->kernel_mode && entry->address) {
        bounce_syscall(v, entry, &fx);
    } else {
        regs->rip -= 2;
        bounce_trap(v, VEC_UD, 0, &fx);
    }
    exit_work(&fx);
}

void sysenter_from_guest(struct cpu_user_regs *regs)
{
    struct vcpu *v = this_cpu()->current;
    const struct vcpu_callback *entry =
        &v->entry.callback[CALLBACKTYPE_sysenter];
    struct effects fx;

    effects_init(&fx);
    regs->rflags &= ~(uint64_t)(EFLAGS_NT | EFLAGS_TF);
    if (entry->address)
        bounce_syscall(v, entry, &fx);
    else
        bounce_trap(v, VEC_GP, 0, &fx);
    exit_work(&fx);
}

/*
 * The IRETQ into a guest faulted, on registers the guest chose. All of its
 * general registers had been loaded, so they are in r; the frame that IRETQ
 * read is where it was, at the top of the stack. Together they are the guest
 * at the point where it wanted to go, and the exception is its own. No
 * instruction of it was run, so none is emulated: a guest that is never
 * entered is never interrupted.
 */
static struct cpu_user_regs *iret_failed(struct cpu_user_regs *r, uint64_t cr2)
{
    struct percpu *c = this_cpu();
    struct cpu_user_regs *guest = guest_regs(c);
    uint32_t vector = r->entry_vector, code = r->error_code;
    struct effects fx;

    /* They overlap; after this r is gone. */
    memmove(guest, r, offsetof(struct cpu_user_regs, error_code));
    guest->entry_vector = vector;
    guest->error_code = code;
    effects_init(&fx);
    if (vector == VEC_GP)
        bounce_trap(c->current, VEC_GP, code, &fx);
    else
        exception(c->current, cr2, &fx);
    exit_work(&fx);
    return guest;
}

/* Breakpoints a guest set on its own memory, hit by a copy, or by `syscall`
 * behind a MOV SS: nobody is told (abi/memory.md 13, XSA-260). */
static void debug_inside(void)
{
    write_dr6(DR6_RESET);
}

struct cpu_user_regs *trap_from_hypervisor(struct cpu_user_regs *regs)
{
    uint64_t cr2 = read_cr2();
    unsigned int vector = regs->entry_vector;
    uint64_t fixup;

    if (vector >= VEC_FIRST_IRQ) {
        interrupt(vector);
        return regs;
    }
    if (vector == VEC_NMI) {
        nmi(regs);
        return regs;
    }
    if (vector == VEC_DB) {
        debug_inside();
        return regs;
    }
    if (vector == VEC_DF || vector == VEC_MC)
        panic_with(regs, vector == VEC_DF ? "double fault" : "machine check");
    if (vector == VEC_PF && page_fault_inside(regs, cr2))
        return regs;
    if (regs->rip == (uint64_t)guest_iret)
        return iret_failed(regs, cr2);
    fixup = extable_find(regs->rip);
    if (!fixup)
        panic_with(regs, "exception in the hypervisor");
    regs->rip = fixup;
    return regs;
}

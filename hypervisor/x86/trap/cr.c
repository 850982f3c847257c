/* SPDX-License-Identifier: MIT */
/*
 * Control and debug registers as a guest's kernel sees them.
 * Source: abi/traps-and-privops.md 5, 5.2.
 */
#include <errno.h>

#include <pv-abi/inline/shared.h>

#include "domain.h"
#include "domain/entry_calls.h"
#include "hal.h"
#include "mm/vcpu_mmu.h"
#include "x86/cpu.h"
#include "x86/entry/context_switch.h"
#include "x86/machine.h"
#include "x86/regs.h"
#include "x86/trap/emulate.h"

/* What the guest decides, and what it sees of the hypervisor's. */
#define CR4_GUEST_OWN (CR4_TSD | CR4_DE | CR4_FSGSBASE | CR4_OSXSAVE)
#define CR4_VISIBLE   (CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT)

static uint64_t guest_cr0(const struct vcpu *v)
{
    return CR0_BASE | (v->fpu_ts ? CR0_TS : 0);
}

static uint64_t guest_cr4(const struct vcpu *v)
{
    return (v->cr4 & CR4_GUEST_OWN) | CR4_VISIBLE;
}

static uint64_t *operand(struct emulation *e)
{
    return insn_register(e->v->regs, e->in.rm);
}

enum emulate_result emulate_read_cr(struct emulation *e)
{
    struct vcpu *v = e->v;

    switch (e->in.reg) {
    case 0:
        *operand(e) = guest_cr0(v);
        return EMULATE_DONE;
    case 2:
        *operand(e) = v->cr2;
        return EMULATE_DONE;
    case 3:
        *operand(e) = v->mmu.kernel_base.n << PAGE_SHIFT;
        return EMULATE_DONE;
    case 4:
        *operand(e) = guest_cr4(v);
        return EMULATE_DONE;
    default:
        return EMULATE_GP;
    }
}

static enum emulate_result write_cr3(struct emulation *e, uint64_t value)
{
    int rc =
        vcpu_set_base(e->v, BASE_KERNEL, mfn_of(value >> PAGE_SHIFT), e->fx);

    if (rc == -ERESTART)
        return EMULATE_AGAIN;
    return rc ? EMULATE_GP : EMULATE_DONE;
}

/* Bits the guest has no say in are as if it had written them rightly. */
static enum emulate_result write_cr4(struct emulation *e, uint64_t value)
{
    uint64_t can = CR4_TSD | CR4_DE |
                   (cpu_features.fsgsbase ? CR4_FSGSBASE : 0) |
                   (cpu_features.xsave ? CR4_OSXSAVE : 0);

    e->v->cr4 = value & can;
    hal_reload(e->v, RELOAD_CR4);
    return EMULATE_DONE;
}

enum emulate_result emulate_write_cr(struct emulation *e)
{
    struct vcpu *v = e->v;
    uint64_t value = *operand(e);

    switch (e->in.reg) {
    case 0:
        if ((value ^ guest_cr0(v)) & ~(uint64_t)CR0_TS)
            return EMULATE_GP;
        v->fpu_ts = value & CR0_TS;
        hal_reload(v, RELOAD_FPU);
        return EMULATE_DONE;
    case 2:
        v->cr2 = value;
        shared_write(&v->event.info->arch.cr2, value);
        return EMULATE_DONE;
    case 3:
        return write_cr3(e, value);
    case 4:
        return write_cr4(e, value);
    default:
        return EMULATE_GP;
    }
}

enum emulate_result emulate_read_dr(struct emulation *e)
{
    return debugreg_read(e->v, e->in.reg, operand(e)) ? EMULATE_GP
                                                      : EMULATE_DONE;
}

enum emulate_result emulate_write_dr(struct emulation *e)
{
    if (debugreg_write(e->v, e->in.reg, *operand(e)))
        return EMULATE_GP;
    hal_reload(e->v, RELOAD_DEBUG);
    return EMULATE_DONE;
}

enum emulate_result emulate_clts(struct emulation *e)
{
    e->v->fpu_ts = false;
    hal_reload(e->v, RELOAD_FPU);
    return EMULATE_DONE;
}

enum emulate_result emulate_xsetbv(struct emulation *e)
{
    struct cpu_user_regs *r = e->v->regs;
    uint64_t value = (uint32_t)r->rax | r->rdx << 32;

    if (!e->v->kernel_mode || (uint32_t)r->rcx != 0 ||
        !fpu_set_xcr0(e->v, value))
        return EMULATE_GP;
    return EMULATE_DONE;
}

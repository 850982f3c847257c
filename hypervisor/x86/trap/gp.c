/* SPDX-License-Identifier: MIT */
/*
 * #GP of a guest: an `int n`, a privileged instruction, or what it says.
 *
 * The vector of `int n` is read from the instruction: there are processors,
 * QEMU's among them, whose error code names another one.
 * Source: abi/traps-and-privops.md 5, 5.2.
 */
#include <errno.h>

#include <pv-abi/inline/shared.h>

#include "domain.h"
#include "domain/entry_calls.h"
#include "hal.h"
#include "mm/vcpu_mmu.h"
#include "x86/cpu.h"
#include "x86/guest_copy.h"
#include "x86/insn.h"
#include "x86/machine.h"
#include "x86/regs.h"
#include "x86/trap/emulate.h"
#include "x86/trap/trap.h"

#define CODE_IDT 2 /* the error code names a gate */

void emulate_advance(struct vcpu *v, unsigned int bytes, struct effects *fx)
{
    struct cpu_user_regs *r = v->regs;

    r->rip += bytes;
    r->rflags &= ~(uint64_t)EFLAGS_RF;
    if (r->rflags & EFLAGS_TF) {
        v->debugreg[6] |= 0x4000;
        bounce_trap(v, VEC_DB, 0, fx);
    }
}

static void fetch_fault(struct vcpu *v, const struct insn *in,
                        struct effects *fx)
{
    bounce_page_fault(v, v->regs->rip + in->available, PF_FETCH, fx);
}

/* Levels 1 and 2 are the guest's kernel, 3 everybody, 0 nobody. */
static bool gate_open(const struct vcpu *v, unsigned int n)
{
    unsigned int dpl = v->entry.traps[n].flags & TI_DPL_MASK;

    return dpl >= (v->kernel_mode ? 1 : 3);
}

static bool software_interrupt(struct vcpu *v, struct effects *fx)
{
    struct insn in;
    unsigned int n;

    if (insn_decode(v, &in) != DECODE_OK || in.map != MAP_ONE_BYTE ||
        in.opcode != 0xcd)
        return false;
    n = (uint8_t)in.immediate;
    if (gate_open(v, n)) {
        v->regs->rip += in.length;
        bounce_interrupt(v, n, fx);
    } else {
        bounce_trap(v, VEC_GP, n * 8 + CODE_IDT, fx);
    }
    return true;
}

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

static enum emulate_result emulate_read_cr(struct emulation *e)
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

static enum emulate_result set_guest_cr3(struct emulation *e, uint64_t value)
{
    int rc =
        vcpu_set_base(e->v, BASE_KERNEL, mfn_of(value >> PAGE_SHIFT), e->fx);

    if (rc == -ERESTART)
        return EMULATE_AGAIN;
    return rc ? EMULATE_GP : EMULATE_DONE;
}

/* Bits the guest has no say in are as if it had written them rightly. */
static enum emulate_result set_guest_cr4(struct emulation *e, uint64_t value)
{
    uint64_t can = CR4_TSD | CR4_DE |
                   (cpu_features.fsgsbase ? CR4_FSGSBASE : 0) |
                   (cpu_features.xsave ? CR4_OSXSAVE : 0);

    e->v->cr4 = value & can;
    hal_reload(e->v, RELOAD_CR4);
    return EMULATE_DONE;
}

static enum emulate_result emulate_write_cr(struct emulation *e)
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
        return set_guest_cr3(e, value);
    case 4:
        return set_guest_cr4(e, value);
    default:
        return EMULATE_GP;
    }
}

static enum emulate_result read_dr(struct emulation *e)
{
    return debugreg_read(e->v, e->in.reg, operand(e)) ? EMULATE_GP
                                                      : EMULATE_DONE;
}

static enum emulate_result write_dr(struct emulation *e)
{
    if (debugreg_write(e->v, e->in.reg, *operand(e)))
        return EMULATE_GP;
    hal_reload(e->v, RELOAD_DEBUG);
    return EMULATE_DONE;
}

static enum emulate_result emulate_clts(struct emulation *e)
{
    e->v->fpu_ts = false;
    hal_reload(e->v, RELOAD_FPU);
    return EMULATE_DONE;
}

static enum emulate_result xsetbv(struct emulation *e)
{
    struct cpu_user_regs *r = e->v->regs;
    uint64_t value = (uint32_t)r->rax | r->rdx << 32;

    if (!e->v->kernel_mode || (uint32_t)r->rcx != 0 ||
        !fpu_set_xcr0(e->v, value))
        return EMULATE_GP;
    return EMULATE_DONE;
}

static enum emulate_result read_tsc(struct emulation *e)
{
    uint64_t tsc = rdtsc();

    if (!e->v->kernel_mode && e->v->cr4 & CR4_TSD)
        return EMULATE_GP;
    e->v->regs->rax = (uint32_t)tsc;
    e->v->regs->rdx = tsc >> 32;
    return EMULATE_DONE;
}

/* Group 0f 01, register forms: told apart by the whole ModRM byte. */
static enum emulate_result emulate_0f01(struct emulation *e)
{
    if (e->in.mod == 3 && (e->in.reg & 7) == 2 && (e->in.rm & 7) == 1)
        return xsetbv(e);
    if (e->in.mod == 3 && (e->in.reg & 7) == 7 && (e->in.rm & 7) == 1) {
        e->v->regs->rcx = 0; /* TSC_AUX of rdtscp */
        return read_tsc(e);
    }
    return EMULATE_GP;
}

static enum emulate_result emulate_0f(struct emulation *e)
{
    if (e->in.opcode == 0x31)
        return read_tsc(e);
    if (e->in.opcode == 0x01)
        return emulate_0f01(e);
    if (!e->v->kernel_mode || e->in.lock) /* a locked CR0 may be CR8 */
        return EMULATE_GP;
    switch (e->in.opcode) {
    case 0x06:
        return emulate_clts(e);
    case 0x09: /* wbinvd: only who has devices can tell */
        if (e->v->d->device_access)
            wbinvd();
        return EMULATE_DONE;
    case 0x20:
        return emulate_read_cr(e);
    case 0x21:
        return read_dr(e);
    case 0x22:
        return emulate_write_cr(e);
    case 0x23:
        return write_dr(e);
    case 0x30:
        return emulate_wrmsr(e);
    case 0x32:
        return emulate_rdmsr(e);
    default:
        return EMULATE_GP;
    }
}

static enum emulate_result emulate_one_byte(struct emulation *e)
{
    switch (e->in.opcode) {
    case 0x6c ... 0x6f:
    case 0xe4 ... 0xe7:
    case 0xec ... 0xef:
        return emulate_io(e);
    case 0xfa: /* cli, sti: the mask of a guest is in its vcpu_info */
    case 0xfb:
        return guest_may_iopl(e->v) ? EMULATE_DONE : EMULATE_GP;
    default:
        return EMULATE_GP;
    }
}

static void privileged_instruction(struct vcpu *v, struct effects *fx)
{
    struct emulation e = {.v = v, .fx = fx};
    enum emulate_result rc;

    /* No instruction was read there: the address itself was at fault. */
    if (!guest_range_ok(v->regs->rip, 1)) {
        bounce_trap(v, VEC_GP, 0, fx);
        return;
    }
    switch (insn_decode(v, &e.in)) {
    case DECODE_PAGE:
        fetch_fault(v, &e.in, fx);
        return;
    case DECODE_BAD:
        rc = EMULATE_GP;
        break;
    default:
        rc = e.in.map == MAP_0F ? emulate_0f(&e) : emulate_one_byte(&e);
    }
    if (rc == EMULATE_DONE)
        emulate_advance(v, e.in.length, fx);
    else if (rc == EMULATE_FAULT)
        bounce_page_fault(v, e.fault, e.fault_is_write ? PF_WRITE : 0, fx);
    else if (rc == EMULATE_GP)
        bounce_trap(v, VEC_GP, 0, fx);
}

void general_protection(struct vcpu *v, struct effects *fx)
{
    uint32_t code = v->regs->error_code;

    if (code & CODE_IDT && software_interrupt(v, fx))
        return;
    if (code)
        bounce_trap(v, VEC_GP, code, fx);
    else
        privileged_instruction(v, fx);
}

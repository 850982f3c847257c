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

static enum emulate_result read_cr(struct emulation *e)
{
    struct vcpu *v = e->v;
    uint64_t *value = insn_register(v->regs, e->in.rm);

    switch (e->in.reg) {
    case 0:
        *value = guest_cr0(v);
        break;
    case 2:
        *value = v->cr2;
        break;
    case 3:
        *value = v->mmu.kernel_base.n << PAGE_SHIFT;
        break;
    case 4:
        *value = (v->cr4 & CR4_GUEST_OWN) | CR4_VISIBLE;
        break;
    default:
        return EMULATE_GP;
    }
    return EMULATE_DONE;
}

static enum emulate_result set_ts(struct vcpu *v, bool on)
{
    v->fpu_ts = on;
    hal_reload(v, RELOAD_FPU);
    return EMULATE_DONE;
}

static enum emulate_result set_base(struct emulation *e, uint64_t cr3)
{
    int rc = vcpu_set_base(e->v, BASE_KERNEL, mfn_of(cr3 >> PAGE_SHIFT), e->fx);

    if (rc == -ERESTART)
        return EMULATE_AGAIN;
    return rc ? EMULATE_GP : EMULATE_DONE;
}

static enum emulate_result write_cr(struct emulation *e)
{
    struct vcpu *v = e->v;
    uint64_t value = *insn_register(v->regs, e->in.rm);

    switch (e->in.reg) {
    case 0:
        if ((value ^ guest_cr0(v)) & ~(uint64_t)CR0_TS)
            return EMULATE_GP;
        return set_ts(v, value & CR0_TS);
    case 2:
        v->cr2 = value;
        shared_write(&v->event.info->arch.cr2, value);
        return EMULATE_DONE;
    case 3:
        return set_base(e, value);
    case 4: /* bits it has no say in are as if it had written them rightly */
        v->cr4 = value & (CR4_TSD | CR4_DE |
                          (cpu_features.fsgsbase ? CR4_FSGSBASE : 0) |
                          (cpu_features.xsave ? CR4_OSXSAVE : 0));
        hal_reload(v, RELOAD_CR4);
        return EMULATE_DONE;
    default:
        return EMULATE_GP;
    }
}

static enum emulate_result read_dr(struct emulation *e)
{
    uint64_t *value = insn_register(e->v->regs, e->in.rm);

    return debugreg_read(e->v, e->in.reg, value) ? EMULATE_GP : EMULATE_DONE;
}

static enum emulate_result write_dr(struct emulation *e)
{
    if (debugreg_write(e->v, e->in.reg, *insn_register(e->v->regs, e->in.rm)))
        return EMULATE_GP;
    hal_reload(e->v, RELOAD_DEBUG);
    return EMULATE_DONE;
}

static enum emulate_result emulate_clts(struct emulation *e)
{
    return set_ts(e->v, false);
}

/* Only who has devices can tell. */
static enum emulate_result emulate_wbinvd(struct emulation *e)
{
    if (e->v->d->device_access)
        wbinvd();
    return EMULATE_DONE;
}

static enum emulate_result read_tsc(struct emulation *e)
{
    if (!e->v->kernel_mode && e->v->cr4 & CR4_TSD)
        return EMULATE_GP;
    emulate_set_edx_eax(e, rdtsc());
    return EMULATE_DONE;
}

/* Told apart by the whole ModRM byte: xsetbv and rdtscp. */
static enum emulate_result group_01(struct emulation *e)
{
    struct cpu_user_regs *r = e->v->regs;

    if (e->in.mod != 3 || (e->in.rm & 7) != 1)
        return EMULATE_GP;
    switch (e->in.reg & 7) {
    case 2:
        if (!e->v->kernel_mode || (uint32_t)r->rcx != 0 ||
            !fpu_set_xcr0(e->v, emulate_edx_eax(e)))
            return EMULATE_GP;
        return EMULATE_DONE;
    case 7:
        r->rcx = 0; /* TSC_AUX */
        return read_tsc(e);
    default:
        return EMULATE_GP;
    }
}

/* cli, sti: the mask of a guest is in its vcpu_info. */
static enum emulate_result mask_interrupts(struct emulation *e)
{
    return guest_may_iopl(e->v) ? EMULATE_DONE : EMULATE_GP;
}

/* By opcode. Behind 0f they are the kernel's alone, but for 01 and 31. */
static enum emulate_result (*const emulators[2][256])(struct emulation *) = {
    [MAP_ONE_BYTE] =
        {
            [0x6c ... 0x6f] = emulate_io, /* ins, outs */
            [0xe4 ... 0xe7] = emulate_io,
            [0xec ... 0xef] = emulate_io,
            [0xfa ... 0xfb] = mask_interrupts,
        },
    [MAP_0F] =
        {
            [0x01] = group_01,
            [0x06] = emulate_clts,
            [0x09] = emulate_wbinvd,
            [0x20] = read_cr,
            [0x21] = read_dr,
            [0x22] = write_cr,
            [0x23] = write_dr,
            [0x30] = emulate_wrmsr,
            [0x31] = read_tsc,
            [0x32] = emulate_rdmsr,
        },
};

static enum emulate_result emulate(struct emulation *e)
{
    const struct insn *in = &e->in;
    bool everyones =
        in->map == MAP_ONE_BYTE || in->opcode == 0x01 || in->opcode == 0x31;

    if (!emulators[in->map][in->opcode])
        return EMULATE_GP;
    /* A locked CR0 may be CR8. */
    if (!everyones && (!e->v->kernel_mode || in->lock))
        return EMULATE_GP;
    return emulators[in->map][in->opcode](e);
}

static void privileged_instruction(struct vcpu *v, struct effects *fx)
{
    struct emulation e = {.v = v, .fx = fx};
    enum emulate_result rc = EMULATE_GP;

    /* Else no instruction was read: the address itself was at fault. */
    if (guest_range_ok(v->regs->rip, 1)) {
        switch (insn_decode(v, &e.in)) {
        case DECODE_OK:
            rc = emulate(&e);
            break;
        case DECODE_PAGE:
            e.fault = v->regs->rip + e.in.available;
            e.fault_code = PF_FETCH;
            rc = EMULATE_FAULT;
            break;
        case DECODE_BAD:
            break;
        }
    }
    if (rc == EMULATE_DONE)
        emulate_advance(v, e.in.length, fx);
    else if (rc == EMULATE_FAULT)
        bounce_page_fault(v, e.fault, e.fault_code, fx);
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

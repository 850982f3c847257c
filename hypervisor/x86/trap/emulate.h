/* SPDX-License-Identifier: MIT */
/*
 * Instructions that a guest's kernel expects to be privileged: each emulated
 * by one of the functions below, called with the decoded instruction. They
 * change the guest's registers, not RIP; gp.c does that.
 * Source: abi/traps-and-privops.md 5.
 */
#ifndef X86_EMULATE_H
#define X86_EMULATE_H

#include "effects.h"
#include "vcpu.h"
#include "x86/trap/decode.h"

enum emulate_result {
    EMULATE_DONE,  /* go on behind the instruction */
    EMULATE_AGAIN, /* a repeated one is not finished: stay on it */
    EMULATE_GP,    /* the guest gets #GP(0) */
    EMULATE_FAULT, /* the guest gets #PF at ->fault */
};

struct emulation {
    struct vcpu *v;
    struct insn in;
    uint64_t fault; /* address and code, with EMULATE_FAULT */
    uint32_t fault_code;
    struct effects *fx;
};

static inline uint64_t emulate_edx_eax(const struct emulation *e)
{
    return (uint32_t)e->v->regs->rax | e->v->regs->rdx << 32;
}

static inline void emulate_set_edx_eax(struct emulation *e, uint64_t value)
{
    e->v->regs->rax = (uint32_t)value;
    e->v->regs->rdx = value >> 32;
}

/* The low bytes of a register; four of them clear the rest. */
static inline void emulate_set_low(uint64_t *reg, uint64_t value,
                                   unsigned int bytes)
{
    uint64_t mask = bytes >= 4 ? ~0ul : (1ul << (8 * bytes)) - 1;

    *reg = (*reg & ~mask) | (value & mask);
}

/* msr.c */
enum emulate_result emulate_rdmsr(struct emulation *e);
enum emulate_result emulate_wrmsr(struct emulation *e);

/* io.c: in, out, ins, outs. Also cli and sti, which need the same right. */
enum emulate_result emulate_io(struct emulation *e);
bool guest_may_iopl(const struct vcpu *v);

/*
 * table_write.c: a write fault of the guest's kernel at address. True: it was
 * a store to an L1 table, and is done.
 */
bool emulate_table_write(struct vcpu *v, uint64_t address, uint32_t code,
                         struct effects *fx);

/* Go on behind an instruction of so many bytes: RIP, RF, single step. */
void emulate_advance(struct vcpu *v, unsigned int bytes, struct effects *fx);

#endif

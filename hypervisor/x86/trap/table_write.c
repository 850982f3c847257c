/* SPDX-License-Identifier: MIT */
/*
 * Stores of a guest's kernel to its own L1 tables, which it maps read-only:
 * the instruction is decoded here, the store checked and done by
 * mm/calls.h. Locked read-modify-write forms go by compare and exchange
 * until nobody came between.
 * Source: abi/memory.md 7.
 */
#include <errno.h>

#include "domain.h"
#include "domain/version.h"
#include "mm/calls.h"
#include "x86/guest_copy.h"
#include "x86/regs.h"
#include "x86/trap/emulate.h"

#define FLAGS_ARITHMETIC 0x8d5 /* OF SF ZF AF PF CF */

/* The first eight as the processor numbers them, and so the bit operations. */
enum op {
    OP_ADD,
    OP_OR,
    OP_ADC,
    OP_SBB,
    OP_AND,
    OP_SUB,
    OP_XOR,
    OP_CMP, /* only reads */
    OP_BT,  /* only reads */
    OP_BTS,
    OP_BTR,
    OP_BTC,
    OP_XADD,
    OP_XCHG,
    OP_STORE,
    OP_CMPXCHG,
    OP_NONE,
};

struct table_write {
    enum op op;
    unsigned int bytes;
    uint64_t operand;
    uint64_t *reg; /* gets the old value, or is the comparand */
};

static uint64_t mask_of(unsigned int bytes)
{
    return bytes == 8 ? ~0ul : (1ul << (8 * bytes)) - 1;
}

/* What is done; *immediate: with the immediate, not with a register. */
static enum op find_op(const struct insn *in, bool *immediate)
{
    unsigned int op = in->opcode, group = in->reg & 7;

    *immediate = false;
    switch (in->map << 8 | op) {
    case 0x00 ... 0x37: /* op r/m, reg */
        return (op & 7) < 2 ? op >> 3 : OP_NONE;
    case 0x80 ... 0x83:
        *immediate = true;
        return OP_ADD + group;
    case 0x86 ... 0x87:
        return OP_XCHG;
    case 0x88 ... 0x89:
        return OP_STORE;
    case 0xc6 ... 0xc7:
        *immediate = true;
        return group == 0 ? OP_STORE : OP_NONE;
    case 0x1ab: /* bts, btr, btc */
    case 0x1b3:
    case 0x1bb:
        return OP_BT + (op >> 3 & 3);
    case 0x1ba:
        *immediate = true;
        return group >= 4 ? OP_BT + (group & 3) : OP_NONE;
    case 0x1b0 ... 0x1b1:
        return OP_CMPXCHG;
    case 0x1c0 ... 0x1c1:
        return OP_XADD;
    default:
        return OP_NONE;
    }
}

/* Byte registers without REX: 4..7 are AH..BH; nobody stores those here. */
static bool decode(struct vcpu *v, const struct insn *in, struct table_write *w)
{
    bool immediate;

    w->op = find_op(in, &immediate);
    w->bytes = in->operand_bytes;
    w->reg = insn_register(v->regs, in->reg);
    w->operand = immediate ? in->immediate : *w->reg;
    return in->mod != 3 && w->op != OP_NONE && w->op != OP_CMP &&
           w->op != OP_BT &&
           (immediate || w->bytes != 1 || in->rex || in->reg < 4);
}

static uint64_t result(const struct table_write *w, uint64_t old, bool carry)
{
    uint64_t bit = 1ul << (w->operand & (8 * w->bytes - 1));

    switch (w->op) {
    case OP_ADD:
    case OP_XADD:
        return old + w->operand;
    case OP_ADC:
        return old + w->operand + carry;
    case OP_SUB:
        return old - w->operand;
    case OP_SBB:
        return old - w->operand - carry;
    case OP_OR:
        return old | w->operand;
    case OP_AND:
        return old & w->operand;
    case OP_XOR:
        return old ^ w->operand;
    case OP_BTS:
        return old | bit;
    case OP_BTR:
        return old & ~bit;
    case OP_BTC:
        return old ^ bit;
    default:
        return w->operand;
    }
}

/* The flags a logical or bit operation leaves; kernels look at no others. */
static void set_flags(struct cpu_user_regs *r, const struct table_write *w,
                      uint64_t old, uint64_t new)
{
    bool sign = new >> (8 * w->bytes - 1) & 1;

    if (w->op >= OP_BTS && w->op <= OP_BTC) {
        r->rflags &= ~(uint64_t)EFLAGS_CF;
        r->rflags |= old >> (w->operand & (8 * w->bytes - 1)) & 1;
    } else if (w->op <= OP_XOR || w->op == OP_XADD) {
        r->rflags &= ~(uint64_t)FLAGS_ARITHMETIC;
        r->rflags |= (new == 0 ? EFLAGS_ZF : 0) | (sign ? EFLAGS_SF : 0);
        r->rflags |= __builtin_parity((unsigned int)new & 0xff) ? 0 : EFLAGS_PF;
    }
}

static int compare_exchange(struct vcpu *v, uint64_t va,
                            const struct table_write *w, struct effects *fx)
{
    uint64_t mask = mask_of(w->bytes);
    uint64_t old = v->regs->rax & mask;
    int rc = ptwr_store(v, va, w->bytes, w->operand & mask, true, &old, fx);

    if (rc && rc != -EAGAIN)
        return rc;
    v->regs->rflags &= ~(uint64_t)EFLAGS_ZF;
    if (rc)
        emulate_set_low(&v->regs->rax, old, w->bytes);
    else
        v->regs->rflags |= EFLAGS_ZF;
    return 0;
}

/* Read, compute, and store if it is still what was read. */
static int read_modify_write(struct vcpu *v, uint64_t va,
                             const struct table_write *w, struct effects *fx)
{
    uint64_t old = 0, new;
    bool carry = v->regs->rflags & EFLAGS_CF;
    int rc;

    if (!guest_fetch(&old, va, w->bytes))
        return -EINVAL;
    do {
        new = result(w, old, carry) & mask_of(w->bytes);
        rc = ptwr_store(v, va, w->bytes, new, true, &old, fx);
    } while (rc == -EAGAIN && effects_spend(fx, 1));
    if (rc == -EAGAIN)
        return 1; /* run the instruction again */
    if (rc)
        return rc;
    if (w->op == OP_XCHG || w->op == OP_XADD)
        emulate_set_low(w->reg, old, w->bytes);
    set_flags(v->regs, w, old, new);
    return 0;
}

bool emulate_table_write(struct vcpu *v, uint64_t address, uint32_t code,
                         struct effects *fx)
{
    const uint32_t wanted = PF_PRESENT | PF_WRITE;
    struct table_write w;
    struct insn in;
    uint64_t old;
    int rc;

    if (!vm_assist_is_on(v->d, VMASST_TYPE_writable_pagetables) ||
        (code & (wanted | PF_RESERVED | PF_FETCH)) != wanted)
        return false;
    if (insn_decode(v, &in) != DECODE_OK || in.rep || !decode(v, &in, &w) ||
        address & (w.bytes - 1))
        return false;
    if (w.op == OP_STORE)
        rc = ptwr_store(v, address, w.bytes, w.operand & mask_of(w.bytes),
                        false, &old, fx);
    else if (w.op == OP_CMPXCHG)
        rc = compare_exchange(v, address, &w, fx);
    else
        rc = read_modify_write(v, address, &w, fx);
    if (rc < 0)
        return false;
    if (rc == 0)
        emulate_advance(v, in.length, fx);
    return true;
}

/* SPDX-License-Identifier: MIT */
/*
 * Stores of a guest's kernel to its own L1 tables, which it maps read-only:
 * the instruction is decoded here, the store checked and done by
 * mm/calls.h. Locked read-modify-write forms go by compare and exchange
 * until nobody came between.
 * Source: abi/memory.md 7.
 */
#include <errno.h>
#include <string.h>

#include "domain.h"
#include "domain/version.h"
#include "mm/calls.h"
#include "x86/guest_copy.h"
#include "x86/regs.h"
#include "x86/trap/emulate.h"

#define FLAGS_ARITHMETIC 0x8d5 /* OF SF ZF AF PF CF */
#define FLAG_ZF          0x40

enum op { OP_STORE, OP_XCHG, OP_CMPXCHG, OP_ALU, OP_BIT, OP_XADD };

struct table_write {
    enum op op;
    unsigned int alu; /* 0 add 1 or 2 adc 3 sbb 4 and 5 sub 6 xor */
    unsigned int bytes;
    uint64_t operand;
    uint64_t *reg; /* gets the old value, or is the comparand */
};

static uint64_t mask_of(unsigned int bytes)
{
    return bytes == 8 ? ~0ul : (1ul << (8 * bytes)) - 1;
}

static bool decode_0f(struct table_write *w, const struct insn *in,
                      uint64_t reg)
{
    w->operand = reg;
    switch (in->opcode) {
    case 0xb0:
    case 0xb1:
        w->op = OP_CMPXCHG;
        return true;
    case 0xc0:
    case 0xc1:
        w->op = OP_XADD;
        return true;
    case 0xab: /* bts */
    case 0xb3: /* btr */
    case 0xbb: /* btc */
        w->op = OP_BIT;
        w->alu = in->opcode >> 3 & 3;
        return true;
    case 0xba: /* the same with an immediate; bt only reads */
        w->op = OP_BIT;
        w->alu = in->reg & 3;
        w->operand = in->immediate;
        return (in->reg & 7) > 4;
    default:
        return false;
    }
}

static bool decode_one_byte(struct table_write *w, const struct insn *in,
                            uint64_t reg)
{
    uint8_t op = in->opcode;

    w->operand = reg;
    if (op < 0x38 && (op & 7) < 2) { /* op r/m, reg */
        w->op = OP_ALU;
        w->alu = op >> 3;
        return true;
    }
    switch (op) {
    case 0x80:
    case 0x81:
    case 0x83:
        w->op = OP_ALU;
        w->alu = in->reg & 7;
        w->operand = in->immediate;
        return w->alu != 7; /* cmp only reads */
    case 0x86:
    case 0x87:
        w->op = OP_XCHG;
        return true;
    case 0x88:
    case 0x89:
        w->op = OP_STORE;
        return true;
    case 0xc6:
    case 0xc7:
        w->op = OP_STORE;
        w->operand = in->immediate;
        return (in->reg & 7) == 0;
    default:
        return false;
    }
}

/* Byte registers without REX: 4..7 are AH..BH; nobody stores those here. */
static bool decode(struct vcpu *v, const struct insn *in, struct table_write *w)
{
    uint64_t value;

    if (in->mod == 3)
        return false;
    w->bytes = in->operand_bytes;
    if (w->bytes == 1 && !in->rex && in->reg >= 4 && in->opcode != 0x80 &&
        in->opcode != 0xc6)
        return false;
    w->reg = insn_register(v->regs, in->reg);
    value = *w->reg;
    return in->map == MAP_0F ? decode_0f(w, in, value)
                             : decode_one_byte(w, in, value);
}

static uint64_t alu(const struct table_write *w, uint64_t old, bool carry)
{
    switch (w->alu) {
    case 0:
        return old + w->operand;
    case 1:
        return old | w->operand;
    case 2:
        return old + w->operand + carry;
    case 3:
        return old - w->operand - carry;
    case 4:
        return old & w->operand;
    case 5:
        return old - w->operand;
    default:
        return old ^ w->operand;
    }
}

static uint64_t result(const struct table_write *w, uint64_t old, bool carry)
{
    uint64_t bit = 1ul << (w->operand & (8 * w->bytes - 1));

    switch (w->op) {
    case OP_ALU:
        return alu(w, old, carry);
    case OP_XADD:
        return old + w->operand;
    case OP_BIT:
        return w->alu == 1 ? old | bit : w->alu == 2 ? old & ~bit : old ^ bit;
    default:
        return w->operand;
    }
}

/* The flags a logical or bit operation leaves; kernels look at no others. */
static void set_flags(struct cpu_user_regs *r, const struct table_write *w,
                      uint64_t old, uint64_t new, bool equal)
{
    uint64_t sign = 1ul << (8 * w->bytes - 1);

    switch (w->op) {
    case OP_BIT:
        r->rflags &= ~(uint64_t)EFLAGS_CF;
        r->rflags |= old >> (w->operand & (8 * w->bytes - 1)) & 1;
        break;
    case OP_CMPXCHG:
        r->rflags &= ~(uint64_t)FLAG_ZF;
        r->rflags |= equal ? FLAG_ZF : 0;
        break;
    case OP_ALU:
    case OP_XADD:
        r->rflags &= ~(uint64_t)FLAGS_ARITHMETIC;
        r->rflags |= new == 0 ? FLAG_ZF : 0;
        r->rflags |= new &sign ? 0x80 : 0;
        r->rflags |= __builtin_parity((unsigned int)new & 0xff) ? 0 : 4;
        break;
    default:
        break;
    }
}

static void set_register(uint64_t *reg, uint64_t value, unsigned int bytes)
{
    uint64_t mask = bytes == 4 ? ~0ul : mask_of(bytes);

    *reg = (*reg & ~mask) | (value & mask);
}

static int compare_exchange(struct vcpu *v, uint64_t va,
                            const struct table_write *w, struct effects *fx)
{
    uint64_t mask = mask_of(w->bytes);
    uint64_t old = v->regs->rax & mask;
    int rc = ptwr_store(v, va, w->bytes, w->operand & mask, true, &old, fx);

    if (rc && rc != -EAGAIN)
        return rc;
    if (rc)
        set_register(&v->regs->rax, old, w->bytes);
    set_flags(v->regs, w, old, 0, rc == 0);
    return 0;
}

/* Read, compute, and store if it is still what was read. */
static int read_modify_write(struct vcpu *v, uint64_t va,
                             const struct table_write *w, struct effects *fx)
{
    uint64_t mask = mask_of(w->bytes), old = 0, new;
    bool carry = v->regs->rflags & EFLAGS_CF;
    int rc;

    if (!guest_fetch(&old, va, w->bytes))
        return -EINVAL;
    do {
        new = result(w, old, carry) & mask;
        rc = ptwr_store(v, va, w->bytes, new, true, &old, fx);
    } while (rc == -EAGAIN && effects_spend(fx, 1));
    if (rc == -EAGAIN)
        return 1; /* run the instruction again */
    if (rc)
        return rc;
    if (w->op == OP_XCHG || w->op == OP_XADD)
        set_register(w->reg, old, w->bytes);
    set_flags(v->regs, w, old, new, true);
    return 0;
}

bool emulate_table_write(struct vcpu *v, uint64_t address, uint32_t code,
                         struct effects *fx)
{
    const uint32_t wanted = PF_PRESENT | PF_WRITE;
    struct table_write w = {0};
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

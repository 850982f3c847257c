/* SPDX-License-Identifier: MIT */
#include "types.h"
#include "x86/guest_copy.h"
#include "x86/insn.h"
#include "x86/layout.h"
#include "x86/trap/decode.h"

#define REX_W 8
#define REX_R 4
#define REX_B 1

/* What follows an opcode; 0: it is not emulated. */
#define PLAIN     1 /* nothing */
#define MODRM     2
#define REGISTERS 4 /* ... which names registers whatever its mod is */
#define IMM8      8
#define IMM_FULL  16 /* as wide as the operand, at most four bytes */

#define ALU(op) [op...(op) + 1] = MODRM /* op r/m, reg */

static const uint8_t one_byte[256] = {
    ALU(0x00),
    ALU(0x08),
    ALU(0x10),
    ALU(0x18),
    ALU(0x20),
    ALU(0x28),
    ALU(0x30),
    [0x6c ... 0x6f] = PLAIN, /* ins, outs */
    [0x80] = MODRM | IMM8,
    [0x81] = MODRM | IMM_FULL,
    [0x83] = MODRM | IMM8,
    [0x86 ... 0x89] = MODRM, /* xchg, mov */
    [0xc6] = MODRM | IMM8,
    [0xc7] = MODRM | IMM_FULL,
    [0xcd] = IMM8,           /* int */
    [0xe4 ... 0xe7] = IMM8,  /* in, out */
    [0xec ... 0xef] = PLAIN, /* in, out by DX */
    [0xfa ... 0xfb] = PLAIN, /* cli, sti */
};

static const uint8_t two_byte[256] = {
    [0x01] = MODRM,                      /* xsetbv, rdtscp */
    [0x06] = PLAIN,                      /* clts */
    [0x09] = PLAIN,                      /* wbinvd */
    [0x20 ... 0x23] = MODRM | REGISTERS, /* mov of CRn, DRn */
    [0x30 ... 0x32] = PLAIN,             /* wrmsr, rdtsc, rdmsr */
    [0xab] = MODRM,                      /* bts */
    [0xb0 ... 0xb1] = MODRM,             /* cmpxchg */
    [0xb3] = MODRM,                      /* btr */
    [0xba] = MODRM | IMM8,               /* bts, btr, btc */
    [0xbb] = MODRM,                      /* btc */
    [0xc0 ... 0xc1] = MODRM,             /* xadd */
};

struct cursor {
    struct insn *in;
    unsigned int at;
    bool beyond; /* asked for a byte that is not available */
};

static uint8_t next(struct cursor *c)
{
    if (c->at >= c->in->available) {
        c->beyond = true;
        return 0;
    }
    return c->in->bytes[c->at++];
}

static uint64_t next_signed(struct cursor *c, unsigned int bytes)
{
    uint64_t v = 0;

    for (unsigned int i = 0; i < bytes; i++)
        v |= (uint64_t)next(c) << (8 * i);
    if (v >> (8 * bytes - 1))
        v |= ~0ul << (8 * bytes);
    return v;
}

/*
 * Up to the opcode. A REX prefix counts only right before it; in 64-bit code
 * the overrides of ES to DS are ignored, and leave one of FS or GS in force.
 */
static uint8_t prefixes(struct cursor *c)
{
    struct insn *in = c->in;

    while (!c->beyond) {
        uint8_t b = next(c);

        if (in->long_mode && (b & 0xf0) == 0x40) {
            in->rex = b;
            continue;
        }
        switch (b) {
        case 0xf0:
            in->lock = true;
            break;
        case 0xf2:
        case 0xf3:
            in->rep = true;
            break;
        case 0x66:
            in->operand16 = true;
            break;
        case 0x67:
            in->address_short = true;
            break;
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
            if (in->long_mode)
                break;
            /* fall through */
        case 0x64:
        case 0x65:
            in->segment = b;
            break;
        default:
            return b;
        }
        in->rex = 0;
    }
    return 0;
}

/* ModRM, SIB and displacement. */
static void modrm(struct cursor *c, bool registers)
{
    struct insn *in = c->in;
    uint8_t b = next(c), base = b & 7;

    in->mod = registers ? 3 : b >> 6;
    in->reg = (uint8_t)((b >> 3 & 7) | (in->rex & REX_R ? 8 : 0));
    in->rm = (uint8_t)((b & 7) | (in->rex & REX_B ? 8 : 0));
    if (in->mod == 3)
        return;
    if (base == 4)
        base = next(c) & 7;
    if (in->mod == 1)
        next(c);
    else if (in->mod == 2 || base == 5)
        next_signed(c, 4);
}

/* Byte forms are the even opcodes, where there are byte forms at all. */
static uint8_t operand_bytes(const struct insn *in)
{
    uint8_t op = in->opcode;
    bool byte = !(op & 1);

    if (in->map == MAP_0F)
        byte = op == 0xb0 || op == 0xc0;
    if (byte)
        return 1;
    if (in->rex & REX_W)
        return 8;
    return in->operand16 ? 2 : 4;
}

enum decode_result insn_parse(struct insn *in)
{
    struct cursor c = {.in = in};
    uint8_t form;

    in->map = MAP_ONE_BYTE;
    in->mod = 3;
    in->opcode = prefixes(&c);
    if (in->opcode == 0x0f) {
        in->map = MAP_0F;
        in->opcode = next(&c);
    }
    form = in->map == MAP_0F ? two_byte[in->opcode] : one_byte[in->opcode];
    in->operand_bytes = operand_bytes(in);
    if (!c.beyond && !form)
        return DECODE_BAD;
    if (form & MODRM)
        modrm(&c, form & REGISTERS);
    if (form & IMM8)
        in->immediate = next_signed(&c, 1);
    else if (form & IMM_FULL)
        in->immediate = next_signed(&c, in->operand_bytes == 2 ? 2 : 4);
    in->length = (uint8_t)c.at;
    if (c.beyond)
        return in->available == INSN_MAX ? DECODE_BAD : DECODE_PAGE;
    if (in->mod != 3 && in->address_short && !in->long_mode)
        return DECODE_BAD; /* 16-bit addresses */
    return DECODE_OK;
}

/* As far as the page goes, if the next one is not there. */
static void fetch(uint64_t rip, struct insn *in)
{
    unsigned int left = (unsigned int)(PAGE_SIZE - (rip & (PAGE_SIZE - 1)));

    in->available = INSN_MAX;
    if (guest_fetch(in->bytes, rip, INSN_MAX))
        return;
    in->available = (uint8_t)(left < INSN_MAX ? left : 0);
    if (in->available && !guest_fetch(in->bytes, rip, in->available))
        in->available = 0;
}

/*
 * Bit 21 of the access rights is the L bit of a code segment. The LDT may
 * have lost the page since the selector was loaded.
 */
static bool is_long_mode(uint16_t selector)
{
    return selector == SEL_GUEST_CS64 || lar_safe(selector) >> 21 & 1;
}

enum decode_result insn_decode(const struct vcpu *v, struct insn *in)
{
    *in = (struct insn){.long_mode = is_long_mode(v->regs->cs)};
    fetch(v->regs->rip, in);
    return insn_parse(in);
}

uint64_t *insn_register(struct cpu_user_regs *r, unsigned int n)
{
    uint64_t *const registers[16] = {
        &r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp, &r->rsi, &r->rdi,
        &r->r8,  &r->r9,  &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15,
    };

    return registers[n & 15];
}

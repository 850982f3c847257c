/* SPDX-License-Identifier: MIT */
#include "x86/guest_copy.h"
#include "x86/layout.h"
#include "x86/trap/decode.h"
#include "x86/trap/extable.h"
#include "types.h"

#define REX_W 8
#define REX_R 4
#define REX_B 1

/* Opcodes of the one-byte map with a ModRM byte: one bit each. */
static const uint32_t modrm_one_byte[8] = {
    0x0f0f0f0f, 0x0f0f0f0f, 0,          0x00000a08,
    0x0000ffff, 0,          0xff0f00c3, 0xc0c00000,
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
    if (bytes < 8 && v >> (8 * bytes - 1))
        v |= ~0ul << (8 * bytes);
    return v;
}

static uint8_t prefixes(struct cursor *c)
{
    struct insn *in = c->in;

    for (;;) {
        uint8_t b = next(c);

        switch (b) {
        case 0xf0:
            in->lock = true;
            break;
        case 0xf2:
            in->repne = true;
            break;
        case 0xf3:
            in->rep = true;
            break;
        case 0x66:
            in->operand16 = true;
            break;
        case 0x67:
            in->address32 = true;
            break;
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
            in->segment = b;
            break;
        default:
            if (in->long_mode && (b & 0xf0) == 0x40) {
                in->rex = b;
                return next(c);
            }
            return b;
        }
        if (c->beyond)
            return 0;
    }
}

static bool has_modrm(const struct insn *in)
{
    uint8_t op = in->opcode;

    if (in->map == MAP_ONE_BYTE)
        return modrm_one_byte[op >> 5] >> (op & 31) & 1;
    /* Two-byte map: the exceptions are those without one. */
    return !(
        op == 0x05 || op == 0x06 || op == 0x07 || op == 0x08 || op == 0x09 ||
        op == 0x0b || op == 0x0e || (op >= 0x30 && op <= 0x37) || op == 0x77 ||
        (op >= 0x80 && op <= 0x8f) || op == 0xa0 || op == 0xa1 || op == 0xa2 ||
        op == 0xa8 || op == 0xa9 || op == 0xaa || (op >= 0xc8 && op <= 0xcf));
}

/* ModRM, SIB and displacement. In 32-bit code the forms are the same. */
static void modrm(struct cursor *c)
{
    struct insn *in = c->in;
    uint8_t b = next(c), base = b & 7;

    in->mod = b >> 6;
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

/* Bytes of the immediate operand. */
static unsigned int immediate_bytes(const struct insn *in)
{
    uint8_t op = in->opcode;
    unsigned int full = in->operand16 && !(in->rex & REX_W) ? 2 : 4;

    if (in->map == MAP_0F) {
        if (op >= 0x80 && op <= 0x8f)
            return 4;
        return op == 0xa4 || op == 0xac || op == 0xba || op == 0x70 ||
                       op == 0x71 || op == 0x72 || op == 0x73 || op == 0xc2 ||
                       op == 0xc4 || op == 0xc5 || op == 0xc6
                   ? 1
                   : 0;
    }
    if (op < 0x40)
        return (op & 7) == 4 ? 1 : (op & 7) == 5 ? full : 0;
    if (op >= 0xb8 && op <= 0xbf)
        return in->rex & REX_W ? 8 : full;
    if (op == 0xf6 || op == 0xf7)
        return (in->reg & 7) > 1 ? 0 : op == 0xf6 ? 1 : full;
    if (op == 0x69 || op == 0x81 || op == 0xc7 || op == 0x68 || op == 0xa9)
        return full;
    if (op == 0xe8 || op == 0xe9)
        return 4;
    if (op == 0xc2 || op == 0xca)
        return 2;
    if (op >= 0xa0 && op <= 0xa3)
        return in->long_mode && !in->address32 ? 8 : 4;
    if (op == 0x6a || op == 0x6b || op == 0x80 || op == 0x82 || op == 0x83 ||
        op == 0xc0 || op == 0xc1 || op == 0xc6 || op == 0xcd || op == 0xa8 ||
        op == 0xd4 || op == 0xd5 || (op >= 0x70 && op <= 0x7f) ||
        (op >= 0xb0 && op <= 0xb7) || (op >= 0xe0 && op <= 0xe7) || op == 0xeb)
        return 1;
    return 0;
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

    in->opcode = prefixes(&c);
    in->map = MAP_ONE_BYTE;
    if (in->opcode == 0x0f) {
        in->map = MAP_0F;
        in->opcode = next(&c);
        if (in->opcode == 0x38 || in->opcode == 0x3a)
            return DECODE_BAD;
    }
    in->has_modrm = has_modrm(in);
    if (in->has_modrm)
        modrm(&c);
    in->operand_bytes = operand_bytes(in);
    in->immediate = next_signed(&c, immediate_bytes(in));
    in->length = (uint8_t)c.at;
    if (c.beyond)
        return in->available == INSN_MAX ? DECODE_BAD : DECODE_PAGE;
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
    uint32_t rights = 0;

    if (selector == SEL_GUEST_CS64)
        return true;
    asm("1: lar %1, %0\n 2:\n" EXTABLE(1b, 2b)
        : "+r"(rights)
        : "r"((uint32_t)selector)
        : "cc");
    return rights >> 21 & 1;
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

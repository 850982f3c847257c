/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <string.h>

/* ----------------------------------------------------------- mnemonics */

/* No mnemonic: the decoder has no business with that opcode. */
#define NO_SUCH "?"

static const char *const alu[] = {"add", "or",  "adc", "sbb",
                                  "and", "sub", "xor", "cmp"};

static const char *name_of_0f(const struct insn *in)
{
    static const char *const bits[] = {"bt", "bts", "btr", "btc"};
    uint8_t op = in->opcode;

    switch (op) {
    case 0x01:
        if (in->mod == 3 && (in->rm & 7) == 1)
            return (in->reg & 7) == 2   ? "xsetbv"
                   : (in->reg & 7) == 7 ? "rdtscp"
                                        : NULL;
        return NULL;
    case 0x06:
        return "clts";
    case 0x09:
        return in->rep ? "wbnoinvd" : "wbinvd";
    case 0x20 ... 0x23:
        return "mov";
    case 0x30:
        return "wrmsr";
    case 0x31:
        return "rdtsc";
    case 0x32:
        return "rdmsr";
    case 0xab:
    case 0xb3:
    case 0xbb:
        return bits[op >> 3 & 3];
    case 0xb0 ... 0xb1:
        return "cmpxchg";
    case 0xba:
        return (in->reg & 7) > 3 ? bits[in->reg & 3] : NULL;
    case 0xc0 ... 0xc1:
        return "xadd";
    }
    return NO_SUCH;
}

const char *insn_name(const struct insn *in)
{
    uint8_t op = in->opcode;

    if (in->map == MAP_0F)
        return name_of_0f(in);
    if (op < 0x38 && (op & 7) < 2)
        return alu[op >> 3];
    switch (op) {
    case 0x6c ... 0x6d:
        return "ins";
    case 0x6e ... 0x6f:
        return "outs";
    case 0x80 ... 0x81:
    case 0x83:
        return alu[in->reg & 7];
    case 0x86 ... 0x87:
        return "xchg";
    case 0x88 ... 0x89:
        return "mov";
    case 0xc6 ... 0xc7:
        return (in->reg & 7) == 0 ? "mov" : NULL;
    case 0xcd:
        return "int";
    case 0xe4 ... 0xe5:
    case 0xec ... 0xed:
        return "in";
    case 0xe6 ... 0xe7:
    case 0xee ... 0xef:
        return "out";
    case 0xfa:
        return "cli";
    case 0xfb:
        return "sti";
    }
    return NO_SUCH;
}

/* ------------------------------------------------------------ operands */

static bool is_port_instruction(const struct insn *in)
{
    uint8_t op = in->opcode;

    return in->map == MAP_ONE_BYTE &&
           ((op >= 0x6c && op <= 0x6f) || (op >= 0xe4 && op <= 0xef));
}

/* mov of CRn or DRn */
static bool is_control(const struct insn *in)
{
    return in->map == MAP_0F && in->opcode >= 0x20 && in->opcode <= 0x23;
}

/* The suffix says the operand's width; ports have at most four bytes. */
static const char *differs_in_width(const struct insn *in, const char *suffix)
{
    static const char letters[] = {[1] = 'b', [2] = 'w', [4] = 'l', [8] = 'q'};
    unsigned int bytes = in->operand_bytes;

    if (is_port_instruction(in) && bytes == 8)
        bytes = 4;
    if (is_control(in))
        bytes = in->long_mode ? 8 : 4;
    if (*suffix && (*suffix != letters[bytes] || suffix[1]))
        return "another width";
    return NULL;
}

/* As wide as the operand and sign extended, or a byte. */
static const char *differs_in_immediate(const struct insn *in,
                                        const struct disassembly *x)
{
    bool byte =
        in->map == MAP_0F || in->opcode == 0xcd || is_port_instruction(in);
    unsigned int bytes = byte ? 1 : in->operand_bytes;
    uint64_t mask = bytes == 8 ? ~0ul : (1ul << (8 * bytes)) - 1, value;

    for (unsigned int i = 0; i < x->operand_count; i++)
        if (is_immediate(x->operands[i], &value))
            return (value ^ in->immediate) & mask ? "another immediate" : NULL;
    return in->immediate ? "an immediate where there is none" : NULL;
}

static bool is_general(const char *operand, unsigned int number)
{
    struct register_name r = register_named(operand);

    return r.kind == REGISTER_GENERAL && r.number == number;
}

/* The one is reg, the other rm. LOCK makes CR8 of CR0, where it is allowed. */
static const char *differs_in_control(const struct insn *in,
                                      const struct disassembly *x)
{
    unsigned int special = in->opcode & 2 ? 1 : 0;
    struct register_name r = register_named(x->operands[special]);

    if (r.kind != (in->opcode & 1 ? REGISTER_DEBUG : REGISTER_CONTROL) ||
        (r.number != in->reg && !(in->lock && r.number == (in->reg | 8u))))
        return "another special register";
    return is_general(x->operands[1 - special], in->rm) ? NULL
                                                        : "another register";
}

/* op reg, r/m or op immediate, r/m */
static const char *differs_in_modrm(const struct insn *in,
                                    const struct disassembly *x)
{
    uint64_t value;

    if (x->operand_count != 2)
        return "another number of operands";
    if (!is_immediate(x->operands[0], &value) &&
        !is_general(x->operands[0], in->reg))
        return "another register";
    if (is_memory(x->operands[1]) != (in->mod != 3))
        return "memory and register mixed up";
    if (in->mod == 3 && !is_general(x->operands[1], in->rm))
        return "another register";
    return NULL;
}

/*
 * What libopcodes prints before the index register of outs: the segment; in
 * 64-bit code DS only if it is written down, though it changes nothing.
 */
static const char *segment_of_outs(const struct insn *in, const char *memory)
{
    switch (in->segment) {
    case 0x26:
        return "%es:(";
    case 0x2e:
        return "%cs:(";
    case 0x36:
        return "%ss:(";
    case 0x64:
        return "%fs:(";
    case 0x65:
        return "%gs:(";
    default:
        return in->long_mode && memory[0] == '(' ? "(" : "%ds:(";
    }
}

/* ins and outs: repeated, from which segment, through which register. */
static const char *differs_in_string(const struct insn *in,
                                     const struct disassembly *x)
{
    bool out = in->opcode >= 0x6e;
    const char *memory = x->operands[out ? 0 : 1];
    const char *segment = out ? segment_of_outs(in, memory) : "%es:(";
    const char *wide = in->long_mode ? "%r" : "%e";
    const char *narrow = in->long_mode ? "%e" : out ? "%si" : "%di";
    size_t n = strlen(segment);

    if (x->repeat != in->rep)
        return "repeated or not";
    if (strncmp(memory, segment, n) ||
        (in->long_mode && in->segment && in->segment < 0x64))
        return "another segment";
    if (strncmp(memory + n, in->address_short ? narrow : wide, 2))
        return "another address width";
    return NULL;
}

static const char *differs_in_operands(const struct insn *in,
                                       const struct disassembly *x)
{
    uint8_t op = in->opcode;

    if (is_control(in))
        return differs_in_control(in, x);
    if (is_port_instruction(in) && op <= 0x6f)
        return differs_in_string(in, x);
    if (in->map == MAP_0F ? op >= 0xab
                          : op < 0x6c || (op >= 0x80 && op <= 0xc7))
        return differs_in_modrm(in, x);
    return NULL;
}

const char *insn_differs(const struct insn *in, const struct disassembly *x)
{
    const char *name = insn_name(in), *difference;
    size_t n = name ? strlen(name) : 0;

    if (x->length != in->length)
        return "another length";
    if (!name)
        return NULL;
    if (x->lock != in->lock && !is_control(in))
        return "locked or not";
    if (strncmp(x->mnemonic, name, n))
        return "another instruction";
    if ((difference = differs_in_width(in, x->mnemonic + n)) ||
        (difference = differs_in_immediate(in, x)))
        return difference;
    return differs_in_operands(in, x);
}

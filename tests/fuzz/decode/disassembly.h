/* SPDX-License-Identifier: MIT */
/*
 * What binutils says of an instruction, taken apart: libopcodes prints AT&T
 * text with all suffixes, and that is all it tells beside the length.
 */
#ifndef FUZZ_DISASSEMBLY_H
#define FUZZ_DISASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

#define DISASSEMBLY_BYTES    15
#define DISASSEMBLY_OPERANDS 4

struct disassembly {
    bool bad;            /* no instruction, or longer than 15 bytes */
    bool gave_up;        /* bad for want of patience: it says nothing */
    unsigned int length; /* bytes */
    bool lock, repeat;   /* printed as prefixes */
    char text[128];      /* all of it, for messages */
    char mnemonic[32];
    unsigned int operand_count;
    char operands[DISASSEMBLY_OPERANDS][64];
};

enum { REGISTER_NONE, REGISTER_GENERAL, REGISTER_CONTROL, REGISTER_DEBUG };

/* A register's name, as a number; "%ah" is general 4, one byte, no REX. */
struct register_name {
    int kind;
    unsigned int number;
    unsigned int bytes; /* general ones */
};

/* Take apart what begins at bytes[0] of 15; long_mode: 64-bit code. */
void disassemble(struct disassembly *x, const uint8_t *bytes, bool long_mode);

/* The operand as a register; kind is REGISTER_NONE if it is another thing. */
struct register_name register_named(const char *operand);

/* Whether the operand is in memory: "(%rax)", "%fs:0x10", "0x10". */
bool is_memory(const char *operand);

/* "$0x12": true, and its value. */
bool is_immediate(const char *operand, uint64_t *value);

#endif

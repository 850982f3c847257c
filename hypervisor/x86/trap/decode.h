/* SPDX-License-Identifier: MIT */
/*
 * A decoder for the few instructions that are emulated: it finds their
 * length, prefixes, opcode and operands, and does nothing. The bytes are
 * fetched once, so another vCPU that changes them meanwhile changes nothing
 * here. Groups that ModRM tells apart come whole: their emulators choose.
 *
 * Source: SDM vol. 2, 2.1, 2.2 and appendix A.
 */
#ifndef X86_DECODE_H
#define X86_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "vcpu.h"

#define INSN_MAX 15

enum insn_map { MAP_ONE_BYTE, MAP_0F };

struct insn {
    uint8_t bytes[INSN_MAX];
    uint8_t available; /* bytes that could be fetched */
    uint8_t length;    /* of the instruction, with prefixes */

    bool long_mode;            /* 64-bit code; else 32-bit */
    bool lock, rep, operand16; /* rep: any of the two */
    bool address_short;        /* 32 bits; in 32-bit code 16 */
    uint8_t rex;
    uint8_t segment; /* override prefix in force, 0: none */

    enum insn_map map;
    uint8_t opcode;
    uint8_t mod;           /* 3: no operand in memory by ModRM */
    uint8_t reg, rm;       /* with REX.R and REX.B */
    uint8_t operand_bytes; /* 1, 2, 4 or 8, as prefixes and opcode say */
    uint64_t immediate;    /* sign extended */
};

enum decode_result {
    DECODE_OK,
    DECODE_BAD,  /* none that is emulated, or too long */
    DECODE_PAGE, /* the byte at rip + available cannot be fetched */
};

/* Decode what v, the running vCPU, is about to execute. */
enum decode_result insn_decode(const struct vcpu *v, struct insn *in);

/* The same for bytes that are there; in->bytes, available, long_mode set. */
enum decode_result insn_parse(struct insn *in);

/* General register n (0 rax .. 15 r15, in the processor's order). */
uint64_t *insn_register(struct cpu_user_regs *r, unsigned int n);

#endif

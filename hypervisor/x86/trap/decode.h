/* SPDX-License-Identifier: MIT */
/*
 * A decoder for the few instructions that are emulated: it finds the length,
 * prefixes, opcode and operands of any instruction of the one-byte and the
 * 0x0f map, and does nothing. The bytes are fetched once, so another vCPU
 * that changes them meanwhile changes nothing here.
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

    bool long_mode; /* 64-bit code; else 32-bit */
    bool lock, rep, repne, operand16, address32;
    uint8_t rex;
    uint8_t segment; /* override prefix, 0: none */

    enum insn_map map;
    uint8_t opcode;
    bool has_modrm;
    uint8_t mod, reg, rm;  /* with REX.R and REX.B */
    uint8_t operand_bytes; /* 1, 2, 4 or 8, as prefixes and opcode say */
    uint64_t immediate;    /* sign extended */
};

enum decode_result {
    DECODE_OK,
    DECODE_BAD,  /* no instruction of these maps, or too long */
    DECODE_PAGE, /* the byte at rip + available cannot be fetched */
};

/* Decode what v, the running vCPU, is about to execute. */
enum decode_result insn_decode(const struct vcpu *v, struct insn *in);

/* The same for bytes that are there; in->bytes, available, long_mode set. */
enum decode_result insn_parse(struct insn *in);

/* General register n (0 rax .. 15 r15, in the processor's order). */
uint64_t *insn_register(struct cpu_user_regs *r, unsigned int n);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The decoder of emulated instructions, held against binutils'.
 *
 * The input: one byte for the mode of the code segment, then up to 15 bytes
 * of code, as many as there are. What both call an instruction must be the
 * same one: length, operands, immediate. What only binutils knows must not be
 * one that is emulated.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/compare.h"
#include "x86/guest_copy.h"
#include "x86/trap/decode.h"

#define INPUT_MAX (1 + INSN_MAX)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
                               unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* Not asked: insn_parse has its bytes. */
bool guest_fetch(void *dst, uint64_t va, size_t n)
{
    return false;
}

static void fail(const struct insn *in, const struct disassembly *x,
                 const char *what)
{
    fprintf(stderr, "%s, in %s-bit code:", what, in->long_mode ? "64" : "32");
    for (unsigned int i = 0; i < in->available; i++)
        fprintf(stderr, " %02x", in->bytes[i]);
    fprintf(stderr,
            "\nours: length %u map %d opcode %02x mod %u reg %u rm %u bytes %u "
            "immediate %#lx\nbinutils: length %u \"%s\"\n",
            in->length, in->map, in->opcode, in->mod, in->reg, in->rm,
            in->operand_bytes, in->immediate, x->length, x->text);
    abort();
}

/* --------------------------------------------- what only one of both knows */

/* Whether the mnemonic is the name with one of the suffixes. */
static bool is_named(const struct disassembly *x, const char *name)
{
    size_t n = strlen(name);

    return !strncmp(x->mnemonic, name, n) &&
           (!x->mnemonic[n] ||
            (strchr("bwlq", x->mnemonic[n]) && !x->mnemonic[n + 1]));
}

static bool is_one_of(const struct disassembly *x, const char *const *names)
{
    for (; *names; names++)
        if (is_named(x, *names))
            return true;
    return false;
}

/* An instruction that hypervisor/x86/trap emulates. */
static bool is_emulated(const struct disassembly *x)
{
    static const char *const privileged[] = {
        "in",     "out",   "ins",    "outs",     "cli",   "sti",
        "clts",   "int",   "wbinvd", "wbnoinvd", "rdmsr", "wrmsr",
        "xsetbv", "rdtsc", "rdtscp", NULL,
    };
    static const char *const stores[] = {
        "add", "or",   "adc",     "sbb",  "and", "sub", "xor", "mov",
        "bts", "xchg", "cmpxchg", "xadd", "btr", "btc", NULL,
    };
    uint64_t value;

    if (is_one_of(x, privileged))
        return true;
    if (x->operand_count != 2 || !is_one_of(x, stores))
        return false;
    for (unsigned int i = 0; i < 2; i++)
        if (register_named(x->operands[i]).kind > REGISTER_GENERAL)
            return true;
    return is_memory(x->operands[1]) &&
           (is_immediate(x->operands[0], &value) ||
            register_named(x->operands[0]).kind == REGISTER_GENERAL);
}

/* What binutils calls bad, and the processor may not. */
static bool may_be_good(const struct insn *in, const struct disassembly *x)
{
    if (x->gave_up || !insn_name(in))
        return true;
    /* wbinvd behind F2 or 66: no meaning yet, so they are ignored. */
    return in->map == MAP_0F && in->opcode == 0x09 &&
           (in->rep || in->operand16);
}

/* What binutils knows and we need not. */
static bool is_needless(const struct insn *in, const struct disassembly *x)
{
    /* 16-bit addresses: no kernel maps its tables where they reach. */
    if (!in->long_mode && in->address_short && x->operand_count == 2 &&
        is_memory(x->operands[1]))
        return true;
    if (in->map != MAP_ONE_BYTE)
        return false;
    /* The address in the instruction: no kernel knows its tables' at build. */
    if (in->opcode == 0xa2 || in->opcode == 0xa3)
        return true;
    /* The same as 80, gone from 64-bit code, and no compiler's. */
    return !in->long_mode && in->opcode == 0x82;
}

static enum decode_result check_full(struct insn *in)
{
    struct disassembly x;
    enum decode_result rc = insn_parse(in);
    const char *difference;

    disassemble(&x, in->bytes, in->long_mode);
    if (rc == DECODE_PAGE)
        fail(in, &x, "more than 15 bytes asked for");
    if (rc == DECODE_BAD && !x.bad && is_emulated(&x) && !is_needless(in, &x))
        fail(in, &x, "not decoded");
    if (rc == DECODE_OK && x.bad && !may_be_good(in, &x))
        fail(in, &x, "decoded, but no instruction");
    if (rc == DECODE_OK && !x.bad && (difference = insn_differs(in, &x)))
        fail(in, &x, difference);
    return rc;
}

/*
 * The same bytes up to the end of a page: an instruction that is not complete
 * asks for the next byte; one that is does not depend on what follows.
 */
static void check_cut(const struct insn *full, enum decode_result rc)
{
    for (uint8_t n = 0; n < INSN_MAX; n++) {
        struct insn in = {.available = n, .long_mode = full->long_mode};
        struct disassembly none = {.text = "cut short"};
        enum decode_result cut;

        memcpy(in.bytes, full->bytes, n);
        cut = insn_parse(&in);
        if (cut == DECODE_OK &&
            (rc != DECODE_OK || in.length != full->length || in.length > n))
            fail(&in, &none, "complete, but not with more bytes");
        if (cut != DECODE_OK && rc == DECODE_OK && n >= full->length)
            fail(&in, &none, "not complete, though all is there");
        if (cut == DECODE_BAD && rc == DECODE_OK)
            fail(&in, &none, "refused, but not with more bytes");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct insn in = {.available = INSN_MAX};

    if (size < 2)
        return 0;
    in.long_mode = data[0] & 1;
    size = size > INPUT_MAX ? INSN_MAX : size - 1;
    memcpy(in.bytes, data + 1, size);
    check_cut(&in, check_full(&in));
    return 0;
}

/* Short inputs: what is behind an instruction teaches nothing. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
                               unsigned int seed)
{
    if (size > INPUT_MAX)
        size = INPUT_MAX;
    return LLVMFuzzerMutate(data, size, max < INPUT_MAX ? max : INPUT_MAX);
}

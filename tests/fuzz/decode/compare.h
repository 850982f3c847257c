/* SPDX-License-Identifier: MIT */
/* An instruction that both decoders took, held against each other. */
#ifndef FUZZ_COMPARE_H
#define FUZZ_COMPARE_H

#include "disassembly.h"
#include "x86/trap/decode.h"

/*
 * The mnemonic of in without its suffix. NULL: a form that no emulator takes,
 * whatever it is.
 */
const char *insn_name(const struct insn *in);

/* What differs between in, decoded, and x, no bad one; NULL: nothing. */
const char *insn_differs(const struct insn *in, const struct disassembly *x);

#endif

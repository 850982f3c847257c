/* SPDX-License-Identifier: MIT */
/*
 * Instructions of the hypervisor that may fault on a guest's value, and
 * where to go on then. A fault anywhere else in ring 0 is a panic.
 *
 * Each entry is two 32-bit distances, from the field itself to the address.
 * In C: EXTABLE("1b", ...) as text within asm; in assembly: the macro.
 */
#ifndef X86_EXTABLE_H
#define X86_EXTABLE_H

#ifdef __ASSEMBLER__

/* clang-format off */
.macro EXTABLE from, to
    .pushsection .extable, "a"
    .long \from - ., \to - .
    .popsection
.endm
/* clang-format on */

#else

#include <stdint.h>

#define EXTABLE(from, to)                                                      \
    ".pushsection .extable, \"a\"\n"                                           \
    ".long " #from " - ., " #to " - .\n"                                       \
    ".popsection\n"

/* Where to go on after a fault at rip, or 0: no entry. */
uint64_t extable_find(uint64_t rip);

#endif
#endif

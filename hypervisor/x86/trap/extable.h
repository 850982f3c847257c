/* SPDX-License-Identifier: MIT */
/*
 * Instructions of the hypervisor that may fault on a guest's value, and
 * where to go on then. A fault anywhere else in ring 0 is a panic.
 *
 * Each entry is two 32-bit distances, from the field itself to the address.
 * Written within an asm: EXTABLE(1b, 2b).
 */
#ifndef X86_EXTABLE_H
#define X86_EXTABLE_H

#define EXTABLE(from, to)                                                      \
    ".pushsection .extable, \"a\"\n"                                           \
    ".long " #from " - ., " #to " - .\n"                                       \
    ".popsection\n"

#endif

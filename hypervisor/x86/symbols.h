/* SPDX-License-Identifier: MIT */
/*
 * Names for addresses in the hypervisor's text. The table is made from the
 * first link and added in the second (build.mk, symbols.awk).
 */
#ifndef X86_SYMBOLS_H
#define X86_SYMBOLS_H

#include <stdint.h>

/*
 * The function that holds address, and how far into it; NULL: not in text.
 */
const char *symbol_find(uint64_t address, uint64_t *offset);

#endif

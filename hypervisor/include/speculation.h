/* SPDX-License-Identifier: MIT */
/*
 * Defences against speculative execution that C code has to ask for.
 * CONFIG_SPECULATION; docs/security.md lists what they cover.
 */
#ifndef HV_SPECULATION_H
#define HV_SPECULATION_H

#include <stddef.h>

#include <config.h>

/*
 * An index that the caller has already found to be less than n, and that is
 * so even when the CPU runs ahead of that check: a larger one becomes 0.
 * i, n < 2^63.
 */
static inline size_t index_masked(size_t i, size_t n)
{
#ifdef CONFIG_SPECULATION
    /* Without this the compiler would know the answer from the check. */
    __asm__("" : "+r"(i));
    return i & (size_t)((ptrdiff_t)(i - n) >> 63);
#else
    return i;
#endif
}

#endif

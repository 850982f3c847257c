/* SPDX-License-Identifier: MIT */
/*
 * Arrays of 64-bit words as sets of small numbers. Bit i is in word i / 64.
 * Plain functions are for private memory; the atomic ones order memory both
 * ways and tell what the bit was before.
 */
#ifndef LIB_BITMAP_H
#define LIB_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BITMAP_WORDS(bits) (((bits) + 63) / 64)

static inline bool bitmap_has(const uint64_t *map, size_t i)
{
    return (map[i / 64] >> (i % 64)) & 1;
}

static inline void bitmap_add(uint64_t *map, size_t i)
{
    map[i / 64] |= 1ul << (i % 64);
}

static inline void bitmap_remove(uint64_t *map, size_t i)
{
    map[i / 64] &= ~(1ul << (i % 64));
}

static inline bool bitmap_add_atomic(uint64_t *map, size_t i)
{
    uint64_t bit = 1ul << (i % 64);

    return __atomic_fetch_or(&map[i / 64], bit, __ATOMIC_SEQ_CST) & bit;
}

static inline bool bitmap_remove_atomic(uint64_t *map, size_t i)
{
    uint64_t bit = 1ul << (i % 64);

    return __atomic_fetch_and(&map[i / 64], ~bit, __ATOMIC_SEQ_CST) & bit;
}

/* The lowest member at or above from, or bits if there is none. */
static inline size_t bitmap_next(const uint64_t *map, size_t bits, size_t from)
{
    for (size_t i = from; i < bits; i = (i / 64 + 1) * 64) {
        uint64_t rest = map[i / 64] >> (i % 64);

        if (rest) {
            i += (size_t)__builtin_ctzl(rest);
            return i < bits ? i : bits;
        }
    }
    return bits;
}

/* The lowest number at or above from that is no member, or bits. */
static inline size_t bitmap_next_clear(const uint64_t *map, size_t bits,
                                       size_t from)
{
    for (size_t i = from; i < bits; i = (i / 64 + 1) * 64) {
        uint64_t rest = ~map[i / 64] >> (i % 64);

        if (rest) {
            i += (size_t)__builtin_ctzl(rest);
            return i < bits ? i : bits;
        }
    }
    return bits;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Access to memory that somebody else may write at the same time.
 *
 * A value is read once, into a local, and judged there: the compiler may not
 * read it again behind our back after it was checked. Everything in shared
 * pages goes through these; a plain `shared->field` is a bug.
 *
 * With -DSHARED_READ_HOOK each read calls
 *     void shared_read_hook(const volatile void *at, void *value, size_t size);
 * which may replace the value read: a fuzzer plays a guest that races.
 */
#ifndef PV_ABI_INLINE_SHARED_H
#define PV_ABI_INLINE_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef SHARED_READ_HOOK
void shared_read_hook(const volatile void *at, void *value, size_t size);
#else
static inline void shared_read_hook(const volatile void *at, void *value,
                                    size_t size)
{
    (void)at;
    (void)value;
    (void)size;
}
#endif

#define SHARED_ASSERT_WORD(ptr)                                                \
    _Static_assert(sizeof(*(ptr)) == 1 || sizeof(*(ptr)) == 2 ||               \
                       sizeof(*(ptr)) == 4 || sizeof(*(ptr)) == 8,             \
                   "one access cannot move this type")

/*
 * The value at ptr (1, 2, 4 or 8 bytes, aligned), by exactly one load. ptr
 * itself is evaluated once too.
 */
#define shared_read(ptr)                                                       \
    __extension__({                                                            \
        SHARED_ASSERT_WORD(ptr);                                               \
        const volatile __typeof__(*(ptr)) *shared_at_ = (ptr);                 \
        union {                                                                \
            __typeof__(*(ptr)) value;                                          \
            uint8_t bytes[sizeof(*(ptr))];                                     \
        } shared_read_ = {*shared_at_};                                        \
        shared_read_hook(shared_at_, shared_read_.bytes, sizeof(*(ptr)));      \
        shared_read_.value;                                                    \
    })

/* Store val at ptr (1, 2, 4 or 8 bytes, aligned), by exactly one store. */
#define shared_write(ptr, val)                                                 \
    __extension__({                                                            \
        SHARED_ASSERT_WORD(ptr);                                               \
        *(volatile __typeof__(*(ptr)) *)(ptr) = (val);                         \
    })

typedef uint64_t __attribute__((may_alias)) shared_word_t;

/* Copy size bytes out of shared memory, each read exactly once: in words as
 * far as source and size allow. */
static inline void shared_read_bytes(void *to, const volatile void *from,
                                     size_t size)
{
    const volatile uint8_t *source = from;
    uint8_t *target = to;
    size_t i = 0;

    if ((uintptr_t)source % sizeof(shared_word_t) == 0)
        for (; size - i >= sizeof(shared_word_t); i += sizeof(shared_word_t)) {
            shared_word_t word = *(const volatile shared_word_t *)(source + i);

            __builtin_memcpy(target + i, &word, sizeof(word));
        }
    for (; i < size; i++)
        target[i] = source[i];
    shared_read_hook(from, to, size);
}

/* Bits of arrays of 64-bit words, as the event words are: bit % 64 of word
 * bit / 64. Each of these is one atomic operation and a full barrier. */

static inline bool shared_test_and_set_bit(uint64_t *words, size_t bit)
{
    uint64_t mask = UINT64_C(1) << (bit % 64);

    return __atomic_fetch_or(&words[bit / 64], mask, __ATOMIC_SEQ_CST) & mask;
}

static inline bool shared_test_and_clear_bit(uint64_t *words, size_t bit)
{
    uint64_t mask = UINT64_C(1) << (bit % 64);

    return __atomic_fetch_and(&words[bit / 64], ~mask, __ATOMIC_SEQ_CST) & mask;
}

static inline void shared_set_bit(uint64_t *words, size_t bit)
{
    (void)shared_test_and_set_bit(words, bit);
}

static inline void shared_clear_bit(uint64_t *words, size_t bit)
{
    (void)shared_test_and_clear_bit(words, bit);
}

static inline bool shared_test_bit(const uint64_t *words, size_t bit)
{
    return shared_read(&words[bit / 64]) >> (bit % 64) & 1;
}

/* Swap one value in, get the old one out, atomically. */
#define shared_exchange(ptr, val)                                              \
    __atomic_exchange_n((ptr), (val), __ATOMIC_SEQ_CST)

/* Store `new` if *ptr is *(expected), else put what it is there: atomically.
 * True when it was stored. */
#define shared_compare_exchange(ptr, expected, new)                            \
    __atomic_compare_exchange_n((ptr), (expected), (new), false,               \
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What ThreadSanitizer is told of memory that guests may write at any time.
 *
 * The hypervisor reads it by volatile accesses (pv-abi/inline/shared.h), once
 * and without order: what C calls a relaxed atomic access. It moves it, from
 * one frame to another (grants, MMUEXT_COPY_PAGE), by memmove() and nothing
 * else by that: what comes of two such moves at once is the guests' business.
 * Everything else is a finding; there are no suppressions.
 */
#include <stddef.h>
#include <stdint.h>

void *__wrap_memmove(void *to, const void *from, size_t n);

/* Bytes, in the order that saves an overlapping source. */
__attribute__((no_sanitize("thread"))) void *
__wrap_memmove(void *to, const void *from, size_t n)
{
    volatile uint8_t *target = to;
    const volatile uint8_t *source = from;

    if (target <= source)
        for (size_t i = 0; i < n; i++)
            target[i] = source[i];
    else
        while (n-- > 0)
            target[n] = source[n];
    return to;
}

#define ACCESS(bytes, type)                                                    \
    void __tsan_volatile_read##bytes(void *at);                                \
    void __tsan_volatile_write##bytes(void *at);                               \
    void __tsan_volatile_read##bytes(void *at)                                 \
    {                                                                          \
        (void)__atomic_load_n((type *)at, __ATOMIC_RELAXED);                   \
    }                                                                          \
    void __tsan_volatile_write##bytes(void *at)                                \
    {                                                                          \
        __atomic_fetch_add((type *)at, 0, __ATOMIC_RELAXED);                   \
    }

ACCESS(1, uint8_t)
ACCESS(2, uint16_t)
ACCESS(4, uint32_t)
ACCESS(8, uint64_t)

/* SPDX-License-Identifier: MIT */
/*
 * The words every part of the hypervisor speaks: machine frames, and a few
 * helpers of the language.
 *
 * A frame number and a byte address never share a type: mfn_t is opaque on
 * purpose, addresses are uint64_t.
 */
#ifndef HV_TYPES_H
#define HV_TYPES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pv-abi/types.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096ul
#define PAGE_MASK  (~(PAGE_SIZE - 1))

/* A machine frame: machine address >> 12. */
typedef struct {
    uint64_t n;
} mfn_t;

#define MFN_INVALID ((mfn_t){~0ul})

static inline mfn_t mfn_of(uint64_t n)
{
    return (mfn_t){n};
}

static inline bool mfn_eq(mfn_t a, mfn_t b)
{
    return a.n == b.n;
}

static inline bool mfn_is_valid(mfn_t m)
{
    return m.n != ~0ul;
}

/* Whether a processor takes va for an address at all. */
static inline bool va_is_canonical(uint64_t va)
{
    return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

/* The result may not be dropped: 0 or a negative errno. */
#define must_check __attribute__((warn_unused_result))

/* Write an _Atomic member under its lock; those that read it without need no
 * order with anything else. A plain assignment would be a locked instruction. */
#define write_relaxed(member, value)                                           \
    atomic_store_explicit(&(member), value, memory_order_relaxed)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) \
    ((type *)((char *)(ptr) - offsetof(type, member)))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#endif

/* SPDX-License-Identifier: MIT */
/*
 * hypercall_<name>(...) for every row of pv-abi/hypercalls.def, with the
 * row's argument types; the number and the arity cannot be got wrong.
 *
 * All return what the hypervisor put in RAX: >= 0, or -XEN_Exxx. One
 * assembly template per arity; the instruction destroys RCX and R11 and the
 * hypervisor may change the argument registers. iret is not a call: entry.S
 * has it.
 */
#ifndef GUEST_HYPERCALL_H
#define GUEST_HYPERCALL_H

#include <stdint.h>
#include <pv-abi/hypercalls.h>
#include <pv-abi/types.h>

struct mmu_update;
struct mmuext_op;
struct multicall_entry;
struct trap_info;
struct xen_domctl;
struct xen_platform_op;
struct xen_sysctl;

static inline long hypercall1(uint64_t nr, uint64_t a1)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(a1)
                     : "0"(nr)
                     : "rcx", "r11", "memory");
    return result;
}

static inline long hypercall2(uint64_t nr, uint64_t a1, uint64_t a2)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(a1), "+S"(a2)
                     : "0"(nr)
                     : "rcx", "r11", "memory");
    return result;
}

static inline long hypercall3(uint64_t nr, uint64_t a1, uint64_t a2,
                              uint64_t a3)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(a1), "+S"(a2), "+d"(a3)
                     : "0"(nr)
                     : "rcx", "r11", "memory");
    return result;
}

static inline long hypercall4(uint64_t nr, uint64_t a1, uint64_t a2,
                              uint64_t a3, uint64_t a4)
{
    register uint64_t r10 __asm__("r10") = a4;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10)
                     : "0"(nr)
                     : "rcx", "r11", "memory");
    return result;
}

/* Any number with any five arguments: for tests that mean to be refused. */
static inline long hypercall5(uint64_t nr, uint64_t a1, uint64_t a2,
                              uint64_t a3, uint64_t a4, uint64_t a5)
{
    register uint64_t r10 __asm__("r10") = a4;
    register uint64_t r8 __asm__("r8") = a5;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10),
                       "+r"(r8)
                     : "0"(nr)
                     : "rcx", "r11", "memory");
    return result;
}

#define HYPERCALL_WORD(x) ((uint64_t)(uintptr_t)(x))
#define HYPERCALL_0(nr, name, fn, who, doc)
#define HYPERCALL_1(nr, name, fn, who, t1, a1, doc)                            \
    static inline long hypercall_##name(t1 a1)                                 \
    {                                                                          \
        return hypercall1(nr, HYPERCALL_WORD(a1));                             \
    }
#define HYPERCALL_2(nr, name, fn, who, t1, a1, t2, a2, doc)                    \
    static inline long hypercall_##name(t1 a1, t2 a2)                          \
    {                                                                          \
        return hypercall2(nr, HYPERCALL_WORD(a1), HYPERCALL_WORD(a2));         \
    }
#define HYPERCALL_3(nr, name, fn, who, t1, a1, t2, a2, t3, a3, doc)            \
    static inline long hypercall_##name(t1 a1, t2 a2, t3 a3)                   \
    {                                                                          \
        return hypercall3(nr, HYPERCALL_WORD(a1), HYPERCALL_WORD(a2),          \
                          HYPERCALL_WORD(a3));                                 \
    }
#define HYPERCALL_4(nr, name, fn, who, t1, a1, t2, a2, t3, a3, t4, a4, doc)    \
    static inline long hypercall_##name(t1 a1, t2 a2, t3 a3, t4 a4)            \
    {                                                                          \
        return hypercall4(nr, HYPERCALL_WORD(a1), HYPERCALL_WORD(a2),          \
                          HYPERCALL_WORD(a3), HYPERCALL_WORD(a4));             \
    }
#include <pv-abi/hypercalls.def>

#endif

/* SPDX-License-Identifier: MIT */
/*
 * One instruction, one function; nothing else in x86/ has inline assembly
 * for them. Those that may fault on a guest's value have a _safe form that
 * returns false instead.
 * Source: SDM vol. 2; AMD APM vol. 3.
 */
#ifndef X86_INSN_H
#define X86_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "x86/regs.h"

/*
 * Within an asm: a fault of the instruction at `from` goes on at `to`. Each
 * entry is two 32-bit distances, from the field itself to the address. A fault
 * anywhere else in ring 0 is a panic.
 */
#define EXTABLE(from, to)                                                      \
    ".pushsection .extable, \"a\"\n"                                           \
    ".long " #from " - ., " #to " - .\n"                                       \
    ".popsection\n"

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

/* clang-format off */
#define INSN(name, text)                                                       \
    static inline void name(void) { asm volatile(text : : : "memory"); }
#define INSN_OF(name, parameter, operand)                                      \
    static inline void name(parameter)                                         \
    { asm volatile(#name " %0" : : operand : "memory"); }

INSN(cli, "cli")
INSN(clts, "clts")
INSN(hlt, "hlt")
INSN(pause, "pause")
INSN(sti_hlt, "sti; hlt; cli")
INSN(swapgs, "swapgs")
INSN(wbinvd, "wbinvd")
INSN_OF(invlpg, uint64_t va, "m"(*(const char *)va))
INSN_OF(lgdt, const struct table_pointer *p, "m"(*p))
INSN_OF(lidt, const struct table_pointer *p, "m"(*p))
INSN_OF(lldt, uint16_t sel, "r"(sel))
INSN_OF(ltr, uint16_t sel, "r"(sel))
/* clang-format on */

#define PORT_ACCESS(width, type)                                               \
    static inline type in##width(uint16_t port)                                \
    {                                                                          \
        type v;                                                                \
                                                                               \
        asm volatile("in" #width " %1, %0" : "=a"(v) : "Nd"(port));            \
        return v;                                                              \
    }                                                                          \
    static inline void out##width(uint16_t port, type v)                       \
    {                                                                          \
        asm volatile("out" #width " %0, %1" : : "a"(v), "Nd"(port));           \
    }

PORT_ACCESS(b, uint8_t)
PORT_ACCESS(w, uint16_t)
PORT_ACCESS(l, uint32_t)

struct cpuid_regs {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid_regs cpuid_count(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_regs r;

    asm volatile("cpuid"
                 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                 : "a"(leaf), "c"(subleaf));
    return r;
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return lo | (uint64_t)hi << 32;
}

static inline void wrmsr(uint32_t msr, uint64_t v)
{
    asm volatile("wrmsr"
                 :
                 : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32))
                 : "memory");
}

/* False: the processor has no such MSR. */
static inline bool rdmsr_safe(uint32_t msr, uint64_t *v)
{
    uint32_t lo = 0, hi = 0;
    bool ok = false;

    asm volatile("1: rdmsr\n mov $1, %b2\n 2:\n" EXTABLE(1b, 2b)
                 : "+a"(lo), "+d"(hi), "+q"(ok)
                 : "c"(msr));
    *v = lo | (uint64_t)hi << 32;
    return ok;
}

/* Access rights of a segment; 0: its descriptor tables do not bear it. */
static inline uint32_t lar_safe(uint16_t selector)
{
    uint32_t rights = 0;

    asm volatile("1: lar %1, %0\n 2:\n" EXTABLE(1b, 2b)
                 : "+r"(rights)
                 : "r"((uint32_t)selector)
                 : "cc");
    return rights;
}

/* False: a reserved bit, or a combination the processor refuses. */
static inline bool xsetbv_safe(uint32_t index, uint64_t v)
{
    bool ok = false;

    asm volatile("1: xsetbv\n mov $1, %b0\n 2:\n" EXTABLE(1b, 2b)
                 : "+q"(ok)
                 : "c"(index), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)));
    return ok;
}

static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
    return lo | (uint64_t)hi << 32;
}

#define REGISTER_ACCESS(name)                                                  \
    static inline uint64_t read_##name(void)                                   \
    {                                                                          \
        uint64_t v;                                                            \
                                                                               \
        asm volatile("mov %%" #name ", %0" : "=r"(v) : : "memory");            \
        return v;                                                              \
    }                                                                          \
    static inline void write_##name(uint64_t v)                                \
    {                                                                          \
        asm volatile("mov %0, %%" #name : : "r"(v) : "memory");                \
    }

REGISTER_ACCESS(cr0)
REGISTER_ACCESS(cr2)
REGISTER_ACCESS(cr3)
REGISTER_ACCESS(cr4)
REGISTER_ACCESS(dr0)
REGISTER_ACCESS(dr1)
REGISTER_ACCESS(dr2)
REGISTER_ACCESS(dr3)
REGISTER_ACCESS(dr6)
REGISTER_ACCESS(dr7)

#define SEGMENT_ACCESS(seg)                                                    \
    static inline uint16_t read_##seg(void)                                    \
    {                                                                          \
        uint16_t v;                                                            \
                                                                               \
        asm volatile("mov %%" #seg ", %0" : "=r"(v));                          \
        return v;                                                              \
    }                                                                          \
    /* False: the selector is bad; the register then holds 0. */               \
    static inline bool load_##seg##_safe(uint16_t sel)                         \
    {                                                                          \
        uint32_t v = sel, bad = 1;                                             \
                                                                               \
        asm volatile("1: mov %0, %%" #seg "\n"                                 \
                     "xor %1, %1\n"                                            \
                     "jmp 3f\n"                                                \
                     "2: xor %0, %0\n"                                         \
                     "mov %0, %%" #seg "\n"                                    \
                     "3:\n" EXTABLE(1b, 2b)                                    \
                     : "+r"(v), "+r"(bad)                                      \
                     :                                                         \
                     : "memory");                                              \
        return !bad;                                                           \
    }

SEGMENT_ACCESS(ds)
SEGMENT_ACCESS(es)
SEGMENT_ACCESS(fs)
SEGMENT_ACCESS(gs)

#endif

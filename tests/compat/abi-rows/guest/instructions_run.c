/* SPDX-License-Identifier: MIT */
/* See instructions.h. */
#include <guest/probe.h>
#include <guest/trap.h>
#include "instructions.h"
#include "row.h"

struct operand {
    uint64_t in, value;
};

long run_instruction(void (*fn)(void *), void *arg, const uint64_t *result)
{
    struct probe p;

    if (!probe_run(&p, fn, arg))
        return FAULT(p.vector, p.error_code);
    return result ? *result : 0;
}

/*
 * RUN_0(name, asm): long run_<name>(void), no result.
 * RUN_READ(name, asm): the instruction leaves its result in RAX.
 * RUN_WRITE(name, asm): it takes its operand from RAX.
 */
#define RUN_0(name, text)                                                      \
    static void do_##name(void *arg)                                           \
    {                                                                          \
        __asm__ volatile(text : : : "memory");                                 \
    }                                                                          \
    long run_##name(void)                                                      \
    {                                                                          \
        return run_instruction(do_##name, 0, 0);                               \
    }
#define RUN_READ(name, text)                                                   \
    static void do_##name(void *arg)                                           \
    {                                                                          \
        struct operand *o = arg;                                               \
                                                                               \
        __asm__ volatile(text : "=a"(o->value) : : "memory");                  \
    }                                                                          \
    long run_##name(void)                                                      \
    {                                                                          \
        struct operand o;                                                      \
                                                                               \
        return run_instruction(do_##name, &o, &o.value);                       \
    }
#define RUN_WRITE(name, text)                                                  \
    static void do_##name(void *arg)                                           \
    {                                                                          \
        struct operand *o = arg;                                               \
                                                                               \
        __asm__ volatile(text : : "a"(o->value) : "memory");                   \
    }                                                                          \
    long run_##name(uint64_t value)                                            \
    {                                                                          \
        struct operand o = {.value = value};                                   \
                                                                               \
        return run_instruction(do_##name, &o, 0);                              \
    }

RUN_0(ud2, "ud2")
RUN_0(int3, "int3")
RUN_0(hlt, "hlt")
RUN_READ(read_cr0, "mov %%cr0, %0")
RUN_READ(read_cr2, "mov %%cr2, %0")
RUN_READ(read_cr3, "mov %%cr3, %0")
RUN_READ(read_cr4, "mov %%cr4, %0")
RUN_WRITE(write_cr0, "mov %0, %%cr0")
RUN_WRITE(write_cr4, "mov %0, %%cr4")

static void do_selectors(void *arg)
{
    struct operand *o = arg;
    uint16_t ds, es, fs, gs;

    __asm__ volatile("mov %%ds, %0\n\tmov %%es, %1\n\t"
                     "mov %%fs, %2\n\tmov %%gs, %3"
                     : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
    o->value =
        ds | (uint64_t)es << 12 | (uint64_t)fs << 24 | (uint64_t)gs << 36;
}

long run_selectors(void)
{
    struct operand o;

    return run_instruction(do_selectors, &o, &o.value);
}

static void do_load_fs(void *arg)
{
    struct operand *o = arg;

    __asm__ volatile("mov %0, %%fs" : : "r"((uint32_t)o->in));
}

long run_load_fs(uint32_t selector)
{
    struct operand o = {.in = selector};

    return run_instruction(do_load_fs, &o, 0);
}

static void do_read(void *arg)
{
    struct operand *o = arg;

    o->value = *(volatile uint64_t *)o->in;
}

long run_read(const void *address)
{
    struct operand o = {.in = (uint64_t)address};

    return run_instruction(do_read, &o, &o.value);
}

static void do_write(void *arg)
{
    struct operand *o = arg;

    *(volatile uint64_t *)o->in = o->value;
}

long run_write(void *address, uint64_t value)
{
    struct operand o = {.in = (uint64_t)address, .value = value};

    return run_instruction(do_write, &o, 0);
}

static void do_inb(void *arg)
{
    struct operand *o = arg;

    o->value = 0;
    __asm__ volatile("inb %w1, %b0" : "+a"(o->value) : "d"((uint16_t)o->in));
}

long run_inb(uint16_t port)
{
    struct operand o = {.in = port};

    return run_instruction(do_inb, &o, &o.value);
}

static void do_outb(void *arg)
{
    struct operand *o = arg;

    __asm__ volatile("outb %b0, %w1" : : "a"(o->value), "d"((uint16_t)o->in));
}

long run_outb(uint16_t port, uint8_t value)
{
    struct operand o = {.in = port, .value = value};

    return run_instruction(do_outb, &o, 0);
}

static void do_rdmsr(void *arg)
{
    struct operand *o = arg;
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"((uint32_t)o->in));
    o->value = low | (uint64_t)high << 32;
}

long run_rdmsr(uint32_t msr)
{
    struct operand o = {.in = msr};

    return run_instruction(do_rdmsr, &o, &o.value);
}

static void do_wrmsr(void *arg)
{
    struct operand *o = arg;

    __asm__ volatile("wrmsr"
                     :
                     : "a"((uint32_t)o->value), "d"(o->value >> 32),
                       "c"((uint32_t)o->in));
}

long run_wrmsr(uint32_t msr, uint64_t value)
{
    struct operand o = {.in = msr, .value = value};

    return run_instruction(do_wrmsr, &o, 0);
}

static void do_lar(void *arg)
{
    struct operand *o = arg;

    o->value = 0;
    __asm__ volatile("lar %1, %0" : "+r"(o->value) : "r"(o->in));
}

long run_lar(uint32_t selector)
{
    struct operand o = {.in = selector};

    return run_instruction(do_lar, &o, &o.value);
}

static void do_cpuid(void *arg)
{
    uint32_t *r = arg;

    __asm__ volatile(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e; cpuid"
                     : "+a"(r[CPUID_EAX]), "=b"(r[CPUID_EBX]),
                       "+c"(r[CPUID_ECX]), "=d"(r[CPUID_EDX]));
}

long run_cpuid(uint32_t leaf, uint32_t sub, enum cpuid_register which)
{
    uint32_t r[4] = {[CPUID_EAX] = leaf, [CPUID_ECX] = sub};
    long fault = run_instruction(do_cpuid, r, 0);

    return fault ? fault : r[which];
}

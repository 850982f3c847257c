/* SPDX-License-Identifier: MIT */
/*
 * Attacks on the processor's state: privileged instructions, selectors of the
 * hypervisor, returns to where a guest cannot be.
 *
 * Answers: abi pages "traps and privileged operations", "start of day" 12.
 */
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/probe.h>
#include <guest/start.h>
#include <guest/trap.h>
#include <pv-abi/errno.h>
#include "attack.h"

#define RING0_CS      0xe008
#define RING0_SS      0xe010
#define TSS           0xe040
#define CR0_PG        (1UL << 31)
#define CR0_WP        (1UL << 16)
#define MSR_LSTAR     0xc0000082
#define MSR_EFER      0xc0000080
#define MSR_APIC      0x1b
#define EFER_NXE      (1UL << 11)
#define NON_CANONICAL 0x8000000000000000UL

#define GP ATTACK_FAULT(TRAP_GP)
#define UD ATTACK_FAULT(TRAP_UD)
#define PF ATTACK_FAULT(TRAP_PF)

/* --- privileged instructions --- */

#define INSTRUCTION(name, ...)                                                 \
    static void do_##name(void *arg)                                           \
    {                                                                          \
        __asm__ volatile(__VA_ARGS__);                                         \
    }                                                                          \
    static long name(void)                                                     \
    {                                                                          \
        return attack_probe(do_##name, NULL);                                  \
    }

static char table[10];

INSTRUCTION(lgdt, "lgdt %0" : : "m"(table))
INSTRUCTION(lidt, "lidt %0" : : "m"(table))
INSTRUCTION(lldt, "lldt %w0" : : "r"(0))
INSTRUCTION(ltr, "ltr %w0" : : "r"(TSS))
INSTRUCTION(invd, "invd")
INSTRUCTION(hlt, "hlt")
INSTRUCTION(invlpg, "invlpg %0" : : "m"(table))
INSTRUCTION(swapgs, "swapgs")
INSTRUCTION(sysret, "sysretq" : : "c"(0))
INSTRUCTION(write_cr3, "mov %0, %%cr3" : : "r"(0x1000UL))
INSTRUCTION(clear_paging, "mov %%cr0, %%rax; and %0, %%rax; mov %%rax, %%cr0"
            :
            : "r"(~CR0_PG)
            : "rax")
INSTRUCTION(clear_write_protection,
            "mov %%cr0, %%rax; and %0, %%rax; mov %%rax, %%cr0"
            :
            : "r"(~CR0_WP)
            : "rax")
INSTRUCTION(load_ring0_data, "mov %0, %%ss" : : "r"(RING0_SS))
INSTRUCTION(load_tss_as_data, "mov %0, %%ds" : : "r"(TSS))
INSTRUCTION(far_return, "push %0; lea 1f(%%rip), %%rax; push %%rax; lretq; 1:"
            :
            : "i"(RING0_CS)
            : "rax", "memory")
INSTRUCTION(clear_interrupts_by_popf,
            "pushfq; andq $~0x200, (%%rsp); popfq; pushfq; pop %%rax;"
            "test $0x200, %%eax; jz 1f; ud2; 1:"
            :
            :
            : "rax", "memory", "cc")

/* A write of an MSR: rdx:rax to rcx. */
static void do_wrmsr(void *arg)
{
    const uint64_t *what = arg; /* index, value */

    __asm__ volatile("wrmsr"
                     :
                     : "c"((uint32_t)what[0]), "a"((uint32_t)what[1]),
                       "d"((uint32_t)(what[1] >> 32)));
}

static long wrmsr(uint64_t index, uint64_t value)
{
    uint64_t what[] = {index, value};

    return attack_probe(do_wrmsr, what);
}

static long take_over_syscalls(void)
{
    return wrmsr(MSR_LSTAR, (uint64_t)(uintptr_t)table);
}

static long clear_efer(void)
{
    return wrmsr(MSR_EFER, EFER_NXE);
}

static long move_the_apic(void)
{
    return wrmsr(MSR_APIC, 0xfee00000 | 1 << 11);
}

/* --- returns --- */

/* iret hypercall with this target; comes back only by an exception. */
static void do_iret(void *arg)
{
    const uint64_t *to = arg; /* cs, rip, rsp, ss, flags */

    __asm__ volatile("sub $72, %%rsp\n\t"
                     "mov 32(%0), %%rax\n\t"
                     "mov %%rax, 24(%%rsp)\n\t" /* flags */
                     "mov 8(%0), %%rax\n\t"
                     "mov %%rax, 32(%%rsp)\n\t" /* rip */
                     "mov 0(%0), %%rax\n\t"
                     "mov %%rax, 40(%%rsp)\n\t"   /* cs */
                     "movq $0x202, 48(%%rsp)\n\t" /* rflags */
                     "mov 16(%0), %%rax\n\t"
                     "mov %%rax, 56(%%rsp)\n\t" /* rsp */
                     "mov 24(%0), %%rax\n\t"
                     "mov %%rax, 64(%%rsp)\n\t" /* ss */
                     "mov %1, %%eax\n\t"
                     "syscall"
                     :
                     : "r"(to), "i"(__HYPERVISOR_iret)
                     : "rax", "rcx", "r11", "memory");
}

/* The fault comes when the hypervisor has left: on the stack it was given. */
static long iret_to(uint64_t cs, uint64_t rip, uint64_t ss, uint64_t flags)
{
    static uint64_t stack[256] __attribute__((aligned(16)));
    uint64_t to[] = {cs, rip, (uint64_t)(uintptr_t)(stack + 256), ss, flags};

    return attack_probe(do_iret, to);
}

static long iret_to_ring0(void)
{
    return iret_to(RING0_CS, (uint64_t)(uintptr_t)do_hlt, FLAT_KERNEL_SS, 0);
}

static long iret_with_ring0_stack(void)
{
    return iret_to(FLAT_KERNEL_CS & ~3, (uint64_t)(uintptr_t)do_hlt, RING0_SS,
                   0);
}

static long iret_to_non_canonical(void)
{
    return iret_to(FLAT_KERNEL_CS & ~3, NON_CANONICAL, FLAT_KERNEL_SS, 0);
}

static long sysret_to_non_canonical(void)
{
    return iret_to(FLAT_KERNEL_CS & ~3, NON_CANONICAL, FLAT_KERNEL_SS,
                   VGCF_in_syscall);
}

static long iret_into_the_hypervisor(void)
{
    return iret_to(FLAT_KERNEL_CS & ~3, HYPERVISOR_VIRT_START + (1UL << 39),
                   FLAT_KERNEL_SS, 0);
}

/* --- calls --- */

static long base_non_canonical(void)
{
    return hypercall_set_segment_base(SEGBASE_FS, NON_CANONICAL);
}

static long handler_non_canonical(void)
{
    struct trap_info bad[] = {{.vector = 200, .address = NON_CANONICAL}, {0}};

    return hypercall_set_trap_table(bad);
}

static long too_many_descriptors(void)
{
    uint64_t frame = 0;

    return hypercall_set_gdt(&frame, FIRST_RESERVED_GDT_ENTRY + 1);
}

const struct attack cpu_attacks[] = {
    {"lgdt", lgdt, {GP}},
    {"lidt", lidt, {GP}},
    {"lldt", lldt, {GP}},
    {"ltr", ltr, {GP}},
    {"invd", invd, {GP}},
    {"hlt", hlt, {GP}},
    {"invlpg", invlpg, {GP}},
    {"swapgs", swapgs, {GP, UD}},
    {"sysret", sysret, {GP, UD}},
    {"mov to cr3", write_cr3, {GP}},
    {"clear cr0.pg", clear_paging, {GP}},
    {"clear cr0.wp", clear_write_protection, {GP}},
    {"ring 0 data in ss", load_ring0_data, {GP}},
    {"a task state as data", load_tss_as_data, {GP}},
    /* #PF: QEMU 7.2 reads the stack as the supervisor, against SMAP. */
    {"far return to ring 0", far_return, {GP, PF}},
    {"clear interrupts by popf", clear_interrupts_by_popf, {UD}},
    {"write LSTAR", take_over_syscalls, {GP}},
    {"clear EFER", clear_efer, {GP}},
    {"move the APIC", move_the_apic, {GP}},
    {"iret to ring 0", iret_to_ring0, {GP}},
    {"iret with a ring 0 stack", iret_with_ring0_stack, {GP}},
    {"iret to non-canonical", iret_to_non_canonical, {GP}},
    {"sysret to non-canonical", sysret_to_non_canonical, {GP}},
    {"iret into the hypervisor", iret_into_the_hypervisor, {PF}},
    {"non-canonical fs base", base_non_canonical, {-XEN_EINVAL}},
    {"non-canonical handler", handler_non_canonical, {-XEN_EINVAL}},
    {"too many descriptors", too_many_descriptors, {-XEN_EINVAL}},
    {0},
};

/* SPDX-License-Identifier: MIT */
/*
 * crash: dies, in the way it is told.
 *
 *   crash how=KIND [after=MS]
 *
 * Without a kind it lists them. First it prints "crash: KIND", and the way of
 * dying follows at once (or after MS milliseconds); if it is still there then,
 * it prints "crash: survived KIND" and powers off.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <guest/clock.h>
#include <guest/console.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <guest/thread.h>
#include <guest/trap.h>
#include <pv-abi/sched.h>

#define NON_CANONICAL 0x8000000000000000UL

/* --- deaths the kernel reports itself --- */

static void die_panic(void)
{
    panic("as told");
}

static void die_abort(void)
{
    abort();
}

static void die_ud2(void)
{
    __asm__ volatile("ud2");
}

static void die_null(void)
{
    *(volatile int *)NULL = 1;
}

static void die_jump(void)
{
    void (*nowhere)(void) = (void (*)(void))0x1000;

    nowhere();
}

/* --- deaths that need the hypervisor: it has nowhere to deliver to --- */

static void die_no_handler(void)
{
    trap_install(TRAP_UD, 0);
    __asm__ volatile("ud2");
}

static void die_no_table(void)
{
    hypercall_set_trap_table(NULL);
    *(volatile int *)NULL = 1;
}

/* The frame of any exception would go to an address without memory ... */
static void die_stack(void)
{
    __asm__ volatile("mov $0x1000, %rsp\n\t"
                     "ud2");
}

/* ... into the hypervisor's memory ... */
static void die_stack_in_hypervisor(void)
{
    __asm__ volatile("mov %0, %%rsp\n\t"
                     "ud2"
                     :
                     : "r"(HYPERVISOR_VIRT_START + 0x10000));
}

/* ... or past what a thread has. */
static volatile bool deeper = true; /* the compiler refuses the obvious */

static int overflow(volatile char *above)
{
    volatile char page[2048];

    page[0] = above ? above[0] : 0;
    return deeper ? overflow(page) + page[0] : 0;
}

static void die_stack_overflow(void)
{
    overflow(NULL);
}

/* A return to where no code can be: reported as an exception there, whose
 * handler is gone. */
static void die_iret(void)
{
    trap_install(TRAP_GP, 0);
    trap_install(TRAP_PF, 0);
    __asm__ volatile("sub $72, %%rsp\n\t"
                     "movq $0, 24(%%rsp)\n\t" /* flags */
                     "mov %0, 32(%%rsp)\n\t"  /* rip */
                     "movq %1, 40(%%rsp)\n\t" /* cs, kernel */
                     "movq $0x202, 48(%%rsp)\n\t"
                     "mov %%rsp, 56(%%rsp)\n\t"
                     "movq %2, 64(%%rsp)\n\t" /* ss */
                     "mov %3, %%eax\n\t"
                     "syscall"
                     :
                     : "r"(NON_CANONICAL), "i"(FLAT_KERNEL_CS & ~3),
                       "i"(FLAT_KERNEL_SS), "i"(__HYPERVISOR_iret));
}

/* User mode without a table for it. */
static void die_no_user_table(void)
{
    __asm__ volatile("sub $72, %%rsp\n\t"
                     "movq $0, 24(%%rsp)\n\t"
                     "movq $0x400000, 32(%%rsp)\n\t"
                     "movq %0, 40(%%rsp)\n\t" /* cs, user */
                     "movq $0x202, 48(%%rsp)\n\t"
                     "mov %%rsp, 56(%%rsp)\n\t"
                     "movq %1, 64(%%rsp)\n\t"
                     "mov %2, %%eax\n\t"
                     "syscall"
                     :
                     : "i"(FLAT_USER_CS), "i"(FLAT_USER_SS),
                       "i"(__HYPERVISOR_iret));
}

/* Promises to be heard of within a second, and falls silent. */
static void die_watchdog(void)
{
    struct sched_watchdog op = {.id = 0, .timeout = 1};

    hypercall_sched_op(SCHEDOP_watchdog, &op);
    upcall_mask();
    for (;;)
        __builtin_ia32_pause();
}

/* Neither answers nor ends: for those who have to destroy it. */
static void die_hang(void)
{
    upcall_mask();
    for (;;)
        hypercall_sched_op(SCHEDOP_yield, NULL);
}

/* --- ends by request --- */

static void die_poweroff(void)
{
    shutdown(SHUTDOWN_poweroff);
}

static void die_reboot(void)
{
    shutdown(SHUTDOWN_reboot);
}

static void die_suspend(void)
{
    shutdown(SHUTDOWN_suspend);
}

static void die_crash(void)
{
    shutdown(SHUTDOWN_crash);
}

static void die_unknown_reason(void)
{
    shutdown(77);
}

static void die_exit(void)
{
    exit(3);
}

static const struct {
    const char *name;
    void (*die)(void);
    const char *text;
} kinds[] = {
    {"panic", die_panic, "panic() of the kernel"},
    {"abort", die_abort, "abort()"},
    {"ud2", die_ud2, "an undefined instruction"},
    {"null", die_null, "a write to address 0"},
    {"jump", die_jump, "a call of address 0x1000"},
    {"no-handler", die_no_handler, "#UD without an entry in the trap table"},
    {"no-table", die_no_table, "a page fault without a trap table"},
    {"stack", die_stack, "an exception on a stack without memory"},
    {"stack-in-hypervisor", die_stack_in_hypervisor,
     "an exception on a stack in the hypervisor's memory"},
    {"stack-overflow", die_stack_overflow, "endless recursion"},
    {"iret", die_iret, "iret to a non-canonical address"},
    {"no-user-table", die_no_user_table, "iret to user mode without a table"},
    {"watchdog", die_watchdog, "a watchdog of 1 s that nobody feeds"},
    {"hang", die_hang, "no death: deaf and for ever"},
    {"poweroff", die_poweroff, "shutdown, reason poweroff"},
    {"reboot", die_reboot, "shutdown, reason reboot"},
    {"suspend", die_suspend, "shutdown, reason suspend"},
    {"crash", die_crash, "shutdown, reason crash"},
    {"unknown-reason", die_unknown_reason, "shutdown, reason 77"},
    {"exit", die_exit, "exit(3)"},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

int main(int argc, char **argv)
{
    const char *how = start_option("how");
    const char *after = start_option("after");

    for (size_t i = 0; how && i < KINDS; i++) {
        if (strcmp(kinds[i].name, how))
            continue;
        printf("crash: %s\n", how);
        if (after)
            thread_sleep_ns(strtoul(after, NULL, 10) * NS_PER_MS);
        kinds[i].die();
        printf("crash: survived %s\n", how);
        return 1;
    }
    if (how)
        printf("crash: there is no way called %s\n", how);
    for (size_t i = 0; i < KINDS; i++)
        printf("  how=%-20s %s\n", kinds[i].name, kinds[i].text);
    return 2;
}

/* SPDX-License-Identifier: MIT */
/*
 * User mode: system calls and exceptions come to the kernel with the state of
 * the user code, user mode sees nothing but its own pages, and is interrupted
 * without noticing.
 */
#include <string.h>
#include <guest/clock.h>
#include <guest/memory.h>
#include <guest/thread.h>
#include <guest/trap.h>
#include <guest/user.h>
#include "../test.h"

const char test_name[] = "user";

#define CODE  0x400000UL
#define DATA  0x10000000000UL
#define STACK 0x7ffffffff000UL

#define PF_PRESENT 1
#define PF_WRITE   2
#define PF_USER    4

extern const char user_code[], user_code_end[];
extern const char user_calls[], user_undefined[], user_reads[], user_writes[],
    user_halts[], user_breaks[], user_spins[], user_reads_fs[];

struct program {
    struct user *user;
    uint64_t *data;
    void *code;
};

static struct program load(const char *entry)
{
    struct program p = {
        .user = user_create(),
        .data = page_alloc_zeroed(1),
        .code = page_alloc_zeroed(1),
    };

    NEED(p.user && p.data && p.code);
    memcpy(p.code, user_code, user_code_end - user_code);
    NEED(!user_map(p.user, CODE, p.code, PTE_P | PTE_US | PTE_A));
    NEED(!user_map(p.user, DATA, p.data,
                   PTE_P | PTE_US | PTE_RW | PTE_A | PTE_D | PTE_NX));
    p.user->regs.rip = CODE + (entry - user_code);
    p.user->regs.rsp = STACK;
    return p;
}

static void unload(struct program *p)
{
    user_destroy(p->user);
    page_free(p->data, 1);
    page_free(p->code, 1);
}

static void system_calls_go_back_and_forth(bool by_sysret)
{
    struct program p = load(user_calls);
    struct cpu_user_regs *r = &p.user->regs;

    p.user->by_sysret = by_sysret;
    r->rdi = 1000;
    r->rbx = 0x1234567890abcdefUL;
    for (uint64_t i = 0; i < 100; i++) {
        CHECK_EQUAL(user_run(p.user), TRAP_VECTOR_SYSCALL);
        CHECK_EQUAL(r->rax, i == 0 ? 7 : 1000 + i - 1);
        CHECK_EQUAL(r->rip, CODE + (user_calls - user_code) + 7);
        CHECK_EQUAL(r->rcx, r->rip); /* as the instruction leaves it */
        CHECK_EQUAL(r->rsp, STACK);
        CHECK_EQUAL(r->rbx, 0x1234567890abcdefUL);
        r->rax = i;
    }
    unload(&p);
}

static void stops_with(const char *entry, uint64_t rdi, unsigned int vector,
                       uint32_t error)
{
    struct program p = load(entry);
    unsigned int got;

    p.user->regs.rdi = rdi;
    got = user_run(p.user);
    if (got != vector || p.user->regs.error_code != error)
        test_say(VERDICT_FAIL, "%#lx at %#lx: #%s %#x, not #%s %#x", rdi,
                 (unsigned long)(entry - user_code), trap_name(got),
                 p.user->regs.error_code, trap_name(vector), error);
    if (vector == TRAP_PF)
        CHECK_EQUAL(p.user->fault_address, rdi);
    unload(&p);
}

static void exceptions_end_the_run(void)
{
    stops_with(user_undefined, 0, TRAP_UD, 0);
    stops_with(user_halts, 0, TRAP_GP, 0);
    stops_with(user_breaks, 0, TRAP_BP, 0);
    stops_with(user_reads, 0, TRAP_PF, PF_USER);
    stops_with(user_writes, DATA + PAGE_SIZE, TRAP_PF, PF_USER | PF_WRITE);
    stops_with(user_writes, CODE, TRAP_PF, PF_USER | PF_WRITE | PF_PRESENT);
    stops_with(user_reads, DATA, TRAP_VECTOR_SYSCALL, 0);
}

static void the_kernel_is_out_of_reach(void)
{
    stops_with(user_reads, VIRT_BASE, TRAP_PF, PF_USER);
    stops_with(user_reads, DIRECT_BASE, TRAP_PF, PF_USER);
    stops_with(user_writes, (uint64_t)this_vcpu()->info, TRAP_PF,
               PF_USER | PF_WRITE);
}

static void a_breakpoint_can_be_continued(void)
{
    struct program p = load(user_breaks);

    CHECK_EQUAL(user_run(p.user), TRAP_BP);
    CHECK_EQUAL(user_run(p.user), TRAP_VECTOR_SYSCALL);
    CHECK_EQUAL(p.user->regs.rax, 9);
    unload(&p);
}

static void an_unmapped_page_is_gone(void)
{
    struct program p = load(user_reads);

    p.user->regs.rdi = DATA;
    *p.data = 42;
    CHECK_EQUAL(user_run(p.user), TRAP_VECTOR_SYSCALL);
    CHECK_EQUAL(p.user->regs.rax, 42);
    p.user->regs.rip = CODE + (user_reads - user_code);
    CHECK_EQUAL(user_unmap(p.user, DATA), 0);
    CHECK_EQUAL(user_run(p.user), TRAP_PF);
    unload(&p);
}

static void fs_has_its_base(void)
{
    struct program p = load(user_reads_fs);

    p.user->fs_base = DATA + 16;
    p.data[2] = 77;
    CHECK_EQUAL(user_run(p.user), TRAP_VECTOR_SYSCALL);
    CHECK_EQUAL(p.user->regs.rax, 77);
    unload(&p);
}

static void run_spinner(void *arg)
{
    struct program *p = arg;

    CHECK_EQUAL(user_run(p->user), TRAP_VECTOR_SYSCALL);
}

static void user_mode_is_preempted_unnoticed(void)
{
    enum { COUNT = 3 };
    struct program p[COUNT];
    struct thread *t[COUNT];

    for (int i = 0; i < COUNT; i++) {
        p[i] = load(user_spins);
        p[i].user->regs.rdi = DATA;
        p[i].user->regs.rsi = 0x100 + i;
        t[i] = thread_create("user", run_spinner, &p[i]);
        NEED(t[i] != NULL);
    }
    thread_sleep_ns(12 * THREAD_SLICE_NS);
    for (int i = 0; i < COUNT; i++)
        *(volatile uint64_t *)p[i].data = 1;
    for (int i = 0; i < COUNT; i++) {
        thread_join(t[i]);
        CHECK(p[i].user->regs.rbx > 1000); /* each had its turns */
        unload(&p[i]);
    }
}

static void a_user_space_leaves_nothing(void)
{
    struct program p = load(user_undefined);
    uint64_t before;

    unload(&p);
    before = page_free_count();
    for (int i = 0; i < 50; i++) {
        p = load(user_undefined);
        user_run(p.user);
        unload(&p);
    }
    CHECK_EQUAL(page_free_count(), before);
}

void test_main(void)
{
    system_calls_go_back_and_forth(false);
    system_calls_go_back_and_forth(true);
    exceptions_end_the_run();
    the_kernel_is_out_of_reach();
    a_breakpoint_can_be_continued();
    an_unmapped_page_is_gone();
    fs_has_its_base();
    user_mode_is_preempted_unnoticed();
    a_user_space_leaves_nothing();
}

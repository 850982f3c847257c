/* SPDX-License-Identifier: MIT */
/*
 * Exceptions of the kernel reach their handler with the right vector, error
 * code and frame, and execution goes on as the handler left it.
 *
 * Frame rules: abi page "start of day", bounce frames. The error code's user
 * bit says which mode the guest was in, not which ring: always 0 here.
 */
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/probe.h>
#include <guest/trap.h>
#include <guest/vcpu.h>
#include <pv-abi/version.h>
#include "../test.h"

#define DR7_NONE              0x400
#define DR7_WATCH_WRITES_OF_8 (DR7_NONE | 1 << 0 | 1 << 16 | 2 << 18)

#define PF_PRESENT    1
#define PF_WRITE      2
#define PF_FETCH      16
#define UNMAPPED      0x1000UL
#define NOT_CANONICAL 0x8000000000000000UL

const char test_name[] = "traps";

/* The hypervisor's private memory: never readable from a guest. */
#define HYPERVISOR_PRIVATE (HYPERVISOR_VIRT_START + (1UL << 39))

static void divide(void *arg)
{
    __asm__ volatile("xor %%edx, %%edx; mov $1, %%eax; xor %%ecx, %%ecx;"
                     "div %%ecx"
                     :
                     :
                     : "eax", "ecx", "edx", "cc");
}

static void breakpoint(void *arg)
{
    __asm__ volatile("int3");
}

static void undefined(void *arg)
{
    __asm__ volatile("ud2");
}

static void halt(void *arg)
{
    __asm__ volatile("hlt");
}

static void load_selector(void *arg)
{
    __asm__ volatile("mov %0, %%ds" : : "r"((unsigned long)arg));
}

static void raise_vector_40(void *arg)
{
    __asm__ volatile("int $0x40");
}

static void call(void *arg)
{
    ((void (*)(void))arg)();
}

static void read_word(void *arg)
{
    *(volatile unsigned long *)arg;
}

static void write_word(void *arg)
{
    *(volatile unsigned long *)arg = 1;
}

static void expect(const char *what, void (*fn)(void *), unsigned long arg,
                   uint32_t vector, uint32_t error, uint64_t address)
{
    struct probe p = {0};

    if (probe_run(&p, fn, (void *)arg))
        test_say(VERDICT_FAIL, "%s: no exception", what);
    else if (p.vector != vector || p.error_code != error ||
             p.address != address)
        test_say(VERDICT_FAIL,
                 "%s: #%s error %#x address %#lx, not #%s %#x %#lx", what,
                 trap_name(p.vector), p.error_code, p.address,
                 trap_name(vector), error, address);
}

static void each_exception_has_its_vector_and_code(void)
{
    unsigned long text = (unsigned long)divide & ~7UL;
    static unsigned long data;

    expect("division by 0", divide, 0, TRAP_DE, 0, 0);
    expect("int3", breakpoint, 0, TRAP_BP, 0, 0);
    expect("ud2", undefined, 0, TRAP_UD, 0, 0);
    expect("hlt", halt, 0, TRAP_GP, 0, 0);
    expect("selector beyond the table", load_selector, 0xfffb, TRAP_GP, 0xfff8,
           0);
    expect("read of nothing", read_word, UNMAPPED, TRAP_PF, 0, UNMAPPED);
    expect("write of nothing", write_word, UNMAPPED, TRAP_PF, PF_WRITE,
           UNMAPPED);
    expect("write to code", write_word, text, TRAP_PF, PF_PRESENT | PF_WRITE,
           text);
    expect("execution of data", call, (unsigned long)&data, TRAP_PF,
           PF_PRESENT | PF_FETCH, (uint64_t)&data);
    expect("read of a non-canonical address", read_word, NOT_CANONICAL, TRAP_GP,
           0, 0);
    expect("write to the machine-to-physical table", write_word,
           MACH2PHYS_VIRT_START, TRAP_PF, PF_PRESENT | PF_WRITE,
           MACH2PHYS_VIRT_START);
}

/* Whether present or not may differ; that it cannot be read may not. */
static void the_hypervisors_memory_is_out_of_reach(void)
{
    struct probe p;

    CHECK(!probe_run(&p, read_word, (void *)HYPERVISOR_PRIVATE));
    CHECK_EQUAL(p.vector, TRAP_PF);
    CHECK(!probe_run(&p, write_word, (void *)HYPERVISOR_PRIVATE));
    CHECK_EQUAL(p.vector, TRAP_PF);
}

/* A software interrupt without permission is #GP with the IDT bit. QEMU 7.2
 * doubles the vector in it, so the code alone cannot be held against us. */
static void a_forbidden_software_interrupt_is_a_gp(void)
{
    struct probe p;

    CHECK(!probe_run(&p, raise_vector_40, NULL));
    CHECK_EQUAL(p.vector, TRAP_GP);
    CHECK(p.error_code == (0x40 * 8 | 2) || p.error_code == (0x80 * 8 | 2));
}

static struct cpu_user_regs seen;

static void keep_frame(struct cpu_user_regs *regs)
{
    __builtin_memcpy(&seen, regs, __builtin_offsetof(struct cpu_user_regs, es));
    regs->rax = 0x5eed;
}

static void the_frame_is_what_was_interrupted(void)
{
    trap_handler_t old = trap_set_handler(TRAP_BP, keep_frame);
    unsigned long rax = 1, rsp, rip;

    __asm__ volatile("mov %%rsp, %1\n\t"
                     "lea 1f(%%rip), %2\n\t"
                     "int3\n"
                     "1:"
                     : "+a"(rax), "=&r"(rsp), "=&r"(rip)
                     :
                     : "memory");
    trap_set_handler(TRAP_BP, old);
    CHECK_EQUAL(rax, 0x5eed);
    CHECK_EQUAL(seen.rax, 1);
    CHECK_EQUAL(seen.rsp, rsp);
    CHECK_EQUAL(seen.rip, rip);
    CHECK_EQUAL(seen.cs, FLAT_KERNEL_CS & ~3); /* RPL 0: kernel mode */
    CHECK_EQUAL(seen.ss, FLAT_KERNEL_SS);
    CHECK_EQUAL(seen.saved_upcall_mask, upcall_is_masked());
    CHECK((seen.rflags & 0x200) != 0);  /* IF: upcalls were open */
    CHECK((seen.rflags & 0x3000) == 0); /* IOPL */
}

static void the_mask_is_reported_and_restored(void)
{
    trap_handler_t old = trap_set_handler(TRAP_BP, keep_frame);
    bool was_masked = upcall_mask();

    __asm__ volatile("int3" : : : "rax");
    CHECK(upcall_is_masked());
    CHECK_EQUAL(seen.saved_upcall_mask, 1);
    CHECK((seen.rflags & 0x200) == 0);
    upcall_restore(was_masked);
    trap_set_handler(TRAP_BP, old);
}

/*
 * To a kernel whose code segment is null: the processor refuses. The frame
 * is struct iret_context, lowest word last.
 */
static void iret_to_no_segment(void *rip)
{
    __asm__ volatile("mov %%rsp, %%rax\n\t"
                     "push $0\n\t"    /* ss */
                     "push %%rax\n\t" /* rsp */
                     "pushfq\n\t"
                     "push $0\n\t" /* cs */
                     "push %0\n\t"
                     "push $0\n\t" /* flags, rcx, r11, rax */
                     "push $0\n\t"
                     "push $0\n\t"
                     "push $0\n\t"
                     "mov %1, %%eax\n\t"
                     "syscall"
                     :
                     : "r"(rip), "i"(__HYPERVISOR_iret)
                     : "rax", "rcx", "r11", "memory");
}

extern const char where_no_segment_is[];
__asm__(".pushsection .text\n"
        "where_no_segment_is:\n\t"
        "mov %cr0, %rax\n\t"
        "ud2\n"
        ".popsection");

/* Nothing is emulated there: a guest that never runs cannot be interrupted,
 * and could keep the hypervisor at it for as long as its memory reaches. */
static void an_iret_the_processor_refuses_runs_nothing(void)
{
    struct probe p;

    CHECK(!probe_run(&p, iret_to_no_segment, (void *)where_no_segment_is));
    CHECK_EQUAL(p.vector, TRAP_GP);
    CHECK_EQUAL(p.error_code, 0);
    CHECK_EQUAL(p.rip, (uint64_t)where_no_segment_is);
}

static char watched[16] __attribute__((aligned(16)));

static long copied;

static void ask_for_extraversion(void *arg)
{
    copied = hypercall_xen_version(XENVER_extraversion, arg);
}

/*
 * A breakpoint on data that the hypervisor copies strikes inside it. That is
 * the guest's own doing: the copy goes on, and nobody is told.
 */
static void a_breakpoint_does_not_stop_a_copy(void)
{
    struct probe p;

    CHECK_EQUAL(hypercall_set_debugreg(0, (unsigned long)watched), 0);
    CHECK_EQUAL(hypercall_set_debugreg(7, DR7_WATCH_WRITES_OF_8), 0);
    CHECK(!probe_run(&p, write_word, watched));
    CHECK_EQUAL(p.vector, TRAP_DB);
    CHECK(probe_run(&p, ask_for_extraversion, watched));
    CHECK_EQUAL(copied, 0);
    CHECK_EQUAL(hypercall_set_debugreg(7, DR7_NONE), 0);
    CHECK(probe_run(&p, write_word, watched));
}

static void probe_inside_a_probe(void *arg)
{
    struct probe inner;

    CHECK(!probe_run(&inner, undefined, NULL));
    CHECK_EQUAL(inner.vector, TRAP_UD);
    read_word((void *)UNMAPPED);
}

static void probes_nest(void)
{
    struct probe outer;

    CHECK(!probe_run(&outer, probe_inside_a_probe, NULL));
    CHECK_EQUAL(outer.vector, TRAP_PF);
    CHECK_EQUAL(outer.address, UNMAPPED);
}

void test_main(void)
{
    each_exception_has_its_vector_and_code();
    the_hypervisors_memory_is_out_of_reach();
    a_forbidden_software_interrupt_is_a_gp();
    the_frame_is_what_was_interrupted();
    the_mask_is_reported_and_restored();
    an_iret_the_processor_refuses_runs_nothing();
    a_breakpoint_does_not_stop_a_copy();
    probes_nest();
}

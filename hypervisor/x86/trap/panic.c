/* SPDX-License-Identifier: MIT */
#include <stdarg.h>

#include "call/trace.h"
#include "hal.h"
#include "printf.h"
#include "x86/cpu.h"
#include "x86/insn.h"
#include "x86/trap/trap.h"

#define BACKTRACE_MAX    24
#define DEBUG_EXIT_PORT  0xf4
#define DEBUG_EXIT_PANIC 3

bool panic_stays, panic_debug_exit;

/* The first CPU that panics, plus 1; the others only stop. */
static uint32_t panicking;

static bool on_area_stack(uint64_t rsp)
{
    return rsp - PERCPU_VA < ((uint64_t)CONFIG_MAX_CPUS << AREA_SHIFT);
}

/*
 * Names of functions: empty in the first link, made by symbols.awk from it
 * for the second.
 */
struct symbol_table {
    uint32_t count;
    struct {
        uint32_t address; /* from image_start */
        uint32_t name;    /* from the end of the entries */
    } entries[];
};

extern const char symbols_start[], symbols_end[];
extern const char image_start[], text_end[];

/* The function that holds address, and how far into it; NULL: not in text. */
static const char *symbol_find(uint64_t address, uint64_t *offset)
{
    const struct symbol_table *t = (const void *)symbols_start;
    uint32_t at = (uint32_t)(address - (uint64_t)image_start), i = 0;

    if (address < (uint64_t)image_start || address >= (uint64_t)text_end ||
        &symbols_start[0] == &symbols_end[0])
        return NULL;
    while (i < t->count && t->entries[i].address <= at)
        i++;
    if (!i)
        return NULL;
    *offset = at - t->entries[i - 1].address;
    return (const char *)&t->entries[t->count] + t->entries[i - 1].name;
}

static void print_frame(uint64_t address)
{
    uint64_t offset;
    const char *name = symbol_find(address, &offset);

    hv_printf(LOG_ERROR, "  %016lx %s+0x%lx\n", address, name ? name : "?",
              name ? offset : 0);
}

/* Two words at rbp can be read, and are of a stack of this CPU. */
static bool frame_ok(uint64_t rbp)
{
    uint64_t offset = rbp & (AREA_SIZE - 1);

    return on_area_stack(rbp) && !(rbp & 7) &&
           offset >= AREA_DATA_PAGES * 4096 && offset <= AREA_STACK_TOP - 16 &&
           this_cpu()->area_pte[offset >> 12];
}

/*
 * Frame pointers are followed while they rise within one stack: a stray one
 * must not make a panic fault again. Return addresses are shown less 1: a
 * call that does not return may be the last of its function.
 */
static void print_backtrace(uint64_t rip, uint64_t rbp)
{
    hv_printf(LOG_ERROR, "Call chain, newest first:\n");
    print_frame(rip);
    for (int i = 0; i < BACKTRACE_MAX && frame_ok(rbp); i++) {
        const uint64_t *frame = (const uint64_t *)rbp;

        if (!symbol_find(frame[1] - 1, &(uint64_t){0}))
            return;
        print_frame(frame[1] - 1);
        if (frame[0] <= rbp || (frame[0] ^ rbp) >> AREA_SHIFT)
            return;
        rbp = frame[0];
    }
}

static void print_registers(const struct cpu_user_regs *r)
{
    hv_printf(LOG_ERROR, "rip %04x:%016lx  rsp %04x:%016lx  rflags %08lx\n",
              r->cs, r->rip, r->ss, r->rsp, r->rflags);
    hv_printf(LOG_ERROR, "rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n",
              r->rax, r->rbx, r->rcx, r->rdx);
    hv_printf(LOG_ERROR, "rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n",
              r->rsi, r->rdi, r->rbp, r->r8);
    hv_printf(LOG_ERROR, "r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n",
              r->r9, r->r10, r->r11, r->r12);
    hv_printf(LOG_ERROR, "r13 %016lx  r14 %016lx  r15 %016lx\n", r->r13, r->r14,
              r->r15);
    hv_printf(LOG_ERROR, "cr0 %08lx  cr2 %016lx  cr3 %016lx  cr4 %08lx\n",
              read_cr0(), read_cr2(), read_cr3(), read_cr4());
}

_Noreturn static void stop(void)
{
    if (panic_debug_exit)
        outb(DEBUG_EXIT_PORT, DEBUG_EXIT_PANIC);
    if (!panic_stays)
        hal_power(HAL_RESET);
    hv_printf(LOG_ERROR, "The machine is stopped.\n");
    for (;;)
        hlt();
}

static bool is_early(void)
{
    return !on_area_stack((uint64_t)__builtin_frame_address(0));
}

/* Of several CPUs that panic at once, one gets to tell, and only once. */
static void begin(void)
{
    uint32_t self = is_early() ? 1 : this_cpu()->cpu + 1;
    uint32_t first = 0;

    cli();
    if (__atomic_compare_exchange_n(&panicking, &first, self, false,
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        smp_stop_others();
    else if (first == self)
        stop();
    else
        for (;;)
            hlt();
}

_Noreturn static void finish(uint64_t rip, uint64_t rbp)
{
    if (is_early())
        hv_printf(LOG_ERROR, "during early start-up\n");
    else
        hv_printf(LOG_ERROR, "on CPU %u\n", this_cpu()->cpu);
    print_backtrace(rip, rbp);
    trace_print(&the_hv, panicking - 1);
    stop();
}

void panic_with(const struct cpu_user_regs *regs, const char *why)
{
    begin();
    hv_printf(LOG_ERROR, "\nPANIC: %s, vector %u, code 0x%x\n", why,
              regs->entry_vector, regs->error_code);
    print_registers(regs);
    finish(regs->rip, regs->rbp);
}

void hal_panic(const char *fmt, ...)
{
    va_list args;

    begin();
    hv_printf(LOG_ERROR, "\nPANIC: ");
    va_start(args, fmt);
    hv_vprintf(LOG_ERROR, fmt, args);
    va_end(args);
    hv_printf(LOG_ERROR, "\n");
    finish((uint64_t)__builtin_return_address(0) - 1,
           *(uint64_t *)__builtin_frame_address(0));
}

static void backtrace(const struct cpu_user_regs *r)
{
    hv_printf(LOG_ERROR, "CPU %u, %s:\n", this_cpu()->cpu,
              r->cs & 3 ? "in a guest" : "in the hypervisor");
    print_registers(r);
    if (!(r->cs & 3))
        print_backtrace(r->rip, r->rbp);
}

/*
 * One CPU wants something of another that may not listen otherwise. What no
 * CPU asked for is reported, rarely.
 */
void nmi(struct cpu_user_regs *r)
{
    static uint32_t unknown;
    struct percpu *c = this_cpu();
    uint32_t requests = __atomic_fetch_and(
        &c->requests, ~(uint32_t)REQUEST_BACKTRACE, __ATOMIC_SEQ_CST);

    if (requests & REQUEST_STOP)
        for (;;)
            hlt();
    if (requests & REQUEST_BACKTRACE)
        backtrace(r);
    else if (!__atomic_exchange_n(&unknown, 1, __ATOMIC_RELAXED))
        hv_printf(LOG_ERROR, "CPU %u: NMI of unknown origin\n", c->cpu);
}

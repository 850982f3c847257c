/* SPDX-License-Identifier: MIT */
/* The trap table, and where an exception goes. See guest/trap.h. */
#include <string.h>
#include <guest/console.h>
#include <guest/hypercall.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <guest/trap.h>
#include <guest/vcpu.h>
#include <pv-abi/callback.h>
#include <pv-abi/sched.h>
#include "internal.h"
#include "regs.h"

#define REGS_AT(field, offset)                                                 \
    _Static_assert(offsetof(struct cpu_user_regs, field) == (offset),          \
                   "regs.h disagrees about " #field)
REGS_AT(r15, REGS_R15);
REGS_AT(r12, REGS_R12);
REGS_AT(rbp, REGS_RBP);
REGS_AT(rbx, REGS_RBX);
REGS_AT(r11, REGS_R11);
REGS_AT(r8, REGS_R8);
REGS_AT(rax, REGS_RAX);
REGS_AT(rcx, REGS_RCX);
REGS_AT(rdx, REGS_RDX);
REGS_AT(rsi, REGS_RSI);
REGS_AT(rdi, REGS_RDI);
REGS_AT(error_code, REGS_ERROR);
REGS_AT(entry_vector, REGS_VECTOR);
REGS_AT(rip, REGS_RIP);
REGS_AT(cs, REGS_CS);
REGS_AT(rflags, REGS_RFLAGS);
REGS_AT(rsp, REGS_RSP);
REGS_AT(ss, REGS_SS);
REGS_AT(es, REGS_ES);
REGS_AT(ds, REGS_DS);
REGS_AT(fs, REGS_FS);
REGS_AT(gs, REGS_GS);

/* Software may raise these itself, from user mode too. */
#define DPL_USER ((1u << TRAP_BP) | (1u << TRAP_OF))

#define RPL_USER      3
#define BACKTRACE_MAX 32

static trap_handler_t handlers[TRAP_COUNT];

static const char *const names[TRAP_COUNT] = {
    [TRAP_DE] = "DE", [TRAP_DB] = "DB", [TRAP_NMI] = "NMI", [TRAP_BP] = "BP",
    [TRAP_OF] = "OF", [TRAP_BR] = "BR", [TRAP_UD] = "UD",   [TRAP_NM] = "NM",
    [TRAP_DF] = "DF", [TRAP_TS] = "TS", [TRAP_NP] = "NP",   [TRAP_SS] = "SS",
    [TRAP_GP] = "GP", [TRAP_PF] = "PF", [TRAP_MF] = "MF",   [TRAP_AC] = "AC",
    [TRAP_MC] = "MC", [TRAP_XM] = "XM",
};

const char *trap_name(unsigned int vector)
{
    if (vector < TRAP_COUNT && names[vector])
        return names[vector];
    return "??";
}

trap_handler_t trap_set_handler(unsigned int vector, trap_handler_t handler)
{
    trap_handler_t old = handlers[vector];

    handlers[vector] = handler;
    return old;
}

static struct trap_info trap_entry(unsigned int vector)
{
    return (struct trap_info){
        .vector = vector,
        .flags = DPL_USER & (1u << vector) ? RPL_USER : 0,
        .cs = FLAT_KERNEL_CS,
        .address = trap_stubs[vector],
    };
}

/* A fresh table without `hole`: a table cannot name an empty entry. */
static void load_table(unsigned long holes)
{
    struct trap_info table[TRAP_COUNT + 1] = {0};
    size_t count = 0;

    for (unsigned int v = 0; v < TRAP_COUNT; v++)
        if (!(holes & (1UL << v)))
            table[count++] = trap_entry(v);
    if (holes)
        hypercall_set_trap_table(NULL);
    if (hypercall_set_trap_table(table))
        panic("set_trap_table refused");
}

void trap_install(unsigned int vector, int installed)
{
    static unsigned long holes;

    if (installed)
        holes &= ~(1UL << vector);
    else
        holes |= 1UL << vector;
    load_table(holes);
}

static void register_callback(uint16_t type, void (*entry)(void))
{
    struct callback_register reg = {
        .type = type,
        .address = (uint64_t)(uintptr_t)entry,
    };

    if (hypercall_callback_op(CALLBACKOP_register, &reg))
        panic("callback %u refused", type);
}

void traps_init(void)
{
    load_table(0);
    register_callback(CALLBACKTYPE_event, event_callback);
    register_callback(CALLBACKTYPE_failsafe, failsafe_callback);
    register_callback(CALLBACKTYPE_syscall, syscall_callback);
}

uint64_t trap_fault_address(void)
{
    uint64_t cr2;

    if (this_vcpu()->info)
        return this_vcpu()->info->arch.cr2;
    /* Before the shared page is mapped: the hypervisor emulates this one. */
    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    return cr2;
}

void backtrace_print(uint64_t rip, uint64_t rbp)
{
    uint64_t id;

    memcpy(&id, image_id, sizeof(id));
    kprintf("backtrace, build %016lx:\n", __builtin_bswap64(id));
    for (int depth = 0; depth < BACKTRACE_MAX; depth++) {
        const uint64_t *frame = (const uint64_t *)(uintptr_t)rbp;

        kprintf("  [<%016lx>]\n", rip);
        if (rbp & 7 || !memory_is_mapped(rbp) || !memory_is_mapped(rbp + 8))
            break;
        if (!frame[1] || frame[0] <= rbp)
            break; /* the end, or nonsense: frames only go up */
        rip = frame[1] - 1;
        rbp = frame[0];
    }
}

void trap_dump(const struct cpu_user_regs *r)
{
    kprintf("rip %016lx  cs %04x  rflags %08lx  upcalls %s\n", r->rip, r->cs,
            r->rflags, r->saved_upcall_mask ? "masked" : "open");
    kprintf("rsp %016lx  ss %04x  error %08x\n", r->rsp, r->ss, r->error_code);
    kprintf("rax %016lx  rbx %016lx  rcx %016lx\n", r->rax, r->rbx, r->rcx);
    kprintf("rdx %016lx  rsi %016lx  rdi %016lx\n", r->rdx, r->rsi, r->rdi);
    kprintf("rbp %016lx  r8  %016lx  r9  %016lx\n", r->rbp, r->r8, r->r9);
    kprintf("r10 %016lx  r11 %016lx  r12 %016lx\n", r->r10, r->r11, r->r12);
    kprintf("r13 %016lx  r14 %016lx  r15 %016lx\n", r->r13, r->r14, r->r15);
    backtrace_print(r->rip, r->rbp);
}

static void __attribute__((noreturn)) report(struct cpu_user_regs *regs)
{
    static bool reporting;
    uint32_t vector = regs->entry_vector;

    if (reporting) /* the report itself faulted: say no more */
        shutdown(SHUTDOWN_crash);
    reporting = true;
    kprintf("\nunhandled exception #%s (%u)", trap_name(vector), vector);
    if (vector == TRAP_PF)
        kprintf(" at address %016lx", trap_fault_address());
    if (this_vcpu()->current)
        kprintf(" in thread %s", thread_name(this_vcpu()->current));
    kprintf("\n");
    trap_dump(regs);
    shutdown(SHUTDOWN_crash);
}

void trap_dispatch(struct cpu_user_regs *regs)
{
    uint32_t vector = regs->entry_vector;

    if (vector == TRAP_VECTOR_EVENT) {
        evtchn_upcall();
        return;
    }
    if (vector == TRAP_VECTOR_FAILSAFE || vector == TRAP_NM)
        return; /* the hypervisor has already put right what was wrong */
    if ((regs->cs & 3) == RPL_USER)
        user_stopped(regs);
    if (probe_caught(regs))
        return;
    if (vector < TRAP_COUNT && handlers[vector])
        handlers[vector](regs);
    else
        report(regs);
}

/* SPDX-License-Identifier: MIT */
/*
 * What every exception, interrupt and system call comes to.
 * Source: abi/traps-and-privops.md 2, 8.
 */
#include <string.h>

#include "call/dispatch.h"
#include "domain/domain.h"
#include "hal.h"
#include "mm/vcpu_mmu.h"
#include "printf.h"
#include "x86/cpu.h"
#include "x86/devices.h"
#include "x86/entry/entry.h"
#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/trap/emulate.h"
#include "x86/trap/trap.h"

_Static_assert(HAL_ENTRY_SYSCALL == VEC_SYSCALL, "one bit, two names");

/* `int 0x80` without a handler: the error code a processor would give. */
#define INT80_CODE (VEC_INT80 * 8 + 2)

/* Bits of DR6 that report something; they gather until the guest clears. */
#define DR6_REPORTS 0xe00f

struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_middle;
    uint32_t offset_high, zero;
};

#define GATE_INTERRUPT 0x8e /* present, interrupts off on entry */
#define GATE_DPL3      0x60

static struct gate idt[256] __attribute__((aligned(4096)));

/* May strike while RSP is a guest's, or worth nothing. */
static const uint8_t ist_of[256] = {
    [VEC_DB] = IST_DB, /* on the first instruction of a syscall stub, too */
    [VEC_NMI] = IST_NMI,
    [VEC_DF] = IST_DF,
    [VEC_MC] = IST_MC,
};

void idt_init(void)
{
    for (unsigned int v = 0; v < 256; v++) {
        uint64_t at = (uint64_t)vector_stubs + v * VECTOR_STUB_SIZE;
        bool open = v == VEC_BP || v == VEC_OF || v == VEC_INT80;

        idt[v] = (struct gate){
            .offset_low = (uint16_t)at,
            .selector = SEL_RING0_CODE,
            .ist = ist_of[v],
            .type = GATE_INTERRUPT | (open ? GATE_DPL3 : 0),
            .offset_middle = (uint16_t)(at >> 16),
            .offset_high = (uint32_t)(at >> 32),
        };
    }
}

void idt_load(void)
{
    struct table_pointer pointer = {sizeof(idt) - 1, (uint64_t)idt};

    lidt(&pointer);
}

/* The byte of this CPU's LDT that address is, or -1: another address. */
static int64_t ldt_offset(const struct percpu *c, uint64_t address)
{
    uint64_t offset = address - ((uint64_t)c + AREA_LDT);

    return offset < VCPU_LDT_FRAMES * PAGE_SIZE ? (int64_t)offset : -1;
}

static void page_fault(struct vcpu *v, uint64_t address, struct effects *fx)
{
    uint32_t code = v->regs->error_code;
    int64_t offset = ldt_offset(this_cpu(), address);

    if (unlikely(offset >= 0) && !(code & PF_USER)) {
        if (!(code & PF_PRESENT) &&
            vcpu_map_ldt_page(v, (unsigned int)(offset >> PAGE_SHIFT)) == 0)
            return;
        bounce_page_fault(v, v->mmu.ldt_base + (uint64_t)offset, 0, fx);
        return;
    }
    if (unlikely(code & PF_RESERVED)) {
        domain_crash(v->d, fx,
                     "vCPU %u: a page-table entry for 0x%lx has reserved bits",
                     v->id, address);
        return;
    }
    if (v->kernel_mode && emulate_table_write(v, address, code, fx))
        return;
    bounce_page_fault(v, address, code, fx);
}

/* A selector in the LDT is loaded on the way in: its page may be missing. */
static bool page_fault_inside(struct cpu_user_regs *r, uint64_t address)
{
    struct percpu *c = this_cpu();
    int64_t offset = ldt_offset(c, address);

    return offset >= 0 && c->current && !(r->error_code & PF_PRESENT) &&
           vcpu_map_ldt_page(c->current,
                             (unsigned int)(offset >> PAGE_SHIFT)) == 0;
}

/*
 * Interrupts only leave a mark; the work is done on the way out
 * (entry/exit.c), or by the idle loop.
 */
static void interrupt(unsigned int vector)
{
    struct percpu *c = this_cpu();

    switch (vector) {
    case VEC_SPURIOUS:
        return; /* gets no end of interrupt */
    case VEC_TIMER:
        c->timer_fired = true;
        break;
    case VEC_FLUSH:
        tlb_serve();
        break;
    case VEC_RESCHED:
        break; /* percpu.resched was set by the sender */
    case VEC_UART:
        c->uart_fired = true;
        break;
    default:
        hv_printf(LOG_DEBUG, "CPU %u: interrupt %u, unasked\n", c->cpu, vector);
    }
    apic_eoi();
}

static void int80(struct vcpu *v, struct effects *fx)
{
    if (v->entry.traps[VEC_INT80].address) {
        bounce_interrupt(v, VEC_INT80, fx);
        return;
    }
    v->regs->rip -= 2;
    bounce_trap(v, VEC_GP, INT80_CODE, fx);
}

static void exception(struct vcpu *v, uint64_t cr2, struct effects *fx)
{
    struct cpu_user_regs *r = v->regs;
    unsigned int vector = r->entry_vector;

    switch (vector) {
    case VEC_GP:
        general_protection(v, fx);
        return;
    case VEC_PF:
        page_fault(v, cr2, fx);
        return;
    case VEC_INT80:
        int80(v, fx);
        return;
    case VEC_DB:
        v->debugreg[6] |= read_dr6() & DR6_REPORTS;
        write_dr6(DR6_RESET);
        break;
    case VEC_UD:
        if (forced_cpuid(v, fx))
            return;
        break;
    case VEC_NM: /* TS is set in hardware only while the guest's own is. */
        v->fpu_ts = false;
        fpu_set_ts(false);
        break;
    case VEC_DE:
    case VEC_BP:
    case VEC_OF:
    case VEC_BR:
    case VEC_TS:
    case VEC_NP:
    case VEC_SS:
    case VEC_MF:
    case VEC_AC:
    case VEC_XM:
        break;
    default:
        domain_crash(v->d, fx, "vCPU %u: vector %u, which no guest can raise",
                     v->id, vector);
        return;
    }
    bounce_trap(v, vector, r->error_code, fx);
}

/* What is the same whatever was interrupted. True: it is done. */
static bool served_anywhere(struct cpu_user_regs *regs)
{
    switch (regs->entry_vector) {
    case VEC_NMI:
        nmi(regs);
        return true;
    case VEC_DF:
        panic_with(regs, "double fault");
    case VEC_MC:
        panic_with(regs, "machine check");
    default:
        return false;
    }
}

void trap_from_guest(struct cpu_user_regs *regs)
{
    uint64_t cr2 = read_cr2(); /* before anything can fault */
    unsigned int vector = regs->entry_vector;
    struct vcpu *v = this_cpu()->current;
    struct effects fx;

    if (served_anywhere(regs))
        return; /* straight to the IRETQ: it lets the next NMI in */
    effects_init(&fx);
    if (vector >= VEC_FIRST_IRQ && vector != VEC_INT80)
        interrupt(vector);
    else
        exception(v, cr2, &fx);
    exit_work(&fx);
}

/*
 * To the callback of a type. Without one, or from the guest's kernel, `syscall`
 * is undefined; `sysenter` does not tell where it came from.
 */
static void user_call(struct vcpu *v, unsigned int type, struct effects *fx)
{
    bool sysenter = type == CALLBACKTYPE_sysenter;

    if (v->entry.callback[type].address && (sysenter || !v->kernel_mode)) {
        if (!sysenter)
            v->regs->rflags &= ~(uint64_t)EFLAGS_DF;
        bounce_callback(v, type, fx);
    } else if (sysenter) {
        bounce_trap(v, VEC_GP, 0, fx);
    } else {
        v->regs->rip -= 2;
        bounce_trap(v, VEC_UD, 0, fx);
    }
}

void syscall_from_guest(struct cpu_user_regs *regs)
{
    struct vcpu *v = this_cpu()->current;
    struct effects fx;

    effects_init(&fx);
    if (likely(v->kernel_mode))
        hypercall(v, &fx);
    else
        user_call(v, CALLBACKTYPE_syscall, &fx);
    exit_work(&fx);
}

void rare_call_from_guest(struct cpu_user_regs *regs, unsigned int type)
{
    struct effects fx;

    effects_init(&fx);
    regs->rflags &=
        ~(uint64_t)(type == CALLBACKTYPE_sysenter ? EFLAGS_NT | EFLAGS_TF
                                                  : EFLAGS_DF);
    user_call(this_cpu()->current, type, &fx);
    exit_work(&fx);
}

/*
 * The IRETQ into a guest faulted, on registers the guest chose. All of its
 * general registers had been loaded, so they are in r; the frame that IRETQ
 * read is where it was, at the top of the stack. Together they are the guest
 * at the point where it wanted to go, and the exception is its own. No
 * instruction of it was run, so none is emulated: a guest that is never
 * entered is never interrupted.
 */
static struct cpu_user_regs *iret_failed(struct cpu_user_regs *r, uint64_t cr2)
{
    struct percpu *c = this_cpu();
    struct cpu_user_regs *guest = guest_regs(c);
    uint32_t vector = r->entry_vector, code = r->error_code;
    struct effects fx;

    /* They overlap; after this r is gone. */
    memmove(guest, r, offsetof(struct cpu_user_regs, error_code));
    guest->entry_vector = vector;
    guest->error_code = code;
    effects_init(&fx);
    if (vector == VEC_GP)
        bounce_trap(c->current, VEC_GP, code, &fx);
    else
        exception(c->current, cr2, &fx);
    exit_work(&fx);
    return guest;
}

struct extable_entry {
    int32_t from, to;
};

extern const struct extable_entry extable_start[], extable_end[];

/* Some two dozen entries: a search by halves would not be faster. */
static uint64_t extable_find(uint64_t rip)
{
    for (const struct extable_entry *e = extable_start; e < extable_end; e++)
        if ((uint64_t)&e->from + (int64_t)e->from == rip)
            return (uint64_t)&e->to + (int64_t)e->to;
    return 0;
}

struct cpu_user_regs *trap_from_hypervisor(struct cpu_user_regs *regs)
{
    uint64_t cr2 = read_cr2();
    unsigned int vector = regs->entry_vector;
    uint64_t fixup;

    if (vector >= VEC_FIRST_IRQ) {
        interrupt(vector);
        return regs;
    }
    if (served_anywhere(regs))
        return regs;
    if (vector == VEC_DB) {
        /* A breakpoint that a guest set on its own memory, hit by a copy, or
         * by `syscall` behind a MOV SS: nobody is told (abi/memory.md 13,
         * XSA-260). */
        write_dr6(DR6_RESET);
        return regs;
    }
    if (vector == VEC_PF && page_fault_inside(regs, cr2))
        return regs;
    if (regs->rip == (uint64_t)guest_iret)
        return iret_failed(regs, cr2);
    fixup = extable_find(regs->rip);
    if (!fixup)
        panic_with(regs, "exception in the hypervisor");
    regs->rip = fixup;
    return regs;
}

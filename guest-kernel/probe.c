/* SPDX-License-Identifier: MIT */
/* Calls that may fault. See guest/probe.h; the asm half is probe_enter(). */
#include <guest/probe.h>
#include <guest/trap.h>
#include "internal.h"

#define RFLAGS_TF 0x100UL
#define RFLAGS_DF 0x400UL
#define RFLAGS_AC 0x40000UL

/* Before there are threads, start-up probes too. */
static struct probe *boot_probe;

static struct probe **innermost(void)
{
    struct thread *self = this_vcpu()->current;

    return self ? &self->probe : &boot_probe;
}

bool probe_run(struct probe *p, void (*fn)(void *), void *arg)
{
    struct probe **top = innermost();
    bool returned;

    p->outer = *top;
    *top = p;
    returned = probe_enter(&p->resume, fn, arg);
    *innermost() = p->outer;
    return returned;
}

bool probe_caught(struct cpu_user_regs *regs)
{
    struct probe *p = *innermost();

    /* An exception of an event handler is not the thread's. */
    if (!p || this_vcpu()->in_upcall)
        return false;
    p->vector = regs->entry_vector;
    p->error_code = regs->error_code;
    p->rip = regs->rip;
    p->rsp = regs->rsp;
    p->address = p->vector == TRAP_PF ? trap_fault_address() : 0;
    regs->rbx = p->resume.rbx;
    regs->rbp = p->resume.rbp;
    regs->r12 = p->resume.r12;
    regs->r13 = p->resume.r13;
    regs->r14 = p->resume.r14;
    regs->r15 = p->resume.r15;
    regs->rsp = p->resume.rsp;
    regs->rip = p->resume.rip;
    /* Also of code that had lost its segments. */
    regs->cs = FLAT_KERNEL_CS & ~3;
    regs->ss = FLAT_KERNEL_SS;
    regs->rflags &= ~(RFLAGS_TF | RFLAGS_DF | RFLAGS_AC); /* as C expects */
    return true;
}

struct access {
    volatile uint64_t *address;
    uint64_t value;
};

static void do_read(void *arg)
{
    struct access *a = arg;

    a->value = *a->address;
}

static void do_write(void *arg)
{
    struct access *a = arg;

    *a->address = a->value;
}

bool probe_read64(struct probe *p, const void *address, uint64_t *value)
{
    struct access a = {.address = (volatile uint64_t *)(uintptr_t)address};
    bool ok = probe_run(p, do_read, &a);

    if (ok)
        *value = a.value;
    return ok;
}

bool probe_write64(struct probe *p, void *address, uint64_t value)
{
    struct access a = {.address = address, .value = value};

    return probe_run(p, do_write, &a);
}

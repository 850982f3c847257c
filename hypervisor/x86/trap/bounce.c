/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "domain/domain.h"
#include "domain/entry_calls.h"
#include "domain/version.h"
#include "event/upcall.h"
#include "hal.h"
#include "x86/layout.h"
#include "x86/regs.h"
#include "x86/trap/trap.h"

/* Gone on entry to a handler; DF and the arithmetic flags stay. */
#define FLAGS_CLEARED                                                          \
    (EFLAGS_AC | EFLAGS_VM | EFLAGS_RF | EFLAGS_NT | EFLAGS_TF)

/* One way into the guest's kernel. */
struct entry {
    uint64_t handler;
    bool masks_events;
    bool has_code, has_segments; /* in its frame */
    uint32_t code;
    const char *kind; /* and number: for the reason of a crash */
    unsigned int number;
};

static uint64_t virtual_flags(const struct vcpu *v, uint64_t rflags)
{
    rflags &= ~(uint64_t)(EFLAGS_IF | EFLAGS_IOPL);
    if (!vcpu_upcall_masked(v))
        rflags |= EFLAGS_IF;
    if (vm_assist_is_on(v->d, VMASST_TYPE_architectural_iopl))
        rflags |= (uint64_t)v->entry.iopl << 12;
    return rflags;
}

/* RPL tells the handler which mode it interrupted; bit 32 the mask. */
static uint64_t virtual_cs(const struct vcpu *v)
{
    uint64_t cs = v->kernel_mode ? v->regs->cs & ~3u : v->regs->cs | 3u;

    return cs | (uint64_t)vcpu_upcall_masked(v) << 32;
}

/* Fill the frame, low address first; returns its words. */
static unsigned int fill(const struct vcpu *v, const struct entry *e,
                         uint64_t *frame)
{
    const struct cpu_user_regs *r = v->regs;
    unsigned int n = 0;

    frame[n++] = r->rcx;
    frame[n++] = r->r11;
    if (e->has_code)
        frame[n++] = e->code;
    if (e->has_segments) {
        frame[n++] = r->ds;
        frame[n++] = r->es;
        frame[n++] = r->fs;
        frame[n++] = r->gs;
    }
    frame[n++] = r->rip;
    frame[n++] = virtual_cs(v);
    frame[n++] = virtual_flags(v, r->rflags);
    frame[n++] = r->rsp;
    frame[n++] = r->ss;
    return n;
}

static void enter(struct vcpu *v, const struct entry *e, struct effects *fx)
{
    struct cpu_user_regs *r = v->regs;
    uint64_t frame[11], sp;
    unsigned int words = fill(v, e, frame);

    if (!e->handler || !va_is_canonical(e->handler)) {
        domain_crash(v->d, fx,
                     "vCPU %u: no handler for %s %u (code 0x%x), "
                     "rip 0x%lx",
                     v->id, e->kind, e->number, e->code, r->rip);
        return;
    }
    sp = v->kernel_mode ? r->rsp : v->entry.kernel_sp;
    if (vcpu_set_mode(v, true))
        return; /* kernel mode always has tables */
    sp = (sp & ~15ul) - 8 * words;
    if (hal_copy_to_guest(sp, frame, 8 * words)) {
        domain_crash(v->d, fx,
                     "vCPU %u: no stack at 0x%lx for %s %u (code "
                     "0x%x), rip 0x%lx",
                     v->id, sp, e->kind, e->number, e->code, r->rip);
        return;
    }
    if (e->masks_events)
        vcpu_mask_upcalls(v, true);
    r->rip = e->handler;
    r->cs = FLAT_KERNEL_CS;
    r->ss = FLAT_KERNEL_SS;
    r->rsp = sp;
    r->rflags &= ~(uint64_t)FLAGS_CLEARED;
    /* The handler takes RCX and R11 from its frame: SYSRET will do. */
    r->entry_vector = HAL_ENTRY_SYSCALL;
}

static void enter_vector(struct vcpu *v, unsigned int vector, bool has_code,
                         uint32_t code, struct effects *fx)
{
    const struct trap_info *t = &v->entry.traps[vector];
    struct entry e = {
        .handler = t->address,
        .masks_events = t->flags & TI_MASK_EVENTS,
        .has_code = has_code,
        .code = code,
        .kind = "vector",
        .number = vector,
    };

    enter(v, &e, fx);
}

void bounce_trap(struct vcpu *v, unsigned int vector, uint32_t code,
                 struct effects *fx)
{
    enter_vector(v, vector, VEC_WITH_CODE >> vector & 1, code, fx);
}

void bounce_interrupt(struct vcpu *v, unsigned int n, struct effects *fx)
{
    enter_vector(v, n, false, 0, fx);
}

void bounce_page_fault(struct vcpu *v, uint64_t address, uint32_t code,
                       struct effects *fx)
{
    code &= ~(uint32_t)PF_USER;
    if (!v->kernel_mode)
        code |= PF_USER;
    v->cr2 = address;
    shared_write(&v->event.info->arch.cr2, address);
    bounce_trap(v, VEC_PF, code, fx);
}

void bounce_callback(struct vcpu *v, unsigned int type, struct effects *fx)
{
    const struct vcpu_callback *c = &v->entry.callback[type];
    struct entry e = {
        .handler = c->address,
        .masks_events = type == CALLBACKTYPE_event || c->masks_events,
        .has_segments = type == CALLBACKTYPE_failsafe,
        .kind = "callback",
        .number = type,
    };

    enter(v, &e, fx);
}

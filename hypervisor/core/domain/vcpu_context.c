/* SPDX-License-Identifier: MIT */
#include "domain/vcpu_context.h"

#include <string.h>

#include "errno.h"

#include "domain/domain.h"
#include "domain/entry_calls.h"
#include "domain/version.h"
#include "hal.h"
#include "mm/vcpu_mmu.h"
#include "sched/runqueue.h"

#define LDT_ENTRIES 8192

/* Bits of RFLAGS: always set; interrupts on; and what is not a guest's. */
#define RFLAGS_FIXED      (1ul << 1)
#define RFLAGS_IF         (1ul << 9)
#define RFLAGS_IOPL_SHIFT 12
#define RFLAGS_GUEST      0x250dd5ul /* arithmetic, TF, DF, RF, AC, ID */

/* CR0 as a guest sees it: PE, MP, ET, NE, WP, AM, PG; and TS. */
#define CR0_GUEST 0x80050033ul
#define CR0_TS    (1ul << 3)

static bool addresses_ok(const struct vcpu_guest_context *c)
{
    const uint64_t addresses[] = {
        c->user_regs.rip,
        c->event_callback_eip,
        c->failsafe_callback_eip,
        c->syscall_callback_eip,
        c->fs_base,
        c->gs_base_kernel,
        c->gs_base_user,
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(addresses); i++)
        if (!va_is_canonical(addresses[i]))
            return false;
    for (unsigned int i = 0; i < VCPU_TRAPS; i++)
        if (!va_is_canonical(c->trap_ctxt[i].address))
            return false;
    return true;
}

static mfn_t base_of(uint64_t cr3)
{
    return cr3 ? mfn_of(xen_cr3_to_pfn(cr3)) : MFN_INVALID;
}

/* Whether v, which may have run with them, keeps its tables. */
static bool keeps_tables(const struct vcpu *v,
                         const struct vcpu_guest_context *c)
{
    if (!mfn_eq(base_of(c->ctrlreg[3]), v->mmu.kernel_base) ||
        !mfn_eq(base_of(c->ctrlreg[1]), v->mmu.user_base) ||
        c->ldt_ents != v->mmu.ldt_entries ||
        (c->ldt_ents && c->ldt_base != v->mmu.ldt_base) ||
        c->gdt_ents != v->mmu.gdt_entries)
        return false;
    for (unsigned int i = 0; i * 512 < c->gdt_ents; i++)
        if (c->gdt_frames[i] != v->mmu.gdt_frames[i].n)
            return false;
    return true;
}

static int check(const struct vcpu *v, const struct vcpu_guest_context *c)
{
    /* Teardown lets go of tables once; it begins under the same lock. */
    if (v->d->dying != DOMAIN_ALIVE)
        return -EINVAL;
    if (!addresses_ok(c))
        return -EINVAL;
    if (!(c->flags & VGCF_in_kernel) && c->ctrlreg[1] == 0)
        return -EINVAL;
    if (c->ctrlreg[3] == 0 || c->ldt_ents > LDT_ENTRIES ||
        c->gdt_ents > FIRST_RESERVED_GDT_ENTRY)
        return -EINVAL;
    /* Above the vCPUs in shared_info a guest brings its own vcpu_info. */
    if (v->id >= XEN_LEGACY_MAX_VCPUS && v->event.info == &v->event.own)
        return -EINVAL;
    if (v->initialised && !keeps_tables(v, c))
        return -EOPNOTSUPP;
    return 0;
}

static int take_tables(struct vcpu *v, const struct vcpu_guest_context *c,
                       struct effects *fx)
{
    int error;

    error = vcpu_set_ldt(v, c->ldt_base, (unsigned int)c->ldt_ents);
    if (error)
        return error;
    error = vcpu_set_gdt(v, c->gdt_frames, (unsigned int)c->gdt_ents);
    if (!error)
        error = vcpu_set_base(v, BASE_KERNEL, base_of(c->ctrlreg[3]), fx);
    if (!error)
        error = vcpu_set_base(v, BASE_USER, base_of(c->ctrlreg[1]), fx);
    if (error && error != -ERESTART)
        vcpu_mm_drop(v);
    return error;
}

static void set_registers(struct vcpu *v, const struct cpu_user_regs *from)
{
    struct cpu_user_regs *regs = v->regs;

    *regs = *from;
    regs->error_code = 0;
    regs->entry_vector = 0;
    regs->saved_upcall_mask = 0;
    regs->cs |= 3;
    regs->ss |= 3;
    regs->rflags = (from->rflags & RFLAGS_GUEST) | RFLAGS_FIXED | RFLAGS_IF;
    v->entry.iopl = (from->rflags >> RFLAGS_IOPL_SHIFT) & 3;
}

static void set_entries(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct vcpu_entry *e = &v->entry;

    for (unsigned int i = 0; i < VCPU_TRAPS; i++) {
        e->traps[i] = c->trap_ctxt[i];
        e->traps[i].vector = (uint8_t)i;
        e->traps[i].cs |= 3;
    }
    e->callback[CALLBACKTYPE_event].address = c->event_callback_eip;
    e->callback[CALLBACKTYPE_failsafe] = (struct vcpu_callback){
        c->failsafe_callback_eip, c->flags & VGCF_failsafe_disables_events};
    e->callback[CALLBACKTYPE_syscall] = (struct vcpu_callback){
        c->syscall_callback_eip, c->flags & VGCF_syscall_disables_events};
    e->kernel_ss = (uint16_t)c->kernel_ss | 3;
    e->kernel_sp = c->kernel_sp;
}

/* A value that the instruction would refuse leaves its register as it is. */
static void set_debugregs(struct vcpu *v, const struct vcpu_guest_context *c)
{
    static const uint32_t real[] = {0, 1, 2, 3, 6, 7};

    for (unsigned int i = 0; i < ARRAY_SIZE(real); i++)
        if (debugreg_write(v, real[i], c->debugreg[real[i]]))
            continue;
}

static void commit(struct vcpu *v, const struct vcpu_guest_context *c,
                   struct effects *fx)
{
    set_registers(v, &c->user_regs);
    set_entries(v, c);
    v->seg.fs_base = c->fs_base;
    v->seg.gs_base_kernel = c->gs_base_kernel;
    v->seg.gs_base_user = c->gs_base_user;
    v->seg.gs_user_sel = 0;
    v->kernel_mode = c->flags & VGCF_in_kernel;
    v->fpu_ts = false;
    if (v->id == 0)
        v->d->vm_assist = c->vm_assist & VM_ASSIST_KNOWN;
    set_debugregs(v, c);
    v->initialised = true;
    if (c->flags & VGCF_online)
        vcpu_up(v, hal_now_ns(), fx);
    else
        vcpu_down(v, fx);
}

static int set_context(struct vcpu *v, const struct vcpu_guest_context *c,
                       bool first, struct effects *fx)
{
    int error;

    spin_guard(&v->d->lock);
    error = first && v->initialised ? -EEXIST : check(v, c);
    if (!error && !v->initialised)
        error = take_tables(v, c, fx);
    if (!error)
        commit(v, c, fx);
    return error;
}

int vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c,
                     struct effects *fx)
{
    return set_context(v, c, false, fx);
}

int vcpu_initialise(struct vcpu *v, const struct vcpu_guest_context *c,
                    struct effects *fx)
{
    return set_context(v, c, true, fx);
}

static uint64_t cr3_of(mfn_t base)
{
    return mfn_is_valid(base) ? xen_pfn_to_cr3(base.n) : 0;
}

static void get_tables(const struct vcpu *v, struct vcpu_guest_context *c)
{
    spin_lock(&v->d->mm_lock); /* teardown may let go of them meanwhile */
    c->ldt_base = v->mmu.ldt_base;
    c->ldt_ents = v->mmu.ldt_entries;
    c->gdt_ents = v->mmu.gdt_entries;
    for (unsigned int i = 0; i * 512 < v->mmu.gdt_entries; i++)
        c->gdt_frames[i] = v->mmu.gdt_frames[i].n;
    c->ctrlreg[0] = CR0_GUEST | (v->fpu_ts ? CR0_TS : 0);
    c->ctrlreg[1] = cr3_of(v->mmu.user_base);
    c->ctrlreg[2] = v->cr2;
    c->ctrlreg[3] = cr3_of(v->mmu.kernel_base);
    c->ctrlreg[4] = v->cr4;
    spin_unlock(&v->d->mm_lock);
}

static void get_entries(const struct vcpu *v, struct vcpu_guest_context *c)
{
    const struct vcpu_entry *e = &v->entry;

    memcpy(c->trap_ctxt, e->traps, sizeof(c->trap_ctxt));
    c->event_callback_eip = e->callback[CALLBACKTYPE_event].address;
    c->failsafe_callback_eip = e->callback[CALLBACKTYPE_failsafe].address;
    c->syscall_callback_eip = e->callback[CALLBACKTYPE_syscall].address;
    c->kernel_ss = e->kernel_ss;
    c->kernel_sp = e->kernel_sp;
    if (e->callback[CALLBACKTYPE_failsafe].masks_events)
        c->flags |= VGCF_failsafe_disables_events;
    if (e->callback[CALLBACKTYPE_syscall].masks_events)
        c->flags |= VGCF_syscall_disables_events;
}

int vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
    memset(c, 0, sizeof(*c));
    spin_guard(&v->d->lock);
    if (!v->initialised)
        return -ENODATA;
    c->user_regs = *v->regs;
    c->user_regs.error_code = 0;
    c->user_regs.entry_vector = 0;
    c->user_regs.rflags &= ~(3ul << RFLAGS_IOPL_SHIFT);
    c->user_regs.rflags |= (uint64_t)v->entry.iopl << RFLAGS_IOPL_SHIFT;
    if (v->kernel_mode)
        c->flags |= VGCF_in_kernel;
    if (vcpu_is_online(v))
        c->flags |= VGCF_online;
    get_tables(v, c);
    get_entries(v, c);
    memcpy(c->debugreg, v->debugreg, sizeof(c->debugreg));
    c->vm_assist = v->d->vm_assist;
    c->fs_base = v->seg.fs_base;
    c->gs_base_kernel = v->seg.gs_base_kernel;
    c->gs_base_user = v->seg.gs_base_user;
    return 0;
}

void vcpu_reset(struct vcpu *v, struct effects *fx)
{
    spin_guard(&v->d->lock);
    vcpu_down(v, fx);
    v->initialised = false;
    memset(&v->entry, 0, sizeof(v->entry));
    memset(&v->seg, 0, sizeof(v->seg));
    memset(v->debugreg, 0, sizeof(v->debugreg));
    memset(v->regs, 0, sizeof(*v->regs));
    v->kernel_mode = true;
    vcpu_mm_drop(v);
}

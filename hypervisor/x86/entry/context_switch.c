/* SPDX-License-Identifier: MIT */
#include "domain.h"
#include "hal.h"
#include "sched/clock.h"
#include "sched/runqueue.h"
#include "x86/cpu.h"
#include "x86/devices.h"
#include "x86/entry/entry.h"
#include "x86/insn.h"
#include "x86/paging.h"

#define DR7_ENABLED 0xff
#define CR4_GUEST   (CR4_TSD | CR4_DE | CR4_FSGSBASE)

static uint64_t vcpu_cr3(const struct vcpu *v)
{
    mfn_t m = v->kernel_mode ? v->mmu.kernel_base : v->mmu.user_base;

    return m.n << PAGE_SHIFT;
}

static uint64_t vcpu_hardware_cr4(const struct vcpu *v)
{
    return cpu_features.cr4 | (v->cr4 & CR4_GUEST);
}

static void load_debug_registers(struct percpu *c, const struct vcpu *v)
{
    static const uint64_t none[8] = {[7] = DR7_RESET};
    bool used = v && v->debugreg[7] & DR7_ENABLED;
    const uint64_t *dr = used ? v->debugreg : none;

    if (!used && !c->debug_loaded)
        return;
    write_dr7(DR7_RESET);
    write_dr0(dr[0]);
    write_dr1(dr[1]);
    write_dr2(dr[2]);
    write_dr3(dr[3]);
    write_dr7(dr[7]);
    c->debug_loaded = used;
}

/* Both GS bases are in the CPU: that of the mode that runs is the active one.
 */
static uint32_t gs_base_msr(const struct vcpu *v, bool kernel)
{
    return v->kernel_mode == kernel ? MSR_GS_BASE : MSR_KERNEL_GS_BASE;
}

/* The guest's bases: it may have changed them without telling. */
static void save_segments(struct vcpu *v)
{
    v->regs->ds = read_ds();
    v->regs->es = read_es();
    v->regs->fs = read_fs();
    v->regs->gs = read_gs();
    v->seg.fs_base = rdmsr(MSR_FS_BASE);
    v->seg.gs_base_kernel = rdmsr(gs_base_msr(v, true));
    v->seg.gs_base_user = rdmsr(gs_base_msr(v, false));
}

static void load_bases(const struct vcpu *v, unsigned int what)
{
    if (what & RELOAD_FS_BASE)
        wrmsr(MSR_FS_BASE, v->seg.fs_base);
    if (what & RELOAD_GS_KERNEL)
        wrmsr(gs_base_msr(v, true), v->seg.gs_base_kernel);
    if (what & RELOAD_GS_USER)
        wrmsr(gs_base_msr(v, false), v->seg.gs_base_user);
}

/*
 * Selectors first, because loading one sets the base. One that the guest's
 * descriptor tables do not bear any more becomes 0, and the guest is told
 * by the failsafe callback.
 */
static void load_segments(struct percpu *c, struct vcpu *v)
{
    bool ok = true;

    if (!load_ds_safe(v->regs->ds))
        ok = false, v->regs->ds = 0;
    if (!load_es_safe(v->regs->es))
        ok = false, v->regs->es = 0;
    if (!load_fs_safe(v->regs->fs))
        ok = false, v->regs->fs = 0;
    if (!load_gs_safe(v->regs->gs))
        ok = false, v->regs->gs = 0;
    c->segment_bad = !ok || vcpu_machine(v)->segment_bad;
    load_bases(v, RELOAD_FS_BASE | RELOAD_GS_KERNEL | RELOAD_GS_USER);
}

static void save(struct percpu *c, struct vcpu *v)
{
    vcpu_publish(v);
    save_segments(v);
    fpu_save(v);
    vcpu_machine(v)->segment_bad = c->segment_bad;
    v->saved = *v->regs;
    v->regs = &v->saved;
}

static void load(struct percpu *c, struct vcpu *v)
{
    struct tsc_moment moment;

    if (c->last_domid != v->d->domid)
        spec_switch_domain();
    c->last_domid = v->d->domid;
    cpumask_add_atomic(&v->d->dirty_cpus, c->cpu);
    *guest_regs(c) = v->saved;
    v->regs = guest_regs(c);
    c->current = v;
    c->cr4 = vcpu_hardware_cr4(v);
    descriptor_load_gdt(c, v, false);
    descriptor_load_ldt(c, v, false);
    tlb_load_base(vcpu_cr3(v)); /* with CR4, and the new tables' pages */
    load_segments(c, v);
    load_debug_registers(c, v);
    fpu_load(v);
    moment = tsc_moment();
    vcpu_time_publish(v, moment.tsc, moment.ns);
}

static void load_idle(struct percpu *c)
{
    c->current = NULL;
    c->cr4 = cpu_features.cr4;
    load_ds_safe(0);
    load_es_safe(0);
    load_fs_safe(0);
    load_gs_safe(0);
    descriptor_load_gdt(c, NULL, false);
    descriptor_load_ldt(c, NULL, false);
    load_debug_registers(c, NULL);
    tlb_load_base(idle_l4_phys);
}

void context_switch(struct percpu *c, struct vcpu *next, struct effects *fx)
{
    struct vcpu *prev = c->current;

    if (prev)
        save(c, prev);
    if (next)
        load(c, next);
    else
        load_idle(c);
    if (!prev)
        return;
    if (!next || next->d != prev->d)
        cpumask_remove_atomic(&prev->d->dirty_cpus, c->cpu);
    sched_switched(prev, fx);
}

/* Both see the same global entries, so those stay. */
static void reload_mode(struct percpu *c, struct vcpu *v)
{
    c->cr3 = vcpu_cr3(v);
    write_cr3(c->cr3);
    swapgs();
}

/* The selector of user mode's GS is loaded where its base then belongs. */
static void reload_user_selector(struct vcpu *v)
{
    if (v->kernel_mode)
        swapgs();
    if (!load_gs_safe(v->seg.gs_user_sel))
        v->seg.gs_user_sel = 0;
    if (v->kernel_mode)
        swapgs();
}

void hal_reload(struct vcpu *v, unsigned int what)
{
    struct percpu *c = this_cpu();

    if (c->current != v)
        return;
    if (what & RELOAD_MODE)
        reload_mode(c, v);
    if (what & RELOAD_BASE)
        tlb_load_base(vcpu_cr3(v));
    if (what & RELOAD_GDT)
        descriptor_load_gdt(c, v, true);
    if (what & RELOAD_LDT)
        descriptor_load_ldt(c, v, true);
    load_bases(v, what);
    if (what & RELOAD_GS_USER_SEL)
        reload_user_selector(v);
    if (what & RELOAD_FPU)
        fpu_set_ts(v->fpu_ts);
    if (what & RELOAD_DEBUG)
        load_debug_registers(c, v);
    if (what & RELOAD_CR4) {
        c->cr4 = vcpu_hardware_cr4(v);
        write_cr4(c->cr4);
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * hal_reload: a field of the running vCPU changed, the CPU follows.
 */
#include "hal.h"
#include "vcpu.h"
#include "x86/cpu.h"
#include "x86/entry/context_switch.h"
#include "x86/insn.h"
#include "x86/machine.h"
#include "x86/paging.h"
#include "x86/percpu.h"
#include "x86/regs.h"

/*
 * Kernel and user see the same global entries, so those stay; both GS bases
 * are in the CPU and trade places.
 */
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

static void reload_bases(struct vcpu *v, unsigned int what)
{
    uint32_t kernel = v->kernel_mode ? MSR_GS_BASE : MSR_KERNEL_GS_BASE;
    uint32_t user = v->kernel_mode ? MSR_KERNEL_GS_BASE : MSR_GS_BASE;

    if (what & RELOAD_FS_BASE)
        wrmsr(MSR_FS_BASE, v->seg.fs_base);
    if (what & RELOAD_GS_KERNEL)
        wrmsr(kernel, v->seg.gs_base_kernel);
    if (what & RELOAD_GS_USER)
        wrmsr(user, v->seg.gs_base_user);
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
    reload_bases(v, what);
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

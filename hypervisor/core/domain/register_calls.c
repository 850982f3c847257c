/* SPDX-License-Identifier: MIT */
/*
 * The way back from a trap, and the registers that ring 3 cannot write.
 */
#include <errno.h>

#include <pv-abi/physdev.h>

#include "domain/domain.h"
#include "domain/entry_calls.h"
#include "domain/version.h"
#include "event/upcall.h"
#include "hal.h"
#include "mm/table.h"
#include "speculation.h"

#define RFLAGS_ONE  0x2ull
#define RFLAGS_IF   0x200ull
#define RFLAGS_IOPL 0x3000ull
/* What a guest's iret may set: arithmetic flags, TF, DF, NT, RF, AC, ID. */
#define RFLAGS_GUEST 0x254dd5ull

#define CR4_DE 0x8ull

#define IO_PORTS 65536

int vcpu_set_mode(struct vcpu *v, bool kernel)
{
    if (v->kernel_mode == kernel)
        return 0;
    if (!kernel && !mfn_is_valid(v->mmu.user_base))
        return -EINVAL;
    v->kernel_mode = kernel;
    hal_reload(v, RELOAD_MODE);
    return 0;
}

static void load_iret_frame(struct vcpu *v, const struct iret_context *c)
{
    struct cpu_user_regs *r = v->regs;

    r->rip = c->rip;
    r->cs = (uint16_t)(c->cs | 3);
    r->rflags = (c->rflags & RFLAGS_GUEST) | RFLAGS_ONE | RFLAGS_IF;
    r->rsp = c->rsp;
    r->ss = (uint16_t)(c->ss | 3);
    if (c->flags & VGCF_in_syscall) {
        /* What SYSRET leaves in the two registers it destroys. */
        r->entry_vector = HAL_ENTRY_SYSCALL;
        r->rcx = r->rip;
        r->r11 = r->rflags;
    } else {
        r->entry_vector = 0;
        r->rcx = c->rcx;
        r->r11 = c->r11;
    }
}

int64_t do_iret(struct vcpu *v, struct effects *fx)
{
    uint64_t stack = v->regs->rsp;
    struct iret_context c;

    if (v->in_multicall)
        v->iret_in_multicall = true;
    if (hal_copy_from_guest(&c, stack, sizeof(c))) {
        domain_crash(v->d, fx, "iret: no frame to read at 0x%lx", stack);
        return 0;
    }
    if ((c.cs & 3) == 3 && vcpu_set_mode(v, false)) {
        domain_crash(v->d, fx, "iret to user mode without page tables");
        return 0;
    }
    load_iret_frame(v, &c);
    if (vm_assist_is_on(v->d, VMASST_TYPE_architectural_iopl))
        v->entry.iopl = (c.rflags & RFLAGS_IOPL) >> 12;
    vcpu_mask_upcalls(v, !(c.rflags & RFLAGS_IF));
    v->entry.nmi_masked = false;
    return (int64_t)c.rax;
}

int64_t do_stack_switch(struct vcpu *v, uint64_t ss, uint64_t rsp,
                        struct effects *fx)
{
    v->entry.kernel_ss = (uint16_t)(ss | 3);
    v->entry.kernel_sp = rsp;
    return 0;
}

int64_t do_set_segment_base(struct vcpu *v, uint32_t which, uint64_t base,
                            struct effects *fx)
{
    if (which == SEGBASE_GS_USER_SEL) {
        v->seg.gs_user_sel = (uint16_t)base;
        hal_reload(v, RELOAD_GS_USER_SEL);
        return 0;
    }
    if (!va_is_canonical(base))
        return -EINVAL;
    switch (which) {
    case SEGBASE_FS:
        v->seg.fs_base = base;
        hal_reload(v, RELOAD_FS_BASE);
        return 0;
    case SEGBASE_GS_USER:
        v->seg.gs_base_user = base;
        hal_reload(v, RELOAD_GS_USER);
        return 0;
    case SEGBASE_GS_KERNEL:
        v->seg.gs_base_kernel = base;
        hal_reload(v, RELOAD_GS_KERNEL);
        return 0;
    default:
        return -EINVAL;
    }
}

int64_t do_fpu_taskswitch(struct vcpu *v, uint32_t set, struct effects *fx)
{
    v->fpu_ts = set != 0;
    hal_reload(v, RELOAD_FPU);
    return 0;
}

#define DR6_ONE  0xffff0ff0ull /* read as 1 */
#define DR6_ZERO 0x1000ull     /* read as 0 */
#define DR7_ONE  0x400ull
#define DR7_ZERO 0xd800ull
#define DR7_GD   0x2000ull /* trap on access: the hypervisor would trap */
#define DR7_ON   0xffull   /* any of the four is enabled */

/* Bits 16.. of DR7 hold four bits a breakpoint; 2 in the low two is I/O. */
static bool has_io_breakpoint(uint64_t dr7)
{
    for (unsigned int i = 0; i < 4; i++)
        if ((dr7 >> (16 + 4 * i) & 3) == 2)
            return true;
    return false;
}

/* DR4 and DR5 are other names of DR6 and DR7, unless CR4.DE says no. */
static int resolve(const struct vcpu *v, uint32_t *reg)
{
    if (*reg > 7)
        return -ENODEV;
    if (*reg == 4 || *reg == 5) {
        if (v->cr4 & CR4_DE)
            return -ENODEV;
        *reg += 2;
    }
    *reg = (uint32_t)index_masked(*reg, 8);
    return 0;
}

int debugreg_write(struct vcpu *v, uint32_t reg, uint64_t value)
{
    int rc = resolve(v, &reg);

    if (rc)
        return rc;
    if (reg < 4) {
        if (!va_is_guest(value))
            return -EPERM;
    } else if (value >> 32) {
        return -EINVAL;
    } else if (reg == 6) {
        value = (value & ~DR6_ZERO) | DR6_ONE;
    } else {
        if (value & DR7_GD)
            return -EPERM;
        if ((value & DR7_ON) && has_io_breakpoint(value) && !(v->cr4 & CR4_DE))
            return -EPERM;
        value = (value & ~DR7_ZERO) | DR7_ONE;
    }
    v->debugreg[reg] = value;
    hal_reload(v, RELOAD_DEBUG);
    return 0;
}

int debugreg_read(const struct vcpu *v, uint32_t reg, uint64_t *value)
{
    int rc = resolve(v, &reg);

    if (rc)
        return rc;
    *value = v->debugreg[reg];
    if (reg == 6)
        *value |= DR6_ONE;
    if (reg == 7)
        *value |= DR7_ONE;
    return 0;
}

int64_t do_set_debugreg(struct vcpu *v, uint32_t reg, uint64_t value,
                        struct effects *fx)
{
    return debugreg_write(v, reg, value);
}

int64_t do_get_debugreg(struct vcpu *v, uint32_t reg, struct effects *fx)
{
    uint64_t value;
    int rc = debugreg_read(v, reg, &value);

    return rc ? rc : (int64_t)value;
}

int64_t do_physdev_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                      struct effects *fx)
{
    struct physdev_set_iopl level;
    struct physdev_set_iobitmap map;

    switch (cmd) {
    case PHYSDEVOP_set_iopl:
        if (hal_copy_from_guest(&level, arg.va, sizeof(level)))
            return -EFAULT;
        if (level.iopl > 3)
            return -EINVAL;
        v->entry.iopl = (uint8_t)level.iopl;
        return 0;
    case PHYSDEVOP_set_iobitmap:
        if (hal_copy_from_guest(&map, arg.va, sizeof(map)))
            return -EFAULT;
        if (map.nr_ports > IO_PORTS)
            return -EINVAL;
        /* It stays the guest's; emulation reads a bit when it needs one. */
        v->entry.iobitmap_va = map.bitmap.va;
        v->entry.iobitmap_ports = map.nr_ports;
        return 0;
    default:
        return -ENOSYS;
    }
}

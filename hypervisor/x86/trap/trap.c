/* SPDX-License-Identifier: MIT */
#include "hal.h"
#include "x86/entry/entry.h"
#include "x86/insn.h"
#include "x86/trap/panic.h"

void trap_from_guest(struct cpu_user_regs *regs)
{
    panic_with(regs, "a guest");
}

void syscall_from_guest(struct cpu_user_regs *regs)
{
    panic_with(regs, "a guest");
}

void syscall32_from_guest(struct cpu_user_regs *regs)
{
    panic_with(regs, "a guest");
}

void sysenter_from_guest(struct cpu_user_regs *regs)
{
    panic_with(regs, "a guest");
}

struct cpu_user_regs *trap_from_hypervisor(struct cpu_user_regs *regs)
{
    uint64_t fixup = extable_find(regs->rip);

    if (!fixup)
        panic_with(regs, "exception in the hypervisor");
    regs->rip = fixup;
    return regs;
}

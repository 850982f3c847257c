/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "hal.h"
#include "spinlock.h"
#include "vcpu.h"
#include "x86/entry/context_switch.h"
#include "x86/guest_copy.h"
#include "x86/insn.h"
#include "x86/layout.h"
#include "x86/percpu.h"

bool guest_range_ok(uint64_t va, uint64_t n)
{
    uint64_t last = va + n - 1;

    if (!n)
        return true;
    if (last < va)
        return false;
    /* The gap between the halves is part of what no range may touch. */
    return last < 1ul << 47 || va >= HOLE_END;
}

/*
 * The kernel's tables, also while user mode runs: what a guest registered
 * is an address of its kernel. Global entries are the same in both trees.
 */
static int move(uint64_t guest_va, void *dst, const void *src, size_t n)
{
    struct percpu *c = this_cpu();
    struct vcpu *v = c->current;
    bool other;
    int rc;

    spin_check_none_held();
    if (!v || !guest_range_ok(guest_va, n))
        return -EFAULT;
    other = !v->kernel_mode;
    if (other)
        write_cr3(v->mmu.kernel_base.n << PAGE_SHIFT);
    rc = guest_move(dst, src, n) ? -EFAULT : 0;
    if (other)
        write_cr3(c->cr3);
    return rc;
}

int hal_copy_from_guest(void *dst, uint64_t va, size_t n)
{
    return move(va, dst, (const void *)va, n);
}

int hal_copy_to_guest(uint64_t va, const void *src, size_t n)
{
    return move(va, (void *)va, src, n);
}

bool guest_fetch(void *dst, uint64_t va, size_t n)
{
    return guest_range_ok(va, n) && !guest_move(dst, (const void *)va, n);
}

bool guest_store(uint64_t va, const void *src, size_t n)
{
    return guest_range_ok(va, n) && !guest_move((void *)va, src, n);
}

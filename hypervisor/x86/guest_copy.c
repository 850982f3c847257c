/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "hal.h"
#include "spinlock.h"
#include "x86/cpu.h"
#include "x86/guest_copy.h"
#include "x86/insn.h"

/*
 * The only place where the hypervisor touches memory at an address that a
 * guest chose, and so the only one with stac. Either side may be the
 * guest's; its range has been checked. False after a fault.
 */
static __attribute__((noinline)) bool guest_move(void *dst, const void *src,
                                                 size_t n)
{
    size_t words = n / 8, bytes = n % 8;
    bool ok = false;

    if (cpu_has_smap)
        asm volatile("stac" : : : "memory");
    asm volatile("1: rep movsq\n"
                 "mov %[bytes], %%rcx\n"
                 "2: rep movsb\n"
                 "mov $1, %b[ok]\n"
                 "3:\n" EXTABLE(1b, 3b) EXTABLE(2b, 3b)
                 : "+D"(dst), "+S"(src), "+c"(words), [ok] "+q"(ok)
                 : [bytes] "r"(bytes)
                 : "memory");
    if (cpu_has_smap)
        asm volatile("clac" : : : "memory");
    return ok;
}

/*
 * A guest may grant itself more in a page table and flush nothing: the entry
 * that a TLB still has then forbids what the table allows. The fault drops that
 * entry (SDM vol. 3, 4.10.4.3), so what fails is tried once more.
 */
static bool moved(void *dst, const void *src, size_t n)
{
    return guest_move(dst, src, n) || guest_move(dst, src, n);
}

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
    bool ok;

    spin_check_none_held();
    if (!v || !guest_range_ok(guest_va, n))
        return -EFAULT;
    if (!v->kernel_mode)
        write_cr3(v->mmu.kernel_base.n << PAGE_SHIFT);
    ok = moved(dst, src, n);
    if (!v->kernel_mode)
        write_cr3(c->cr3);
    return ok ? 0 : -EFAULT;
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
    return guest_range_ok(va, n) && moved(dst, (const void *)va, n);
}

bool guest_store(uint64_t va, const void *src, size_t n)
{
    return guest_range_ok(va, n) && moved((void *)va, src, n);
}

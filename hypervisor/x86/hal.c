/* SPDX-License-Identifier: MIT */
/*
 * What core/ asks of the machine and is too small for a file of its own.
 * The rest of hal.h: uart.c, tsc.c, power.c, trap/panic.c, guest_copy.c,
 * tlb.c, fpu.c, entry/reload.c.
 */
#include "hal.h"
#include "x86/paging.h"
#include "x86/percpu.h"

struct hv the_hv;

void *hal_map(mfn_t m)
{
    return phys_to_virt(m.n << PAGE_SHIFT);
}

void hal_unmap(const void *page)
{
}

mfn_t hal_mfn_of(const void *page)
{
    return mfn_of(virt_to_phys(page) >> PAGE_SHIFT);
}

unsigned int hal_cpu(void)
{
    return this_cpu()->cpu;
}

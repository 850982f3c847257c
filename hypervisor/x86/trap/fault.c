/* SPDX-License-Identifier: MIT */
/*
 * Page faults. Most are the guest's business; ours are the LDT, whose pages
 * come in at first use, and stores to L1 tables that the guest asked to have
 * emulated. Source: abi/traps-and-privops.md 2; abi/memory.md 7.
 */
#include "domain/domain.h"
#include "mm/vcpu_mmu.h"
#include "x86/layout.h"
#include "x86/percpu.h"
#include "x86/regs.h"
#include "x86/trap/bounce.h"
#include "x86/trap/emulate.h"
#include "x86/trap/trap.h"

/* The byte of this CPU's LDT that address is, or -1: another address. */
static int64_t ldt_offset(const struct percpu *c, uint64_t address)
{
    uint64_t offset = address - ((uint64_t)c + AREA_LDT);

    return offset < VCPU_LDT_FRAMES * PAGE_SIZE ? (int64_t)offset : -1;
}

void page_fault(struct vcpu *v, uint64_t address, struct effects *fx)
{
    uint32_t code = v->regs->error_code;
    int64_t offset = ldt_offset(this_cpu(), address);

    if (unlikely(offset >= 0) && !(code & PF_USER)) {
        if (!(code & PF_PRESENT) &&
            vcpu_map_ldt_page(v, (unsigned int)(offset >> PAGE_SHIFT)) == 0)
            return;
        bounce_page_fault(v, v->mmu.ldt_base + (uint64_t)offset, 0, fx);
        return;
    }
    if (unlikely(code & PF_RESERVED)) {
        domain_crash(v->d, fx,
                     "vCPU %u: a page-table entry for 0x%lx has "
                     "reserved bits",
                     v->id, address);
        return;
    }
    if (v->kernel_mode && emulate_table_write(v, address, code, fx))
        return;
    bounce_page_fault(v, address, code, fx);
}

/* A selector in the LDT is loaded on the way in: its page may be missing. */
bool page_fault_inside(struct cpu_user_regs *r, uint64_t address)
{
    struct percpu *c = this_cpu();
    int64_t offset = ldt_offset(c, address);

    return offset >= 0 && c->current && !(r->error_code & PF_PRESENT) &&
           vcpu_map_ldt_page(c->current,
                             (unsigned int)(offset >> PAGE_SHIFT)) == 0;
}

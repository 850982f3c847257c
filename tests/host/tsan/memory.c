/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <pv-abi/hypercalls.h>
#include <pv-abi/memory.h>
#include <pv-abi/mmu.h>

#include "fake/machine.h"
#include "guests.h"
#include "mm/calls.h"
#include "mm/vcpu_mmu.h"

/* Of either tree, level 1 to 4. */
static mfn_t any_table(struct cpu *c, unsigned int level)
{
    return guests[self(c) % GUESTS].frame[chance(c, TREES) * 4 + 4 - level];
}

static uint64_t any_entry(struct cpu *c, domid_t id)
{
    static const uint64_t flags[] = {PTE_DATA, PTE_DATA, PTE_RO, 0};

    return pte_make(any_frame(c, id), flags[chance(c, 4)]);
}

static uint64_t table_entry(struct cpu *c, unsigned int level)
{
    if (level == 1)
        return any_entry(c, self(c));
    return chance(c, 3) ? pte_make(any_table(c, level - 1), PTE_TABLE) : 0;
}

static void memory_update(struct cpu *c)
{
    unsigned int level = chance(c, 4) ? 1 : 1 + chance(c, 4);
    mfn_t table = any_table(c, level);
    struct mmu_update op = {
        .ptr = pte_ptr(table, level == 1 ? FIRST_SLOT + chance(c, SLOTS) : 1,
                       MMU_NORMAL_PT_UPDATE),
        .val = table_entry(c, level),
    };
    uint64_t foreign = DOMID_SELF;

    if (self(c) == 0 && chance(c, 4) == 0) {
        foreign = 1 + chance(c, GUESTS - 1);
        op.val = any_entry(c, (domid_t)foreign);
    }
    memcpy(fake_guest(c->arg_va), &op, sizeof(op));
    cpu_call(c, __HYPERVISOR_mmu_update, c->arg_va, 1, 0, foreign);
}

static void memory_ext(struct cpu *c)
{
    static const uint32_t flushes[] = {MMUEXT_TLB_FLUSH_LOCAL,
                                       MMUEXT_TLB_FLUSH_ALL, MMUEXT_INVLPG_ALL};
    unsigned int level = 1 + chance(c, 4);
    struct mmuext_op op = {.arg1.mfn = any_table(c, level).n};

    switch (chance(c, 6)) {
    case 0 ... 1:
        op.cmd = MMUEXT_PIN_L1_TABLE + level - 1;
        break;
    case 2 ... 3:
        op.cmd = MMUEXT_UNPIN_TABLE;
        break;
    case 4:
        op.arg1.mfn = any_table(c, 4).n;
        op.cmd = chance(c, 2) ? MMUEXT_NEW_BASEPTR : MMUEXT_NEW_USER_BASEPTR;
        break;
    default:
        op.cmd = flushes[chance(c, 3)];
    }
    memcpy(fake_guest(c->arg_va), &op, sizeof(op));
    cpu_call(c, __HYPERVISOR_mmuext_op, c->arg_va, 1, 0, DOMID_SELF);
}

/* A frame goes back, and another comes in its place. */
static void memory_reserve(struct cpu *c)
{
    struct xen_memory_reservation op = {
        .extent_start.va = c->arg_va + 256,
        .nr_extents = 1,
        .domid = DOMID_SELF,
    };
    uint64_t *list = fake_guest(c->arg_va + 256);
    struct vcpu *v = c->current;
    mfn_t *m = &guests[self(c)].frame[FIRST_DATA + chance(c, DATA_FRAMES)];

    *list = __atomic_load_n(&m->n, __ATOMIC_RELAXED);
    if (call_op(c, __HYPERVISOR_memory_op, XENMEM_decrease_reservation, &op,
                sizeof(op), 0) != 1 ||
        c->current != v)
        return;
    if (call_op(c, __HYPERVISOR_memory_op, XENMEM_populate_physmap, &op,
                sizeof(op), 0) == 1)
        __atomic_store_n(&m->n, *list, __ATOMIC_RELAXED);
}

/* Pages of descriptors: all zero, or what else is in that frame. */
static void memory_descriptors(struct cpu *c)
{
    struct mmuext_op op = {.cmd = MMUEXT_SET_LDT,
                           .arg1.linear_addr = chance(c, GUEST_FRAMES)
                                               << PAGE_SHIFT,
                           .arg2.nr_ents = 512};
    mfn_t m = any_frame(c, self(c));

    if (chance(c, 2)) {
        memcpy(fake_guest(c->arg_va), &m.n, sizeof(m.n));
        cpu_call(c, __HYPERVISOR_set_gdt, c->arg_va, chance(c, 2) * 512, 0, 0);
        return;
    }
    memcpy(fake_guest(c->arg_va), &op, sizeof(op));
    cpu_call(c, __HYPERVISOR_mmuext_op, c->arg_va, 1, 0, DOMID_SELF);
}

/* The LDT is used; or the kernel writes to its L1 without a call. */
static void serve_fault(struct cpu *c, struct effects *fx)
{
    uint64_t va = (uint64_t)(3 + 4 * chance(c, TREES)) << PAGE_SHIFT, old = 0;

    va += (FIRST_SLOT + chance(c, SLOTS)) * sizeof(uint64_t);
    if (chance(c, 2))
        (void)!vcpu_map_ldt_page(c->current, 0);
    else
        (void)!ptwr_store(c->current, va, 8, any_entry(c, self(c)),
                          chance(c, 2), &old, fx);
}

void memory_step(struct cpu *c)
{
    if (self(c) >= GUESTS)
        return;
    switch (chance(c, 12)) {
    case 0 ... 4:
        memory_update(c);
        break;
    case 5 ... 6:
        cpu_call(c, __HYPERVISOR_update_va_mapping, host_address(c),
                 any_entry(c, self(c)),
                 chance(c, 2) ? UVMF_INVLPG | UVMF_ALL : UVMF_NONE, 0);
        break;
    case 7 ... 8:
        memory_ext(c);
        break;
    case 9:
        memory_descriptors(c);
        break;
    case 10:
        cpu_fault(c, serve_fault);
        break;
    default:
        memory_reserve(c);
    }
}

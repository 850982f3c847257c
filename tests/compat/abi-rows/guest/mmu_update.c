/* SPDX-License-Identifier: MIT */
/* mmu_update: entries of page tables and of the machine-to-physical table. */
#include "calls.h"

#define READ_ONLY(page) PTE(mfn(page), PTE_KERNEL_RO)
#define WRITABLE(page)  PTE(mfn(page), PTE_KERNEL)
#define TABLE(page)     PTE(mfn(page), PTE_TABLE)

#define SLOT_256 256 /* the first of the hypervisor's in a top-level table */

/* A frame number above any memory, within the width of an entry. */
#define BEYOND_MEMORY (1UL << 36)

static long slot(uint64_t entry)
{
    return mmu(world.slot_at, entry);
}

/* Put an entry there, look at it, and take it away: what stood there. */
static long slot_stored(uint64_t entry, uint64_t mask)
{
    long answer = slot(entry);
    uint64_t stored = pt_lookup(pt_root_mfn(), (uint64_t)world.slot, 1, NULL);

    if (answer)
        return answer;
    answer = va_map(world.slot, 0, UVMF_INVLPG);
    return answer ? answer : (long)(stored & mask);
}

static long slot_and_back(uint64_t entry)
{
    return slot_stored(entry, 0);
}

/* The same for an entry of one of the world's tables that is empty. */
static long table_stored(const uint64_t *table, unsigned int index,
                         uint64_t entry, uint64_t mask)
{
    long answer = mmu(at(table, index), entry);
    uint64_t stored = table[index];

    if (answer)
        return answer;
    answer = mmu(at(table, index), 0);
    return answer ? answer : (long)(stored & mask);
}

/* A store to a page that is no table: what it holds afterwards. */
static long plain_store(const uint64_t *page, uint64_t value)
{
    uint64_t before = page[7];
    long answer = mmu(at(page, 7), value);
    uint64_t stored = page[7];

    if (answer)
        return answer;
    answer = mmu(at(page, 7), before);
    return answer ? answer : (long)stored;
}

/* Accessed and dirty bits are kept if the command says so. */
static long keeps_accessed(unsigned int command)
{
    uint64_t stored;

    slot(WRITABLE(world.data));
    *(volatile char *)world.slot;
    *(volatile uint64_t *)world.slot = world.data[0];
    mmu(world.slot_at | command, PTE(mfn(world.data), PTE_P | PTE_RW));
    stored = pt_lookup(pt_root_mfn(), (uint64_t)world.slot, 1, NULL);
    va_map(world.slot, 0, UVMF_INVLPG);
    return stored & (PTE_A | PTE_D);
}

/* Three updates of which the second is refused: how many were done. */
static long done_before_refusal(void)
{
    struct mmu_update updates[] = {
        {world.slot_at, READ_ONLY(world.data)},
        {world.slot_at, WRITABLE(world.l4)},
        {world.slot_at, READ_ONLY(world.other)},
    };
    uint32_t done = 77;
    long answer = hypercall_mmu_update(updates, 3, &done, DOMID_SELF);

    va_map(world.slot, 0, UVMF_INVLPG);
    return answer == -XEN_EBUSY ? (long)done : answer;
}

static long done_after_all(void)
{
    struct mmu_update updates[] = {
        {world.slot_at, READ_ONLY(world.data)},
        {world.slot_at, 0},
    };
    uint32_t done = 77;
    long answer = hypercall_mmu_update(updates, 2, &done, DOMID_SELF);

    return answer ? answer : (long)done;
}

static long m2p_and_back(uint64_t pfn)
{
    uint64_t frame = mfn(world.data), before = m2p(frame), now;
    long answer = mmu(frame << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, pfn);

    if (answer)
        return answer;
    now = m2p(frame);
    mmu(frame << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, before);
    return now;
}

static long updates_from(const void *updates, uint32_t count)
{
    return hypercall_mmu_update((void *)(uintptr_t)updates, count, NULL,
                                DOMID_SELF);
}

#define AREA      mmu_update
#define AREA_ROWS "mmu_update.def"
#include "area.h"

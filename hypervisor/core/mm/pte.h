/* SPDX-License-Identifier: MIT */
/*
 * The rules for one page-table entry that need no state: which bits a guest
 * may set, and what the hypervisor adds. Pure functions on words.
 *
 * Kernel and user pages share ring 3, so every entry gets the US bit. Bit 52
 * (PTE_GUEST_KERNEL) remembers that the guest wanted a kernel page; user
 * pages get G instead, because they are in both trees of a process.
 *
 * Source: abi/memory.md 3. Slots: abi/start-of-day.md 9.
 */
#ifndef MM_PTE_H
#define MM_PTE_H

#include <pv-abi/mmu.h>

#include "types.h"

#define PTE_COUNT       512
#define PTE_L4_HV_FIRST 256 /* the hypervisor's slots of every L4 table */
#define PTE_L4_HV_LAST  271
#define PTE_CACHE       (PTE_PWT | PTE_PCD | PTE_PAT)

static inline bool pte_is_present(uint64_t e)
{
    return e & PTE_P;
}

static inline mfn_t pte_mfn(uint64_t e)
{
    return mfn_of((e & PTE_FRAME_MASK) >> PAGE_SHIFT);
}

static inline uint64_t pte_make(mfn_t m, uint64_t flags)
{
    return (m.n << PAGE_SHIFT) | flags;
}

/* Index of va's entry in the table of that level, 1 .. 4. */
static inline unsigned int pte_index(uint64_t va, unsigned int level)
{
    return (va >> (PAGE_SHIFT + 9 * (level - 1))) & (PTE_COUNT - 1);
}

static inline bool pte_slot_is_hv(unsigned int level, unsigned int index)
{
    return level == 4 && index >= PTE_L4_HV_FIRST && index <= PTE_L4_HV_LAST;
}

/* Whether a guest may name va: canonical and not in the hypervisor's hole. */
static inline bool va_is_guest(uint64_t va)
{
    return va < 0x0000800000000000 || va >= 0xffff880000000000;
}

/*
 * Whether a guest may set these bits in a present entry of that level.
 *  device_access  the domain may choose cache attributes
 */
bool pte_flags_ok(unsigned int level, uint64_t e, bool device_access);

/* The entry as it is installed; absent entries stay as they are. */
uint64_t pte_adjust(unsigned int level, uint64_t e);

/*
 * Whether old may become new without touching references: both present, the
 * same frame, and for L1 the same right to write.
 */
bool pte_same_target(unsigned int level, uint64_t old, uint64_t new);

#endif

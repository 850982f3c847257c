/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own page tables: slots 256-271 of every L4.
 *
 * Built once at boot and never changed afterwards, except the entries of
 * the CPUs' areas (struct percpu.area_pte). Nothing is both writable and
 * executable, not through the direct map either. All of it is global; the
 * CPUs' descriptor tables are not, so that loading CR3 refreshes them.
 *
 * The idle tables hold these slots and nothing else; mm copies the slots
 * into each guest's L4 (idle_l4_entries).
 *
 * Boot CPU only, before the heap takes over the memory.
 */
#ifndef X86_PAGING_H
#define X86_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/layout.h"
#include "x86/regs.h"

#define PTE_HV_RW (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_G | PTE_NX)
#define PTE_HV_RO (PTE_P | PTE_A | PTE_D | PTE_G | PTE_NX)
#define PTE_HV_RX (PTE_P | PTE_A | PTE_D | PTE_G)

/* From the boot loader's mapping to our own: image and all RAM. */
void paging_init(void);

/* Map the frame table and the M2P; sets hv->frames, frame_count, m2p. */
void paging_map_tables(void);

/* The area of one CPU: mapped, stacks allocated, area_pte set. */
void paging_map_area(unsigned int cpu);

/*
 * Map a device's registers, or a firmware table: size bytes at physical
 * address pa, uncached for registers. Never unmapped. Returns the address.
 */
void *paging_map_device(uint64_t pa, uint64_t size, bool cached);

/* The page below 1 MiB where CPUs wake up, at its physical address. */
void paging_map_trampoline(void);
void paging_unmap_trampoline(void);

/* The idle L4: physical address (below 4 GiB), and its 512 entries. */
uint64_t idle_l4_phys(void);
uint64_t *idle_l4_entries(void);

static inline void *phys_to_virt(uint64_t pa)
{
    return (void *)(DIRECT_MAP_VA + pa);
}

static inline uint64_t virt_to_phys(const void *va)
{
    return (uint64_t)va - DIRECT_MAP_VA;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own page tables, slots 256-271 of every L4, and the TLB.
 *
 * Built once at boot and never changed afterwards, except the entries of
 * the CPUs' areas (struct percpu.area_pte). Nothing is both writable and
 * executable, not through the direct map either. All of it is global; the
 * CPUs' descriptor tables are not, so that loading CR3 refreshes them.
 *
 * The idle tables hold these slots and nothing else; mm copies the slots
 * into each guest's L4.
 *
 * Guest user pages are global as well (abi/memory.md 12), so that a system
 * call keeps them; a change of tables must therefore drop global entries
 * too, which a CR3 load alone does not.
 */
#ifndef X86_PAGING_H
#define X86_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/layout.h"

/* Building: boot CPU only, before the heap takes over the memory. */

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

/* The idle L4. */
extern uint64_t idle_l4_phys;

/* Load CR3 and drop everything of the old tables. */
void tlb_load_base(uint64_t cr3);
/* Serve what other CPUs ask of this one (VEC_FLUSH, or a spin loop). */
void tlb_serve(void);

static inline void *phys_to_virt(uint64_t pa)
{
    return (void *)(DIRECT_MAP_VA + pa);
}

#endif

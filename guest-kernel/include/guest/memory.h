/* SPDX-License-Identifier: MIT */
/*
 * The domain's memory: frames, pages, and what is mapped where.
 *
 * Vocabulary: a PFN numbers the domain's own pages from 0; an MFN is the
 * machine frame behind it. Page tables hold MFNs. The list PFN -> MFN belongs
 * to the domain; the list MFN -> PFN is the hypervisor's and read-only.
 *
 *   DIRECT_BASE + pfn * 4096   every page of the domain; page tables read-only
 *   KMAP_BASE ...              foreign frames, grants, stacks, the heap
 *   VIRT_BASE + pfn * 4096     the image and what the builder placed behind it
 *
 * The lower half belongs to user mode (user.h); the kernel maps nothing there.
 *
 * Locks: none. Functions here mask upcalls while they change tables, and may
 * be called from any thread, not from an event handler unless it says so.
 */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pv-abi/mmu.h>
#include <pv-abi/types.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096UL

#define DIRECT_BASE 0xffff880000000000UL
#define KMAP_BASE   0xffffc90000000000UL
#define KMAP_PAGES  (1UL << 19)
#define VIRT_BASE   0xffffffff80000000UL

/* Whole sets of the entry bits in pv-abi/mmu.h. */
#define PTE_KERNEL      (PTE_P | PTE_RW | PTE_A | PTE_D)
#define PTE_KERNEL_RO   (PTE_P | PTE_A)
#define PTE_TABLE       (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_MFN(pte)    (((pte)&PTE_FRAME_MASK) >> PAGE_SHIFT)
#define PTE(mfn, flags) (((uint64_t)(mfn) << PAGE_SHIFT) | (flags))

#define MFN_INVALID (~0UL)

/* --- numbers --- */

/* MFN of an own page, pfn < page_limit(); MFN_INVALID: it has none now. */
uint64_t pfn_to_mfn(uint64_t pfn);

/* PFN of an own frame, or MFN_INVALID: not ours, or no such frame. */
uint64_t mfn_to_pfn(uint64_t mfn);

/* The direct mapping of an own page. */
void *pfn_to_virt(uint64_t pfn);

/* PFN behind an address of the image or the direct map. */
uint64_t virt_to_pfn(const void *va);

/* MFN behind any mapped kernel address, stacks and heap included. */
uint64_t virt_to_mfn(const void *va);

/* --- pages --- */

/* Pages the domain was started with, may grow to (balloon.h), and those nobody
 * uses now. */
uint64_t page_total(void);
uint64_t page_limit(void);
uint64_t page_free_count(void);

/*
 * Take `count` pages that are neighbours in PFN order (not in machine order).
 * Contents are whatever they were. Returns their direct mapping, or NULL.
 * May be called from an event handler.
 */
void *page_alloc(size_t count);

/* The same, filled with zeroes. */
void *page_alloc_zeroed(size_t count);

/* Give back what page_alloc() returned; they must be writable again. */
void page_free(void *pages, size_t count);

/*
 * Call fn for each page that nobody uses, in PFN order, without touching it:
 * how a domain looks at what it was given.
 */
void page_for_each_free(void (*fn)(void *page, void *arg), void *arg);

/* --- mappings --- */

/*
 * Map `count` frames of one domain behind each other, read-write or as
 * `flags` says.
 *  mfns   array of `count`.
 *  flags  PTE_KERNEL, PTE_KERNEL_RO; PTE_NX may be added.
 *  owner  DOMID_SELF, or the domain that owns the frames (privileged), or
 *         DOMID_IO for device memory.
 *  errors array of `count`, or NULL. Out: 0 or the hypervisor's -Exxx for
 *         that frame; its slot stays unmapped.
 * Returns the address of the first, or NULL: out of address space or page
 * tables, or (errors NULL) a frame refused, in which case nothing is mapped.
 * Unmapped with kmap_release().
 */
void *kmap_frames(const uint64_t *mfns, size_t count, uint64_t flags,
                  domid_t owner, int *errors);
void *kmap_frame(uint64_t mfn, uint64_t flags, domid_t owner);

/*
 * Reserve `count` pages of address space with page tables but nothing mapped:
 * for grants, and for whoever maps by hand. NULL when there is none.
 */
void *kmap_reserve(size_t count);

/* Unmap (what is still mapped) and give the address space back. */
void kmap_release(void *va, size_t count);

/*
 * Memory with an unmapped page on either side, zeroed: stacks. bytes is
 * rounded up to pages. NULL when there is none.
 */
void *kmap_alloc(size_t bytes);
void kmap_free(void *va, size_t bytes);

/* --- page tables, for those who must --- */

/* MFN of the kernel's top-level table. */
uint64_t pt_root_mfn(void);

/*
 * The entry that maps va at `level` (1-4) below root_mfn, as the hardware
 * reads it; 0 when there is none. With `where`, also the machine address of
 * the entry (0 when its table is missing).
 */
uint64_t pt_lookup(uint64_t root_mfn, uint64_t va, int level, uint64_t *where);

/*
 * Write one leaf entry, making the tables above it as needed. The old
 * translation is flushed on this vCPU. Returns 0, -ENOMEM (no page for a
 * table) or what mmu_update answered.
 */
int pt_set(uint64_t root_mfn, uint64_t va, uint64_t pte);

/*
 * A page as a page table: zeroed and read-only in the direct map, so that the
 * hypervisor accepts it. NULL when there is none. pt_page_free() needs it
 * unpinned and no longer referenced.
 */
void *pt_page_alloc(void);
void pt_page_free(void *table);

#endif

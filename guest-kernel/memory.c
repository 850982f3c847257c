/* SPDX-License-Identifier: MIT */
/*
 * The direct map: every page of the domain at DIRECT_BASE + pfn * 4096.
 *
 * It is made in one go. The tables it needs are counted first and taken as
 * one run of pages T right behind the boot region's used part; so while the
 * entries are written it is already known which pages are tables and must be
 * read-only. The tables are filled as ordinary memory through one window,
 * bottom up, and become tables when the top-level entry is written: that one
 * call validates them all.
 *
 * Every page then has one writable mapping at most. A page of the image or of
 * the boot region's used part has a second one, at VIRT_BASE; such pages are
 * never given out, so they never become tables.
 */
#include <string.h>
#include <guest/console.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/start.h>
#include <pv-abi/memory.h>
#include <pv-abi/mmu.h>
#include "internal.h"

#define PT_ENTRIES  512UL
#define L4_SLOT(va) (((va) >> 39) & 511)

/* A list of this many times the pages fits into them: it takes 3 %. */
#define GROWTH_MAX 16UL

static uint64_t nr_pages, max_pages;
static uint64_t *p2m;       /* the builder's list */
static uint64_t *p2m_above; /* the same from nr_pages on; page.c's memory */
static bool ready;          /* the direct map is there */

/* The run of pages that hold the direct map's tables. */
static uint64_t tables_first, tables_count;

/* A page of the image whose address is lent out to look at others. */
static uint64_t window[PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));

uint64_t page_total(void)
{
    return nr_pages;
}

uint64_t page_limit(void)
{
    return max_pages;
}

static uint64_t *p2m_entry(uint64_t pfn)
{
    return pfn < nr_pages ? &p2m[pfn] : &p2m_above[pfn - nr_pages];
}

uint64_t pfn_to_mfn(uint64_t pfn)
{
    return *p2m_entry(pfn);
}

void memory_set_frame(uint64_t pfn, uint64_t mfn)
{
    *p2m_entry(pfn) = mfn;
}

void memory_init_above(uint64_t *list)
{
    p2m_above = list;
    for (uint64_t i = 0; i < max_pages - nr_pages; i++)
        list[i] = MFN_INVALID;
}

uint64_t mfn_to_pfn(uint64_t mfn)
{
    const uint64_t *m2p = (const uint64_t *)MACH2PHYS_VIRT_START;
    uint64_t pfn = m2p[mfn];

    /* The list also holds other domains' numbers: believe what matches. */
    return pfn < (p2m_above ? max_pages : nr_pages) && pfn_to_mfn(pfn) == mfn
               ? pfn
               : MFN_INVALID;
}

void *pfn_to_virt(uint64_t pfn)
{
    return (void *)(DIRECT_BASE + (pfn << PAGE_SHIFT));
}

uint64_t virt_to_pfn(const void *va)
{
    uint64_t address = (uint64_t)(uintptr_t)va;

    if (address >= VIRT_BASE)
        return (address - VIRT_BASE) >> PAGE_SHIFT;
    return (address - DIRECT_BASE) >> PAGE_SHIFT;
}

uint64_t virt_to_mfn(const void *va)
{
    uint64_t address = (uint64_t)(uintptr_t)va;

    if (address >= KMAP_BASE && address < KMAP_BASE + (KMAP_PAGES << 12))
        return PTE_MFN(pt_lookup(pt_root_mfn(), address, 1, NULL));
    return pfn_to_mfn(virt_to_pfn(va));
}

uint64_t pt_root_mfn(void)
{
    return virt_to_mfn((void *)start_info->pt_base);
}

/* Where a page can be read: by the direct map, or still by the boot map. */
static const uint64_t *readable(uint64_t mfn)
{
    uint64_t pfn = mfn_to_pfn(mfn);

    if (pfn == MFN_INVALID)
        return NULL;
    if (!ready)
        return (const uint64_t *)(VIRT_BASE + (pfn << PAGE_SHIFT));
    return pfn_to_virt(pfn);
}

uint64_t pt_lookup(uint64_t root_mfn, uint64_t va, int level, uint64_t *where)
{
    uint64_t mfn = root_mfn;
    uint64_t entry = 0;

    if (where)
        *where = 0;
    for (int l = 4; l >= level; l--) {
        const uint64_t *table = readable(mfn);
        unsigned int slot = (va >> (12 + 9 * (l - 1))) & (PT_ENTRIES - 1);

        if (!table)
            return 0;
        entry = table[slot];
        if (l == level)
            break;
        if (!(entry & PTE_P))
            return 0;
        mfn = PTE_MFN(entry);
    }
    if (where)
        *where = (mfn << PAGE_SHIFT) +
                 ((va >> (12 + 9 * (level - 1))) & (PT_ENTRIES - 1)) * 8;
    return entry;
}

bool memory_is_mapped(uint64_t va)
{
    return p2m && pt_lookup(pt_root_mfn(), va, 1, NULL) & PTE_P;
}

static void map_window(uint64_t mfn)
{
    if (hypercall_update_va_mapping((uint64_t)(uintptr_t)window,
                                    PTE(mfn, PTE_KERNEL), UVMF_INVLPG))
        panic("cannot map machine frame %lx", mfn);
}

/* Nobody uses the rest of the boot region; its second mapping goes. */
static void unmap_boot_tail(uint64_t first_pfn)
{
    uint64_t va = VIRT_BASE + (first_pfn << PAGE_SHIFT);

    for (; pt_lookup(pt_root_mfn(), va, 1, NULL) & PTE_P; va += PAGE_SIZE)
        if (hypercall_update_va_mapping(va, 0, UVMF_INVLPG))
            panic("cannot unmap %lx", va);
}

static bool is_table(uint64_t pfn)
{
    uint64_t boot = virt_to_pfn((void *)start_info->pt_base);

    return (pfn >= boot && pfn < boot + start_info->nr_pt_frames) ||
           (pfn >= tables_first && pfn < tables_first + tables_count);
}

/*
 * Fill `tables` tables at pfn `table` with entries for `count` pages from
 * `target` on: leaves when level is 1, else tables.
 */
static void fill(uint64_t table, uint64_t target, uint64_t count, int level)
{
    for (uint64_t done = 0; done < count; done += PT_ENTRIES, table++) {
        map_window(pfn_to_mfn(table));
        memset(window, 0, sizeof(window));
        for (uint64_t i = 0; i < MIN(PT_ENTRIES, count - done); i++) {
            uint64_t pfn = target + done + i;
            uint64_t flags = PTE_TABLE;

            if (level == 1)
                flags = PTE_NX | (is_table(pfn) ? PTE_KERNEL_RO : PTE_KERNEL);
            window[i] = PTE(pfn_to_mfn(pfn), flags);
        }
    }
}

/* Returns the first page behind the tables. */
static uint64_t make_direct_map(uint64_t first_pfn)
{
    uint64_t own_window = virt_to_mfn(window);
    uint64_t l1_count = (nr_pages + PT_ENTRIES - 1) / PT_ENTRIES;
    uint64_t l2_count = (l1_count + PT_ENTRIES - 1) / PT_ENTRIES;
    uint64_t l3 = first_pfn, l2 = l3 + 1, l1 = l2 + l2_count;
    struct mmu_update link;

    tables_first = first_pfn;
    tables_count = 1 + l2_count + l1_count;
    if (l2_count > PT_ENTRIES || l1 + l1_count > nr_pages)
        panic("%lu pages: cannot map that", nr_pages);

    fill(l1, 0, nr_pages, 1);
    fill(l2, l1, l1_count, 2);
    fill(l3, l2, l2_count, 3);
    map_window(own_window);

    link.ptr = (pt_root_mfn() << PAGE_SHIFT) + L4_SLOT(DIRECT_BASE) * 8;
    link.val = PTE(pfn_to_mfn(l3), PTE_TABLE);
    if (hypercall_mmu_update(&link, 1, NULL, DOMID_SELF))
        panic("the direct map was refused");
    return l1 + l1_count;
}

/* How far the domain may grow, within what it can keep lists of. */
static uint64_t ask_limit(void)
{
    domid_t self = DOMID_SELF;
    long limit = hypercall_memory_op(XENMEM_maximum_reservation, &self);

    /* The control domain of a machine is not limited at all: it does not grow.
     */
    if (start_is_dom0() || limit < (long)nr_pages)
        return nr_pages;
    return MIN((uint64_t)limit, GROWTH_MAX * nr_pages);
}

void memory_init(void)
{
    uint64_t first_free;

    nr_pages = start_info->nr_pages;
    max_pages = ask_limit();
    p2m = (uint64_t *)start_info->mfn_list;
    /* The boot stack is the last thing in the region that has a content. */
    first_free = (entry_regs.rsp - VIRT_BASE + PAGE_SIZE - 1) >> PAGE_SHIFT;
    unmap_boot_tail(first_free);
    first_free = make_direct_map(first_free);
    ready = true;
    page_init(first_free);
}

static void protect(char *from, char *to, uint64_t flags)
{
    for (char *va = from; va < to; va += PAGE_SIZE)
        if (hypercall_update_va_mapping((uint64_t)(uintptr_t)va,
                                        PTE(virt_to_mfn(va), flags),
                                        UVMF_INVLPG))
            panic("cannot protect %p", (void *)va);
}

/* The builder maps the image writable and executable throughout. */
void image_protect(void)
{
    protect(image_start, image_rodata, PTE_KERNEL_RO);
    protect(image_rodata, image_data, PTE_KERNEL_RO | PTE_NX);
    protect(image_data, image_end, PTE_KERNEL | PTE_NX);
}

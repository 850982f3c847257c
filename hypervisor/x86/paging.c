/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <pv-abi/mmu.h>

#include "hal.h"
#include "mm/frame.h"
#include "mm/tlb.h"
#include "x86/boot/memory_map.h"
#include "x86/cpu.h"
#include "x86/insn.h"
#include "x86/paging.h"

#define SIZE_4K  (1ul << 12)
#define SIZE_2M  (1ul << 21)
#define SIZE_1G  (1ul << 30)
#define LIMIT_4G (1ul << 32)

#define PTE_HV_RW (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_G | PTE_NX)
#define PTE_HV_RO (PTE_P | PTE_A | PTE_D | PTE_G | PTE_NX)
#define PTE_HV_RX (PTE_P | PTE_A | PTE_D | PTE_G)

extern const char image_start[], text_end[], rodata_end[], image_end[];

/* At which address physical 0 is mapped: at 0, later at DIRECT_MAP_VA. */
static uint64_t phys_base;
uint64_t idle_l4_phys;
static uint64_t alloc_limit = LIMIT_4G;
static uint64_t device_next = DEVICE_VA;
static bool has_1g_pages;

static uint64_t alloc(uint64_t pages, uint64_t align)
{
    return memory_map_alloc(pages, align, alloc_limit, phys_base);
}

static uint64_t *table(uint64_t pa)
{
    return (uint64_t *)(phys_base + pa);
}

/* The entry for va in the table of the given level, tables made on the way. */
static uint64_t *entry(uint64_t va, int level)
{
    uint64_t *t = table(idle_l4_phys);

    for (int l = 4;; l--) {
        uint64_t *e = &t[va >> (12 + 9 * (l - 1)) & 511];

        if (l == level)
            return e;
        if (!(*e & PTE_P))
            *e = alloc(1, SIZE_4K) | PTE_P | PTE_RW | PTE_A | PTE_D;
        t = table(*e & PTE_FRAME_MASK);
    }
}

/* Map [pa, pa + size) at va with the largest pages that fit. */
static void map(uint64_t va, uint64_t pa, uint64_t size, uint64_t flags)
{
    while (size) {
        uint64_t both = va | pa;
        uint64_t step = SIZE_4K;
        int level = 1;

        if (has_1g_pages && !(both & (SIZE_1G - 1)) && size >= SIZE_1G)
            step = SIZE_1G, level = 3;
        else if (!(both & (SIZE_2M - 1)) && size >= SIZE_2M)
            step = SIZE_2M, level = 2;
        *entry(va, level) = pa | flags | (level > 1 ? PTE_PSE : 0);
        va += step;
        pa += step;
        size -= step;
    }
}

/* The image's text and constants stay read-only under their second name. */
static void map_direct(void)
{
    uint64_t ro_start = (uint64_t)image_start - IMAGE_VA;
    uint64_t ro_end = (uint64_t)rodata_end - IMAGE_VA;

    for (unsigned int i = 0; i < memory_map.ram.count; i++) {
        uint64_t start = memory_map.ram.r[i].start;
        uint64_t end = memory_map.ram.r[i].end;

        if (DIRECT_MAP_VA + end > DIRECT_MAP_END)
            hal_panic("RAM at 0x%lx is beyond the direct map", end);
        if (start <= ro_start && ro_end <= end) {
            map(DIRECT_MAP_VA + start, start, ro_start - start, PTE_HV_RW);
            map(DIRECT_MAP_VA + ro_start, ro_start, ro_end - ro_start,
                PTE_HV_RO);
            start = ro_end;
        }
        map(DIRECT_MAP_VA + start, start, end - start, PTE_HV_RW);
    }
}

static void map_image(const char *start, const char *end, uint64_t flags)
{
    map((uint64_t)start, (uint64_t)start - IMAGE_VA, (uint64_t)(end - start),
        flags);
}

void paging_init(void)
{
    has_1g_pages = cpuid_count(0x80000001, 0).edx >> 26 & 1;
    idle_l4_phys = alloc(1, SIZE_4K);
    map_image(image_start, text_end, PTE_HV_RX);
    map_image(text_end, rodata_end, PTE_HV_RO);
    map_image(rodata_end, image_end, PTE_HV_RW);
    map_direct();
    write_cr3(idle_l4_phys);
    phys_base = DIRECT_MAP_VA;
}

/*
 * The two big tables come from anywhere, best from high memory. Frames that
 * are not RAM have entries too: a hole costs less than a test in frame_of().
 */
void paging_map_tables(void)
{
    uint64_t frames = memory_map_end() >> 12;
    uint64_t size, pa;

    alloc_limit = ~0ul;
    size = (frames * sizeof(struct frame) + SIZE_4K - 1) & ~(SIZE_4K - 1);
    the_hv.frames = phys_to_virt(alloc(size >> 12, SIZE_2M));
    the_hv.frame_count = frames;

    size = (frames * sizeof(uint64_t) + SIZE_2M - 1) & ~(SIZE_2M - 1);
    pa = alloc(size >> 12, SIZE_2M);
    the_hv.m2p = phys_to_virt(pa);
    memset(the_hv.m2p, 0xff, size);
    /* Guests read it: every level lets user mode through. */
    map(M2P_VA, pa, size, (PTE_HV_RO & ~PTE_G) | PTE_US);
    for (uint64_t va = M2P_VA; va < M2P_VA + size; va += SIZE_2M)
        *entry(va, 3) |= PTE_US;
    *entry(M2P_VA, 4) |= PTE_US;
    *entry(M2P_VA, 4) &= ~(uint64_t)PTE_RW;
}

/* New pages for the part of an area that ends at top. */
static void map_part(uint64_t area, uint64_t top, uint64_t pages)
{
    map(area + top - pages * SIZE_4K, alloc(pages, SIZE_4K), pages * SIZE_4K,
        PTE_HV_RW);
}

void paging_map_area(unsigned int cpu)
{
    uint64_t area = (uint64_t)percpu_of(cpu);

    map_part(area, AREA_DATA_PAGES * SIZE_4K, AREA_DATA_PAGES);
    for (int ist = IST_DF; ist <= IST_DB; ist++)
        map_part(area, AREA_IST_TOP(ist), AREA_IST_PAGES);
    map_part(area, AREA_STACK_TOP, AREA_STACK_PAGES);
    map_part(area, AREA_GDT + 15 * SIZE_4K, 1);
    percpu_of(cpu)->area_pte = entry(area, 1);
}

void *paging_map_device(uint64_t pa, uint64_t size, bool cached)
{
    uint64_t first = pa & ~(SIZE_4K - 1);
    uint64_t end = (pa + size + SIZE_4K - 1) & ~(SIZE_4K - 1);
    uint64_t va = device_next;

    map(va, first, end - first,
        cached ? PTE_HV_RO : PTE_HV_RW | PTE_PCD | PTE_PWT);
    device_next += end - first;
    return (void *)(va + (pa - first));
}

/* Clearing CR4.PGE drops everything. Source: SDM vol. 3, 4.10.4.1. */
void tlb_load_base(uint64_t cr3)
{
    struct percpu *c = this_cpu();
    uint64_t time = tlb_flush_begin(&the_hv);

    write_cr4(c->cr4 & ~(uint64_t)CR4_PGE);
    c->cr3 = cr3;
    write_cr3(cr3);
    write_cr4(c->cr4);
    tlb_flush_end(&the_hv, c->cpu, time);
}

/*
 * The request goes before the flush: one that comes later is served again.
 * Whoever asked does not look at it but at the time this CPU publishes.
 */
void tlb_serve(void)
{
    struct percpu *c = this_cpu();

    if (!(__atomic_load_n(&c->requests, __ATOMIC_RELAXED) & REQUEST_FLUSH))
        return;
    __atomic_fetch_and(&c->requests, ~(uint32_t)REQUEST_FLUSH,
                       __ATOMIC_SEQ_CST);
    tlb_load_base(c->cr3);
}

void hal_flush_tlb(cpumask_t m)
{
    struct percpu *c = this_cpu();
    unsigned int cpu;
    cpumask_t others = cpumask_and(m, cpumask_read(&the_hv.online));
    uint64_t time = tlb_now(&the_hv);

    cpumask_remove(&others, c->cpu);
    cpumask_for_each(cpu, others) __atomic_fetch_or(
        &percpu_of(cpu)->requests, REQUEST_FLUSH, __ATOMIC_SEQ_CST);
    if (!cpumask_is_empty(others))
        smp_send(others, VEC_FLUSH);
    if (cpumask_has(m, c->cpu))
        tlb_load_base(c->cr3);
    while (!cpumask_is_empty(tlb_stale(&the_hv, others, time)))
        hal_relax();
}

void hal_relax(void)
{
    pause();
    tlb_serve();
}

void *hal_map(mfn_t m)
{
    return phys_to_virt(m.n << PAGE_SHIFT);
}

void hal_unmap(const void *page)
{
}

mfn_t hal_mfn_of(const void *page)
{
    return mfn_of(((uint64_t)page - DIRECT_MAP_VA) >> PAGE_SHIFT);
}

/* SPDX-License-Identifier: MIT */
/*
 * Segments: the kernel loads its own descriptors, from a GDT and from an LDT
 * that the hypervisor looks at page by page, and finds them loaded after it
 * has slept; nobody can write a page that is in use for it.
 */
#include <guest/clock.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/probe.h>
#include <guest/thread.h>
#include <guest/trap.h>
#include <pv-abi/hypercalls.h>
#include <pv-abi/mmu.h>
#include "../test.h"

const char test_name[] = "segments";

#define ENTRIES 512
/* A data segment of ring 0, as its base; the hypervisor makes it ring 3. */
#define DATA(base)                                                             \
    (0x00cf92000000ffffUL | ((base)&0xffffffUL) << 16 |                        \
     ((base) >> 24 & 0xffUL) << 56)
#define DPL_3    (3UL << 45)
#define ACCESSED (1UL << 40)
#define TSS      0x0000890000000000UL

#define SELECTOR_GDT(n) ((n) << 3 | 3)
#define SELECTOR_LDT(n) ((n) << 3 | 7)

#define MSR_FS_BASE 0xc0000100

static void load_fs(void *selector)
{
    __asm__ volatile("mov %0, %%fs" : : "r"((uint32_t)(uintptr_t)selector));
}

static void use_fs(unsigned int selector)
{
    load_fs((void *)(uintptr_t)selector);
}

static unsigned int fs(void)
{
    uint32_t selector;

    __asm__ volatile("mov %%fs, %0" : "=r"(selector));
    return selector;
}

static uint64_t fs_base(void)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_FS_BASE));
    return low | (uint64_t)high << 32;
}

static int map_page(void *page, uint64_t flags)
{
    return pt_set(pt_root_mfn(), (uint64_t)page, PTE(virt_to_mfn(page), flags));
}

static uint64_t *descriptor_page(void)
{
    uint64_t *page = page_alloc_zeroed(1);

    NEED(page);
    return page;
}

static long set_gdt(uint64_t *page, unsigned int entries)
{
    uint64_t mfn = page ? virt_to_mfn(page) : 0;

    return hypercall2(__HYPERVISOR_set_gdt, (uint64_t)&mfn, entries);
}

static long set_ldt(uint64_t *page, unsigned int entries)
{
    struct mmuext_op op = {.cmd = MMUEXT_SET_LDT};

    op.arg1.linear_addr = (uint64_t)page;
    op.arg2.nr_ents = entries;
    return hypercall4(__HYPERVISOR_mmuext_op, (uint64_t)&op, 1, 0, DOMID_SELF);
}

/* Loaded, and still so after others have had the processor. */
static void check_fs(unsigned int selector, uint64_t base)
{
    use_fs(selector);
    CHECK_EQUAL(fs_base(), base);
    thread_sleep_ns(20 * 1000000UL);
    CHECK_EQUAL(fs(), selector);
    CHECK_EQUAL(fs_base(), base);
    use_fs(0);
}

static void own_descriptor_table(void)
{
    uint64_t *page = descriptor_page();
    struct probe p;

    page[1] = DATA(0x12345000);
    CHECK(set_gdt(page, ENTRIES) != 0); /* still writable */
    NEED(!map_page(page, PTE_KERNEL_RO));
    CHECK_EQUAL(set_gdt(page, ENTRIES), 0);
    CHECK_EQUAL(page[1] & ~ACCESSED, DATA(0x12345000) | DPL_3);
    CHECK(map_page(page, PTE_KERNEL) != 0);
    check_fs(SELECTOR_GDT(1), 0x12345000);

    CHECK(!probe_run(&p, load_fs, (void *)SELECTOR_GDT(5)));
    CHECK_EQUAL(p.vector, TRAP_GP);
    CHECK_EQUAL(p.error_code, 5 << 3);

    CHECK_EQUAL(set_gdt(NULL, 0), 0);
    CHECK(!probe_run(&p, load_fs, (void *)SELECTOR_GDT(1)));
    NEED(!map_page(page, PTE_KERNEL));
    page[1] = TSS;
    NEED(!map_page(page, PTE_KERNEL_RO));
    CHECK(set_gdt(page, ENTRIES) != 0);
    NEED(!map_page(page, PTE_KERNEL));
    page_free(page, 1);
}

static void local_descriptor_table(void)
{
    uint64_t *page = descriptor_page();
    struct probe p;

    page[0] = DATA(0x54321000);
    NEED(!map_page(page, PTE_KERNEL_RO));
    CHECK_EQUAL(set_ldt(page, ENTRIES), 0);
    check_fs(SELECTOR_LDT(0), 0x54321000);
    CHECK_EQUAL(page[0] & ~ACCESSED, DATA(0x54321000) | DPL_3);
    CHECK(map_page(page, PTE_KERNEL) != 0);

    CHECK_EQUAL(set_ldt(NULL, 0), 0);
    CHECK(!probe_run(&p, load_fs, (void *)SELECTOR_LDT(0)));
    CHECK_EQUAL(p.vector, TRAP_GP);
    CHECK_EQUAL(p.error_code, SELECTOR_LDT(0) & ~3);
    NEED(!map_page(page, PTE_KERNEL));
    page_free(page, 1);
}

/* Its page cannot be what it is used for: the first use says so. */
static void local_descriptor_table_that_is_none(void)
{
    uint64_t *page = descriptor_page();
    struct probe p;

    CHECK_EQUAL(set_ldt(page, ENTRIES), 0); /* mapped writable */
    CHECK(!probe_run(&p, load_fs, (void *)SELECTOR_LDT(3)));
    CHECK_EQUAL(p.vector, TRAP_PF);
    CHECK_EQUAL(set_ldt(NULL, 0), 0);
    page_free(page, 1);
}

void test_main(void)
{
    own_descriptor_table();
    local_descriptor_table();
    local_descriptor_table_that_is_none();
}

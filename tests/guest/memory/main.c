/* SPDX-License-Identifier: MIT */
/*
 * The guest kernel's memory: numbers fit together, page tables cannot be
 * written, what is mapped can be used and what is unmapped cannot, and
 * everything comes back.
 */
#include <stdlib.h>
#include <string.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/probe.h>
#include <guest/start.h>
#include <guest/trap.h>
#include <pv-abi/arch.h>
#include <pv-abi/errno.h>
#include <pv-abi/memory.h>
#include "../test.h"

const char test_name[] = "memory";

static void frame_numbers_are_inverse(void)
{
    for (uint64_t pfn = 0; pfn < page_total(); pfn++)
        if (mfn_to_pfn(pfn_to_mfn(pfn)) != pfn) {
            test_say(VERDICT_FAIL, "pfn %#lx: mfn %#lx, back %#lx", pfn,
                     pfn_to_mfn(pfn), mfn_to_pfn(pfn_to_mfn(pfn)));
            break;
        }
}

static void every_page_is_mapped_once_and_tables_read_only(void)
{
    uint64_t tables = 0;

    for (uint64_t pfn = 0; pfn < page_total(); pfn++) {
        uint64_t pte =
            pt_lookup(pt_root_mfn(), (uint64_t)pfn_to_virt(pfn), 1, NULL);

        if (PTE_MFN(pte) != pfn_to_mfn(pfn) || !(pte & PTE_P)) {
            test_say(VERDICT_FAIL, "pfn %#lx is mapped by %#lx", pfn, pte);
            break;
        }
        tables += !(pte & PTE_RW);
    }
    /* One L1 for each 512 pages, and a few above. */
    CHECK(tables >= page_total() / 512 + start_info->nr_pt_frames);
}

static void a_page_table_cannot_be_written(void)
{
    uint64_t *l4 = pfn_to_virt(mfn_to_pfn(pt_root_mfn()));
    struct probe p;

    CHECK(!probe_write64(&p, l4, 0));
    CHECK_EQUAL(p.vector, TRAP_PF);
    CHECK_EQUAL(hypercall_update_va_mapping(
                    (uint64_t)l4, PTE(pt_root_mfn(), PTE_KERNEL), UVMF_INVLPG),
                -XEN_EBUSY);
    CHECK(!probe_write64(&p, l4, 0));
}

static void pages_can_be_taken_and_come_back(void)
{
    uint64_t before = page_free_count();
    char *one = page_alloc(1), *many = page_alloc(300);

    NEED(one && many);
    CHECK_EQUAL(page_free_count(), before - 301);
    CHECK(one + PAGE_SIZE <= many || many + 300 * PAGE_SIZE <= one);
    memset(many, 0xa5, 300 * PAGE_SIZE);
    CHECK_EQUAL(many[300 * PAGE_SIZE - 1], (char)0xa5);
    page_free(one, 1);
    page_free(many, 300);
    CHECK_EQUAL(page_free_count(), before);
    CHECK(page_alloc(page_total()) == NULL);
    CHECK_EQUAL(page_free_count(), before);
}

static void mappings_appear_and_vanish(void)
{
    uint64_t *page = page_alloc_zeroed(1);
    uint64_t mfn, value;
    struct probe p;
    uint64_t *alias;

    NEED(page != NULL);
    mfn = virt_to_mfn(page);
    alias = kmap_frame(mfn, PTE_KERNEL, DOMID_SELF);
    NEED(alias != NULL);
    *alias = 0x1234;
    CHECK_EQUAL(*page, 0x1234);
    kmap_release(alias, 1);
    CHECK(!probe_read64(&p, alias, &value));

    alias = kmap_frame(mfn, PTE_KERNEL_RO, DOMID_SELF);
    NEED(alias != NULL);
    CHECK(probe_read64(&p, alias, &value));
    CHECK_EQUAL(value, 0x1234);
    CHECK(!probe_write64(&p, alias, 0));
    kmap_release(alias, 1);
    page_free(page, 1);
}

static void each_refused_frame_is_reported(void)
{
    uint64_t *page = page_alloc_zeroed(1);
    uint64_t mfns[] = {0, MFN_INVALID >> PAGE_SHIFT, 0};
    int errors[3];
    uint64_t *va, value;
    struct probe p;

    NEED(page != NULL);
    mfns[0] = mfns[2] = virt_to_mfn(page);
    va = kmap_frames(mfns, 3, PTE_KERNEL_RO, DOMID_SELF, errors);
    NEED(va != NULL);
    CHECK_EQUAL(errors[0], 0);
    CHECK(errors[1] < 0);
    CHECK_EQUAL(errors[2], 0);
    CHECK(probe_read64(&p, va, &value));
    CHECK(!probe_read64(&p, (char *)va + PAGE_SIZE, &value));
    CHECK(probe_read64(&p, (char *)va + 2 * PAGE_SIZE, &value));
    kmap_release(va, 3);
    CHECK(kmap_frames(mfns, 3, PTE_KERNEL_RO, DOMID_SELF, NULL) == NULL);
    page_free(page, 1);
}

static void allocations_have_guards_and_leave_nothing(void)
{
    uint64_t before, value;
    struct probe p;
    char *area = kmap_alloc(5 * PAGE_SIZE);

    NEED(area != NULL);
    kmap_free(area, 5 * PAGE_SIZE);
    before = page_free_count(); /* page tables are kept */
    area = kmap_alloc(5 * PAGE_SIZE);
    NEED(area != NULL);
    memset(area, 1, 5 * PAGE_SIZE);
    CHECK(!probe_read64(&p, area - 8, &value));
    CHECK(!probe_read64(&p, area + 5 * PAGE_SIZE, &value));
    kmap_free(area, 5 * PAGE_SIZE);
    CHECK_EQUAL(page_free_count(), before);
    CHECK(!probe_read64(&p, area, &value));
}

/* Pages that are worn as a table and taken off again are ordinary pages. */
static void a_table_can_become_memory_again(void)
{
    uint64_t before = page_free_count();
    uint64_t *table = pt_page_alloc();
    struct probe p;

    NEED(table != NULL);
    CHECK(!probe_write64(&p, table, 1));
    pt_page_free(table);
    CHECK(probe_write64(&p, table, 1));
    CHECK_EQUAL(page_free_count(), before);
}

/* Unmap a page of ours: its frame. */
static uint64_t detach(void *page)
{
    uint64_t mfn = virt_to_mfn(page);

    CHECK_EQUAL(hypercall_update_va_mapping((uint64_t)page, 0, UVMF_INVLPG), 0);
    return mfn;
}

/* That frame is behind it from now on. */
static void attach(void *page, uint64_t mfn)
{
    CHECK_EQUAL(hypercall_update_va_mapping((uint64_t)page,
                                            PTE(mfn, PTE_KERNEL), UVMF_INVLPG),
                0);
    ((uint64_t *)start_info->mfn_list)[virt_to_pfn(page)] = mfn;
}

/* Neighbours in numbers become neighbours in the machine. */
static void frames_can_be_exchanged(void)
{
    enum { PAIRS = 100 };
    static uint64_t in[2 * PAIRS], out[PAIRS];
    char *pages = page_alloc(2 * PAIRS);
    uint64_t pfn = virt_to_pfn(pages);
    struct xen_memory_exchange x = {
        .in = {.extent_start = in,
               .nr_extents = 2 * PAIRS,
               .domid = DOMID_SELF},
        .out = {.extent_start = out,
                .nr_extents = PAIRS,
                .extent_order = 1,
                .domid = DOMID_SELF},
    };

    NEED(pages != NULL);
    for (int i = 0; i < 2 * PAIRS; i++)
        in[i] = detach(pages + i * PAGE_SIZE);
    for (int i = 0; i < PAIRS; i++)
        out[i] = pfn + 2 * i;
    CHECK_EQUAL(hypercall_memory_op(XENMEM_exchange, &x), 0);
    CHECK_EQUAL(x.nr_exchanged, 2 * PAIRS);
    for (int i = 0; i < 2 * PAIRS; i++) {
        attach(pages + i * PAGE_SIZE, out[i / 2] + i % 2);
        CHECK_EQUAL(mfn_to_pfn(out[i / 2] + i % 2), pfn + i);
        CHECK_EQUAL(
            ((const uint64_t *)MACH2PHYS_VIRT_START)[out[i / 2] + i % 2],
            pfn + i);
    }
    memset(pages, 0x5a, 2 * PAIRS * PAGE_SIZE);
    page_free(pages, 2 * PAIRS);
}

/* What is mapped cannot go, nor is an answer written where we may not. */
static void a_refused_exchange_changes_nothing(void)
{
    uint64_t *page = page_alloc_zeroed(1);
    uint64_t in = virt_to_mfn(page), out = virt_to_pfn(page);
    struct xen_memory_exchange x = {
        .in = {.extent_start = &in, .nr_extents = 1, .domid = DOMID_SELF},
        .out = {.extent_start = &out, .nr_extents = 1, .domid = DOMID_SELF},
    };

    NEED(page != NULL);
    page[3] = 0x1234;
    CHECK_EQUAL(hypercall_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
    (void)detach(page);
    x.out.extent_start = (uint64_t *)MACH2PHYS_VIRT_END;
    CHECK_EQUAL(hypercall_memory_op(XENMEM_exchange, &x), -XEN_EFAULT);
    CHECK_EQUAL(x.nr_exchanged, 0);
    CHECK_EQUAL(out, virt_to_pfn(page));
    attach(page, in);
    CHECK_EQUAL(page[3], 0x1234);
    page_free(page, 1);
}

/* Who is privileged finds the table of machine frames by its frames. */
static void the_machine_table_is_told(void)
{
    uint64_t *page = page_alloc_zeroed(1), mfn = virt_to_mfn(page);
    uint64_t chunks[64], at = mfn * 8, found = 0;
    struct xen_machphys_mfn_list list = {.max_extents = 64,
                                         .extent_start = chunks};
    uint64_t entry;

    NEED(page != NULL);
    CHECK_EQUAL(hypercall_memory_op(XENMEM_machphys_mfn_list, &list), 0);
    NEED(list.nr_extents > at >> 21);
    entry = PTE(chunks[at >> 21] + (at >> 12) % 512, PTE_KERNEL_RO);
    (void)detach(page);
    if (start_is_dom0()) {
        CHECK_EQUAL(hypercall_update_va_mapping_otherdomain(
                        (uint64_t)page, entry, UVMF_INVLPG, DOMID_XEN),
                    0);
        found = page[at % PAGE_SIZE / 8];
        CHECK_EQUAL(found, virt_to_pfn(page));
    } else {
        CHECK_EQUAL(hypercall_update_va_mapping_otherdomain(
                        (uint64_t)page, entry, UVMF_INVLPG, DOMID_XEN),
                    -XEN_EPERM);
    }
    attach(page, mfn);
    page_free(page, 1);
}

static void malloc_stands_a_storm(void)
{
    enum { SLOTS = 200 };
    static unsigned char *slot[SLOTS];
    static size_t size[SLOTS];
    unsigned int seed = 1;

    for (int i = 0; i < 20000; i++) {
        unsigned int at;

        seed = seed * 1103515245 + 12345;
        at = (seed >> 8) % SLOTS;
        if (slot[at]) {
            CHECK(slot[at][0] == (unsigned char)at &&
                  slot[at][size[at] - 1] == (unsigned char)at);
            free(slot[at]);
            slot[at] = NULL;
            continue;
        }
        size[at] = 1 + (seed >> 16) % 3000;
        slot[at] = malloc(size[at]);
        NEED(slot[at] != NULL);
        memset(slot[at], at, size[at]);
    }
    for (int at = 0; at < SLOTS; at++)
        free(slot[at]);
}

void test_main(void)
{
    frame_numbers_are_inverse();
    every_page_is_mapped_once_and_tables_read_only();
    a_page_table_cannot_be_written();
    pages_can_be_taken_and_come_back();
    mappings_appear_and_vanish();
    each_refused_frame_is_reported();
    allocations_have_guards_and_leave_nothing();
    a_table_can_become_memory_again();
    frames_can_be_exchanged();
    a_refused_exchange_changes_nothing();
    the_machine_table_is_told();
    malloc_stands_a_storm();
}

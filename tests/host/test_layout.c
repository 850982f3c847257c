/* SPDX-License-Identifier: MIT */
/*
 * pv-abi/image: what a new domain's memory looks like. Each test builds
 * the whole memory in an array and then looks at it as the domain's processor
 * would: from the L4, through the tables, with machine frames that are in no
 * order.
 */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include <pv-abi/arch.h>
#include <pv-abi/image/layout.h>
#include <pv-abi/mmu.h>

#include "fake/image.h"

#define MIB       (1ul << 20)
#define GIB       (1ul << 30)
#define MFN_SHIFT 100000 /* machine frames are numbered from here */
#define HIGH_BASE 0xffffffff80000000ul
#define P2M_BASE  0x8000000000ul

static struct image file;
static struct elf_image image;
static struct layout l;
static struct layout_facts facts;
static char (*memory)[LAYOUT_PAGE]; /* by pfn */
static uint64_t *p2m, *m2p;
static bool dom0; /* whom the tests lay out */

static void make_image(uint64_t virt_base, bool own_p2m, bool mod_start_pfn)
{
    image_start(&file, 2 * MIB, 50000, 90000);
    image_note_basics(&file);
    image_note_number(&file, 3, virt_base);           /* VIRT_BASE */
    image_note_number(&file, 1, virt_base + 2 * MIB); /* ENTRY */
    if (own_p2m)
        image_note_number(&file, 15, P2M_BASE); /* INIT_P2M */
    if (mod_start_pfn)
        image_note_number(&file, 16, 1); /* MOD_START_PFN */
    image_end(&file);
    ck_assert_msg(elf_read(&image, file.file, file.size), "%s", image.error);
    dom0 = false;
}

/* Build nr_pages of memory; frames are the pfns in a random order. */
static const char *build(uint64_t nr_pages, const void *ramdisk,
                         size_t ramdisk_bytes)
{
    struct layout_request want = {
        .image = &image,
        .ramdisk = ramdisk,
        .ramdisk_bytes = ramdisk_bytes,
        .nr_pages = nr_pages,
        .cmdline = "one two",
        .dom0 = dom0,
    };
    const char *error = layout_plan(&l, &want);
    struct random r = {7};

    if (error)
        return error;
    memory = calloc(nr_pages, LAYOUT_PAGE);
    p2m = calloc(nr_pages, sizeof(*p2m));
    m2p = calloc(nr_pages, sizeof(*m2p));
    for (uint64_t i = 0; i < nr_pages; i++) {
        uint64_t j = random_below(&r, i + 1);

        p2m[i] = p2m[j];
        p2m[j] = i + MFN_SHIFT;
    }
    for (uint64_t i = 0; i < nr_pages; i++)
        m2p[p2m[i] - MFN_SHIFT] = i;
    facts = (struct layout_facts){p2m, 77, 3, 4};
    for (uint64_t pfn = 0; pfn < l.pages_used; pfn++)
        layout_page(&l, &facts, pfn, memory[pfn]);
    return NULL;
}

static void release(void)
{
    free(memory);
    free(p2m);
    free(m2p);
    memory = NULL;
    p2m = m2p = NULL;
}

static uint64_t pfn_of(uint64_t entry)
{
    uint64_t mfn = (entry & PTE_FRAME_MASK) >> 12;

    ck_assert_uint_ge(mfn, MFN_SHIFT);
    ck_assert_uint_lt(mfn - MFN_SHIFT, l.want.nr_pages);
    return m2p[mfn - MFN_SHIFT];
}

/* The L1 entry of va, as a processor finds it; 0: not mapped. */
static uint64_t walk(uint64_t va)
{
    uint64_t table = l.tables.first;

    for (int shift = 39;; shift -= 9) {
        const uint64_t *entries = (const uint64_t *)memory[table];
        uint64_t entry = entries[(va >> shift) & 511];

        if (!(entry & PTE_P) || shift == 12)
            return entry;
        table = pfn_of(entry);
    }
}

static bool is_table(uint64_t pfn)
{
    return (pfn >= l.tables.first && pfn < l.tables.first + l.tables.count) ||
           (pfn >= l.p2m_tables.first &&
            pfn < l.p2m_tables.first + l.p2m_tables.count);
}

/* The region is mapped from pfn 0 on, writable except for the tables. */
static void check_region(void)
{
    uint64_t base = image.virt_base, pages = l.map[0].pages;

    ck_assert_uint_eq((base + pages * LAYOUT_PAGE) % (4 * MIB), 0);
    ck_assert_uint_ge(pages, l.stack.first + 1 + 512 * 1024 / LAYOUT_PAGE);
    for (uint64_t pfn = 0; pfn < pages; pfn++) {
        uint64_t entry = walk(base + pfn * LAYOUT_PAGE);

        ck_assert_uint_eq(pfn_of(entry), pfn);
        ck_assert_uint_eq(entry & (PTE_P | PTE_A), PTE_P | PTE_A);
        ck_assert(!(entry & PTE_RW) == is_table(pfn));
        ck_assert_uint_eq(entry & (PTE_NX | PTE_US | PTE_G), 0);
    }
    ck_assert_uint_eq(walk(base + pages * LAYOUT_PAGE) & PTE_P, 0);
}

/* Segments follow each other in the order of the ABI. */
static void check_order(void)
{
    const struct layout_range *order[] = {
        &l.ramdisk, &l.p2m,    &l.start_info, &l.store,
        &l.console, &l.tables, &l.stack,
    };
    uint64_t next = l.kernel.first + l.kernel.count;

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (order[i]->first >= l.map[0].pages || !order[i]->count)
            continue;
        ck_assert_uint_eq(order[i]->first, next);
        next += order[i]->count;
    }
}

static const struct start_info *start_info(void)
{
    return (const struct start_info *)memory[l.start_info.first];
}

/* Where region and tables have no limit in common, and where they have. */
static const uint64_t bases[] = {0, HIGH_BASE, 0xffff880000000000ul,
                                 0x7f8000000000ul, 0x3fe00000ul};

START_TEST(tables_map_the_boot_region_and_themselves_read_only)
{
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        make_image(bases[i], false, false);
        dom0 = _i;
        ck_assert_ptr_null(build(16 * MIB / LAYOUT_PAGE, NULL, 0));
        check_region();
        check_order();
        release();
    }
}
END_TEST

/*
 * Take the tables on the way to va that have not been seen, from the lowest
 * up: each is the next of those that begin at *next.
 */
static void meet_tables(uint64_t va, uint64_t *next, bool seen[])
{
    uint64_t path[4], table = l.tables.first;

    for (int level = 4; level > 0; level--) {
        const uint64_t *entries = (const uint64_t *)memory[table];

        path[level - 1] = table;
        if (level > 1)
            table = pfn_of(entries[(va >> (3 + 9 * level)) & 511]);
    }
    for (int level = 1; level <= 4; level++)
        if (!seen[path[level - 1]]) {
            ck_assert_uint_eq(path[level - 1], (*next)++);
            seen[path[level - 1]] = true;
        }
}

/* The ABI gives dom0 another order than the other domains. */
START_TEST(dom0s_tables_lie_in_the_order_of_need)
{
    static const char ramdisk[40 * MIB];
    const uint64_t nr_pages = 64 * MIB / LAYOUT_PAGE;

    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        bool seen[64 * MIB / LAYOUT_PAGE] = {false};
        bool near_p2m = bases[i] != 0 && bases[i] != HYPERVISOR_VIRT_END;
        uint64_t next;

        make_image(bases[i], false, false);
        dom0 = true;
        /* A p2m that shares tables with the region, but for an L1. */
        if (near_p2m)
            image.init_p2m = bases[i] - 32 * LAYOUT_PAGE;
        ck_assert_ptr_null(build(nr_pages, ramdisk, sizeof(ramdisk)));
        seen[l.tables.first] = true;
        next = l.tables.first + 1;
        for (uint64_t pfn = 0; pfn < l.map[0].pages; pfn += 512)
            meet_tables(bases[i] + pfn * LAYOUT_PAGE, &next, seen);
        ck_assert_uint_eq(next, l.tables.first + l.tables.count);
        next = l.p2m_tables.first;
        if (near_p2m)
            meet_tables(image.init_p2m, &next, seen);
        ck_assert_uint_eq(next, l.p2m_tables.first + l.p2m_tables.count);
        release();
    }
}
END_TEST

START_TEST(the_kernel_lies_where_it_was_linked)
{
    const char *page = NULL;

    make_image(HIGH_BASE, false, false);
    ck_assert_ptr_null(build(16 * MIB / LAYOUT_PAGE, NULL, 0));
    for (uint64_t at = 0; at < 90000; at++) {
        uint64_t va = HIGH_BASE + 2 * MIB + at;

        if (at % LAYOUT_PAGE == 0)
            page = memory[pfn_of(walk(va))];
        ck_assert_int_eq((uint8_t)page[va % LAYOUT_PAGE],
                         at < 50000 ? at % 251 : 0);
    }
    release();
}
END_TEST

START_TEST(start_info_tells_where_everything_is)
{
    make_image(HIGH_BASE, false, false);
    ck_assert_ptr_null(build(4096, "RAMDISK", 8));
    const struct start_info *si = start_info();

    ck_assert_str_eq(si->magic, "xen-3.0-x86_64");
    ck_assert_uint_eq(si->nr_pages, 4096);
    ck_assert_uint_eq(si->shared_info, 77 << 12);
    ck_assert_uint_eq(si->flags, 0);
    ck_assert_uint_eq(si->store_mfn, p2m[l.store.first]);
    ck_assert_uint_eq(si->store_evtchn, 3);
    ck_assert_uint_eq(si->console.domU.mfn, p2m[l.console.first]);
    ck_assert_uint_eq(si->console.domU.evtchn, 4);
    ck_assert_uint_eq(pfn_of(walk(si->pt_base)), l.tables.first);
    ck_assert_uint_eq(si->nr_pt_frames, l.tables.count);
    ck_assert_str_eq(si->cmd_line, "one two");
    ck_assert_str_eq(memory[pfn_of(walk(si->mod_start))], "RAMDISK");
    ck_assert_uint_eq(si->mod_len, 8);
    for (uint64_t pfn = 0; pfn < 4096; pfn++) {
        uint64_t va = si->mfn_list + pfn * 8;
        const char *page = memory[pfn_of(walk(va))];

        ck_assert_mem_eq(page + va % LAYOUT_PAGE, &p2m[pfn], 8);
    }
    release();
}
END_TEST

START_TEST(a_p2m_at_the_images_own_place_is_mapped_there)
{
    make_image(HIGH_BASE, true, true);
    ck_assert_ptr_null(build(512 * MIB / LAYOUT_PAGE, "RAMDISK", 8));
    const struct start_info *si = start_info();

    check_region();
    ck_assert_uint_eq(si->mfn_list, P2M_BASE);
    ck_assert_uint_eq(si->first_p2m_pfn, l.p2m.first);
    ck_assert_uint_eq(si->nr_p2m_frames, l.p2m.count + l.p2m_tables.count);
    ck_assert_uint_eq(l.p2m_tables.first, l.p2m.first + l.p2m.count);
    for (uint64_t i = 0; i < l.p2m.count; i++)
        ck_assert_uint_eq(pfn_of(walk(P2M_BASE + i * LAYOUT_PAGE)),
                          l.p2m.first + i);
    ck_assert_uint_eq(walk(P2M_BASE + l.p2m.count * LAYOUT_PAGE) & PTE_P, 0);
    /* The ramdisk is a pfn behind the region, and mapped nowhere. */
    ck_assert_uint_eq(si->flags, SIF_MOD_START_PFN);
    ck_assert_uint_ge(si->mod_start, l.map[0].pages);
    ck_assert_str_eq(memory[si->mod_start], "RAMDISK");
    release();
}
END_TEST

START_TEST(what_does_not_fit_is_refused_in_words)
{
    static char line[MAX_GUEST_CMDLINE + 1];
    struct layout_request want = {.image = &image, .cmdline = line};

    make_image(HIGH_BASE, false, false);
    /* Less than the image; just too little for tables and padding. */
    ck_assert_ptr_nonnull(build(100, NULL, 0));
    ck_assert_ptr_nonnull(build(4 * MIB / LAYOUT_PAGE - 1, NULL, 0));
    ck_assert_ptr_null(build(4 * MIB / LAYOUT_PAGE, NULL, 0));
    release();
    ck_assert_ptr_nonnull(build(2048, "", 9 * MIB));
    memset(line, 'x', MAX_GUEST_CMDLINE);
    want.nr_pages = 4096;
    ck_assert_ptr_nonnull(layout_plan(&l, &want));
    line[MAX_GUEST_CMDLINE - 1] = '\0';
    ck_assert_ptr_null(layout_plan(&l, &want));
    /* 2 GiB below the end of the address space, with 3 GiB to map. */
    line[0] = '\0';
    want.nr_pages = 1 << 20;
    want.ramdisk = "";
    want.ramdisk_bytes = 3072 * MIB;
    ck_assert_ptr_nonnull(layout_plan(&l, &want));
}
END_TEST

/* --------------------------------------------------------- sizes and limits */

static struct elf_image image_at(uint64_t base, uint64_t bytes)
{
    return (struct elf_image){
        .virt_base = base,
        .virt_start = base + MIB,
        .virt_end = base + MIB + bytes,
        .init_p2m = ELF_UNSET,
    };
}

static const char *plan(const struct elf_image *e, uint64_t ramdisk_bytes,
                        uint64_t nr_pages)
{
    struct layout_request want = {
        .image = e,
        .ramdisk_bytes = ramdisk_bytes,
        .nr_pages = nr_pages,
        .cmdline = "",
        .dom0 = dom0,
    };

    return layout_plan(&l, &want);
}

/* Tables that map [start, end), found by asking for each 2 MiB of it. */
static uint64_t tables_by_walking(uint64_t start, uint64_t end)
{
    uint64_t count = 0, last[3] = {UINT64_MAX, UINT64_MAX, UINT64_MAX};

    for (uint64_t va = start; va < end; va += 2 * MIB)
        for (int level = 0; level < 3; level++) {
            uint64_t table = va >> (21 + 9 * level);

            count += table != last[level];
            last[level] = table;
        }
    return count;
}

static void check_sizes(const struct elf_image *e, uint64_t ramdisk)
{
    uint64_t end = e->virt_base + l.map[0].pages * LAYOUT_PAGE;
    uint64_t stack_end = layout_va(&l, l.stack.first + 1);

    check_order();
    ck_assert_uint_eq(end % (4 * MIB), 0);
    ck_assert_uint_ge(end, stack_end + 512 * 1024);
    ck_assert_uint_lt(end, stack_end + 5 * MIB);
    ck_assert_uint_eq(l.tables.count, 1 + tables_by_walking(e->virt_base, end));
    ck_assert_uint_eq(l.ramdisk.count,
                      (ramdisk + LAYOUT_PAGE - 1) / LAYOUT_PAGE);
    ck_assert_uint_eq(l.p2m.count,
                      (l.want.nr_pages * 8 + LAYOUT_PAGE - 1) / LAYOUT_PAGE);
    ck_assert_uint_le(l.pages_used, l.want.nr_pages);
}

START_TEST(random_sizes_keep_the_rules)
{
    struct random r = random_start(1);

    dom0 = _i;
    for (int i = 0; i < 300; i++) {
        struct elf_image e =
            image_at(random_below(&r, 2) ? 0 : random_below(&r, 1000) * 2 * MIB,
                     1 + random_below(&r, 20 * MIB));
        uint64_t ramdisk = random_below(&r, 20 * MIB);

        e.mod_start_pfn = random_below(&r, 2);
        ck_assert_ptr_null(plan(
            &e, ramdisk, (64 * MIB + random_below(&r, 8 * GIB)) / LAYOUT_PAGE));
        check_sizes(&e, ramdisk);
    }
}
END_TEST

START_TEST(a_linux_kernel_finds_initrd_and_p2m_behind_the_region)
{
    struct elf_image e = image_at(HIGH_BASE, 30 * MIB);
    uint64_t region;

    dom0 = _i;
    e.init_p2m = P2M_BASE;
    e.mod_start_pfn = true;
    ck_assert_ptr_null(plan(&e, 3 * MIB, GIB / LAYOUT_PAGE));
    check_sizes(&e, 3 * MIB);
    region = l.map[0].pages;
    ck_assert_uint_eq(l.ramdisk.first, region);
    ck_assert_uint_eq(l.p2m.first, region + 768);
    ck_assert_uint_eq(l.map[1].va, P2M_BASE);
    ck_assert_uint_eq(l.p2m_tables.first, region + 768 + 512);
    ck_assert_uint_eq(l.p2m_tables.count, 3); /* 2 MiB: one table each */
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    struct elf_image e = image_at(0, 30 * MIB);

    dom0 = _i;
    ck_assert_ptr_nonnull(plan(&e, 0, 16 * MIB / LAYOUT_PAGE));
    ck_assert_ptr_nonnull(plan(&e, 40 * MIB, 48 * MIB / LAYOUT_PAGE));
    ck_assert_ptr_nonnull(plan(&e, UINT64_MAX, 48 * MIB / LAYOUT_PAGE));
    ck_assert_ptr_nonnull(plan(&e, 0, UINT64_MAX));
    ck_assert_ptr_null(plan(&e, 0, 48 * MIB / LAYOUT_PAGE));
}
END_TEST

START_TEST(the_hypervisors_addresses_are_never_used)
{
    static const uint64_t taken[] = {(1ul << 47) - 8 * MIB, 0xffff800000000000,
                                     0xffff87ffff000000,    0xffff000000000000,
                                     0xffffffffffe00000,    1ul << 47};

    dom0 = _i;
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        struct elf_image e = image_at(taken[i], 7 * MIB);

        if (e.virt_end < e.virt_base)
            continue;
        ck_assert_ptr_nonnull(plan(&e, 0, 64 * MIB / LAYOUT_PAGE));
    }
}
END_TEST

START_TEST(a_p2m_that_would_run_into_the_region_is_refused)
{
    struct elf_image e = image_at(GIB, MIB);

    dom0 = _i;
    e.init_p2m = GIB - LAYOUT_PAGE;
    ck_assert_ptr_nonnull(plan(&e, 0, 64 * MIB / LAYOUT_PAGE));
    e.init_p2m = GIB - 32 * LAYOUT_PAGE;
    ck_assert_ptr_null(plan(&e, 0, 64 * MIB / LAYOUT_PAGE));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("layout");
    TCase *c = tcase_create("layout");

    tcase_add_loop_test(c, tables_map_the_boot_region_and_themselves_read_only,
                        0, 2);
    tcase_add_test(c, dom0s_tables_lie_in_the_order_of_need);
    tcase_add_test(c, the_kernel_lies_where_it_was_linked);
    tcase_add_test(c, start_info_tells_where_everything_is);
    tcase_add_test(c, a_p2m_at_the_images_own_place_is_mapped_there);
    tcase_add_test(c, what_does_not_fit_is_refused_in_words);
    tcase_add_loop_test(c, random_sizes_keep_the_rules, 0, 2);
    tcase_add_loop_test(
        c, a_linux_kernel_finds_initrd_and_p2m_behind_the_region, 0, 2);
    tcase_add_loop_test(c, what_does_not_fit_is_refused, 0, 2);
    tcase_add_loop_test(c, the_hypervisors_addresses_are_never_used, 0, 2);
    tcase_add_loop_test(c, a_p2m_that_would_run_into_the_region_is_refused, 0,
                        2);
    suite_add_tcase(s, c);
    return s;
}

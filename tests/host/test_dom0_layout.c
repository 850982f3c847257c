/* SPDX-License-Identifier: MIT */
/* core/domain/dom0_layout: where dom0's parts lie. */
#include "suite.h"

#include <string.h>

#include "domain/dom0_layout.h"

#define PAGE 4096ul
#define MIB  (1ul << 20)
#define GIB  (1ul << 30)

static struct dom0_layout l;

static struct elf_image image_at(uint64_t base, uint64_t bytes)
{
    return (struct elf_image){
        .virt_base = base,
        .virt_start = base + MIB,
        .virt_end = base + MIB + bytes,
        .init_p2m = ELF_UNSET,
    };
}

/* Tables that map [start, end), found by asking for each page of it. */
static uint64_t tables_by_walking(uint64_t start, uint64_t end)
{
    uint64_t count = 0, last[3] = {UINT64_MAX, UINT64_MAX, UINT64_MAX};

    for (uint64_t va = start; va < end; va += PAGE)
        for (int level = 0; level < 3; level++) {
            uint64_t table = va >> (21 + 9 * level);

            count += table != last[level];
            last[level] = table;
        }
    return count;
}

static void check_layout(const struct elf_image *e, uint64_t initrd)
{
    const struct dom0_part *order[] = {&l.kernel,     &l.initrd, &l.p2m,
                                       &l.start_info, &l.tables, &l.stack};
    bool near_initrd = !e->mod_start_pfn, near_p2m = e->init_p2m == ELF_UNSET;
    uint64_t pfn = 0;

    /* The region is packed, in the order of the ABI. */
    for (size_t i = 0; i < 6; i++) {
        if ((order[i] == &l.initrd && !near_initrd) ||
            (order[i] == &l.p2m && !near_p2m) || order[i]->count == 0)
            continue;
        ck_assert_uint_eq(order[i]->pfn, pfn);
        ck_assert_uint_eq(order[i]->va, l.virt_base + pfn * PAGE);
        pfn += order[i]->count;
    }
    /* It ends at 4 MiB with room to spare, and its tables reach its end. */
    ck_assert_uint_eq(l.virt_end % (4 * MIB), 0);
    ck_assert_uint_ge(l.virt_end, l.virt_base + pfn * PAGE + 512 * 1024);
    ck_assert_uint_lt(l.virt_end, l.virt_base + pfn * PAGE + 5 * MIB);
    ck_assert_uint_ge(l.tables.count,
                      1 + tables_by_walking(l.virt_base, l.virt_end));
    ck_assert_uint_eq(l.initrd.count, (initrd + PAGE - 1) / PAGE);
    ck_assert_uint_eq(l.p2m.count, (l.page_count * 8 + PAGE - 1) / PAGE);
    ck_assert_uint_le(l.used_pages, l.page_count);
}

START_TEST(a_small_kernel_is_laid_out_in_order)
{
    struct elf_image e = image_at(0, 100000);

    ck_assert(dom0_layout(&l, &e, 5000, 32 * MIB / PAGE));
    check_layout(&e, 5000);
    ck_assert_uint_eq(l.kernel.count, 256 + 25);
    ck_assert_uint_eq(l.initrd.count, 2);
    ck_assert_uint_eq(l.p2m_tables.count, 0);
}
END_TEST

START_TEST(random_sizes_keep_the_rules)
{
    struct random r = random_start(1);

    for (int i = 0; i < 300; i++) {
        struct elf_image e =
            image_at(random_below(&r, 2) ? 0 : random_below(&r, 1000) * 2 * MIB,
                     1 + random_below(&r, 20 * MIB));
        uint64_t initrd = random_below(&r, 20 * MIB);

        e.mod_start_pfn = random_below(&r, 2);
        ck_assert(dom0_layout(&l, &e, initrd,
                              (64 * MIB + random_below(&r, 8 * GIB)) / PAGE));
        check_layout(&e, initrd);
    }
}
END_TEST

START_TEST(a_linux_kernel_finds_initrd_and_p2m_behind_the_region)
{
    struct elf_image e = image_at(0xffffffff80000000, 30 * MIB);
    uint64_t region;

    e.init_p2m = 512 * GIB;
    e.mod_start_pfn = true;
    ck_assert(dom0_layout(&l, &e, 3 * MIB, GIB / PAGE));
    check_layout(&e, 3 * MIB);
    region = (l.virt_end - l.virt_base) / PAGE;
    ck_assert_uint_eq(l.initrd.pfn, region);
    ck_assert_uint_eq(l.initrd.va, 0);
    ck_assert_uint_eq(l.p2m.pfn, region + 768);
    ck_assert_uint_eq(l.p2m.va, 512 * GIB);
    ck_assert_uint_eq(l.p2m_tables.pfn, region + 768 + 512);
    ck_assert_uint_eq(l.p2m_tables.count, 3); /* 2 MiB: one table each */
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    struct elf_image e = image_at(0, 30 * MIB);

    ck_assert(!dom0_layout(&l, &e, 0, 16 * MIB / PAGE));
    ck_assert(!dom0_layout(&l, &e, 40 * MIB, 48 * MIB / PAGE));
    ck_assert(!dom0_layout(&l, &e, UINT64_MAX, 48 * MIB / PAGE));
    ck_assert(!dom0_layout(&l, &e, 0, UINT64_MAX));
    ck_assert(dom0_layout(&l, &e, 0, 48 * MIB / PAGE));
}
END_TEST

START_TEST(the_hypervisors_addresses_are_never_used)
{
    static const uint64_t bases[] = {(1ul << 47) - 8 * MIB, 0xffff800000000000,
                                     0xffff87ffff000000,    0xffff000000000000,
                                     0xffffffffffe00000,    1ul << 47};

    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        struct elf_image e = image_at(bases[i], 7 * MIB);

        if (e.virt_end < e.virt_base)
            continue;
        ck_assert(!dom0_layout(&l, &e, 0, 64 * MIB / PAGE));
    }
}
END_TEST

START_TEST(a_p2m_that_would_run_into_the_region_is_refused)
{
    struct elf_image e = image_at(GIB, MIB);

    e.init_p2m = GIB - PAGE;
    ck_assert(!dom0_layout(&l, &e, 0, 64 * MIB / PAGE));
    e.init_p2m = GIB - 32 * PAGE;
    ck_assert(dom0_layout(&l, &e, 0, 64 * MIB / PAGE));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("dom0_layout");
    TCase *t = tcase_create("layout");

    tcase_add_test(t, a_small_kernel_is_laid_out_in_order);
    tcase_add_test(t, random_sizes_keep_the_rules);
    tcase_add_test(t, a_linux_kernel_finds_initrd_and_p2m_behind_the_region);
    tcase_add_test(t, what_does_not_fit_is_refused);
    tcase_add_test(t, the_hypervisors_addresses_are_never_used);
    tcase_add_test(t, a_p2m_that_would_run_into_the_region_is_refused);
    suite_add_tcase(s, t);
    return s;
}

/* SPDX-License-Identifier: MIT */
/* hypervisor/x86/boot/memory_map.c: RAM, and free RAM, out of any list. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "fake/fake.h"
#include "types.h"
#include "x86/boot/memory_map.h"

#define PAGE   ((uint64_t)PAGE_SIZE)
#define MIB    (1ul << 20)
#define NO_END (UINT64_MAX - PAGE) /* beyond any allocation */

static struct boot_info info;

static void begin(void)
{
    memset(&info, 0, sizeof(info));
    memset(&memory_map, 0, sizeof(memory_map));
}

static void range(uint64_t start, uint64_t end, uint32_t type)
{
    info.ranges[info.range_count++] = (struct boot_range){start, end, type};
}

static void module(uint64_t start, uint64_t size)
{
    info.modules[info.module_count].start = start;
    info.modules[info.module_count++].size = size;
}

/* Sorted, apart, whole pages, not empty; what is free is RAM. */
static void check(void)
{
    const struct page_ranges *lists[] = {&memory_map.ram, &memory_map.free};

    for (unsigned int i = 0; i < 2; i++) {
        const struct page_ranges *l = lists[i];

        for (unsigned int k = 0; k < l->count; k++) {
            ck_assert_uint_lt(l->r[k].start, l->r[k].end);
            ck_assert_uint_eq((l->r[k].start | l->r[k].end) % PAGE, 0);
            ck_assert(k == 0 || l->r[k - 1].end < l->r[k].start);
            ck_assert(memory_map_is_ram(l->r[k].start, l->r[k].end));
        }
    }
}

static void init(void)
{
    memory_map_init(&info, 0, 0);
    check();
}

static bool is_free(uint64_t address)
{
    const struct page_ranges *l = &memory_map.free;

    for (unsigned int i = 0; i < l->count; i++)
        if (address >= l->r[i].start && address < l->r[i].end)
            return true;
    return false;
}

/* ------------------------------------------------------------------ lists */

START_TEST(ranges_in_any_order_become_one_sorted_list)
{
    begin();
    range(8 * MIB, 16 * MIB, RANGE_RAM);
    range(0, 0x9f800, RANGE_RAM);
    range(4 * MIB, 9 * MIB, RANGE_RAM); /* overlaps */
    range(MIB, 4 * MIB, RANGE_RAM);     /* touches */
    range(20 * MIB, 20 * MIB, RANGE_RAM);
    init();
    ck_assert_uint_eq(memory_map.ram.count, 2);
    ck_assert_uint_eq(memory_map.ram.r[0].end, 0x9f000);
    ck_assert_uint_eq(memory_map.ram.r[1].start, MIB);
    ck_assert_uint_eq(memory_map_end(), 16 * MIB);
}
END_TEST

START_TEST(a_page_of_two_types_is_not_ram)
{
    begin();
    range(MIB, 2 * MIB, RANGE_RAM);
    range(MIB + 0x1fff, MIB + 0x2001, RANGE_RESERVED);
    range(2 * MIB - 1, 3 * MIB, RANGE_NVS);
    range(MIB + 0x8000, MIB + 0x8000, RANGE_RESERVED); /* empty */
    init();
    ck_assert_uint_eq(memory_map.ram.count, 2);
    ck_assert_uint_eq(memory_map.ram.r[0].end, MIB + 0x1000);
    ck_assert_uint_eq(memory_map.ram.r[1].start, MIB + 0x3000);
    ck_assert_uint_eq(memory_map.ram.r[1].end, 2 * MIB - PAGE);
    ck_assert(!memory_map_is_ram(MIB, MIB + 0x2000));
}
END_TEST

START_TEST(less_than_a_page_is_nothing)
{
    begin();
    range(MIB + 1, MIB + 2 * PAGE - 1, RANGE_RAM);
    range(4 * MIB + 1, 4 * MIB + PAGE, RANGE_RAM);
    init();
    ck_assert_uint_eq(memory_map.ram.count, 0);
    ck_assert_uint_eq(memory_map_end(), 0);
}
END_TEST

/* Rounded up, their addresses were 0: all of memory was RAM, or free. */
START_TEST(ranges_at_the_end_of_all_addresses_do_not_wrap)
{
    begin();
    range(UINT64_MAX - 10, UINT64_MAX, RANGE_RAM);
    init();
    ck_assert_uint_eq(memory_map.ram.count, 0);
    begin();
    range(MIB, 4 * MIB, RANGE_RAM);
    range(2 * MIB, UINT64_MAX, RANGE_RESERVED);
    init();
    ck_assert_uint_eq(memory_map_end(), 2 * MIB);
}
END_TEST

START_TEST(the_image_the_modules_and_the_first_mib_are_not_free)
{
    begin();
    range(0, 16 * MIB, RANGE_RAM);
    module(4 * MIB + 5, 10);
    module(6 * MIB, MIB);
    module(8 * MIB, 0);
    memory_map_init(&info, 2 * MIB, 2 * MIB + 3 * PAGE + 1);
    check();
    ck_assert_uint_eq(memory_map.ram.count, 1);
    ck_assert(!is_free(0) && !is_free(MIB - 1) && is_free(MIB));
    ck_assert(!is_free(2 * MIB) && !is_free(2 * MIB + 4 * PAGE - 1));
    ck_assert(is_free(2 * MIB + 4 * PAGE));
    ck_assert(!is_free(4 * MIB) && is_free(4 * MIB + PAGE));
    ck_assert(!is_free(7 * MIB - 1) && is_free(7 * MIB));
    ck_assert(is_free(8 * MIB));
}
END_TEST

START_TEST(a_map_with_holes_everywhere_fits)
{
    begin();
    range(MIB, MIB + BOOT_RANGES_MAX * 4 * PAGE, RANGE_RAM);
    for (uint64_t i = 1; i < BOOT_RANGES_MAX; i++)
        range(MIB + i * 4 * PAGE, MIB + i * 4 * PAGE + 1, RANGE_RESERVED);
    for (uint64_t i = 0; i < BOOT_MODULES_MAX; i++)
        module(MIB + (4 * i + 2) * PAGE, PAGE);
    init();
    ck_assert_uint_eq(memory_map.ram.count, BOOT_RANGES_MAX);
    ck_assert_uint_eq(memory_map.free.count,
                      BOOT_RANGES_MAX + BOOT_MODULES_MAX);
}
END_TEST

/* --------------------------------------------------------------- allocate */

START_TEST(frames_are_taken_from_the_top_below_a_limit_and_zeroed)
{
    uint8_t *memory = aligned_alloc(PAGE, 8 * PAGE);
    uint64_t base = (uint64_t)memory - MIB;

    memset(memory, 0x55, 8 * PAGE);
    begin();
    range(MIB, MIB + 8 * PAGE, RANGE_RAM);
    init();
    ck_assert_uint_eq(memory_map_alloc(1, PAGE, NO_END, base), MIB + 7 * PAGE);
    ck_assert_uint_eq(memory_map_alloc(1, 4 * PAGE, NO_END, base),
                      MIB + 4 * PAGE);
    ck_assert_uint_eq(memory_map_alloc(2, PAGE, MIB + 4 * PAGE + 1, base),
                      MIB + 2 * PAGE);
    check();
    ck_assert_uint_eq(memory[7 * PAGE - 1], 0x55);
    ck_assert_uint_eq(memory[7 * PAGE] | memory[8 * PAGE - 1], 0);
    ck_assert_uint_eq(memory[4 * PAGE - 1] | memory[2 * PAGE], 0);
    ck_assert(is_free(MIB + 5 * PAGE) && !is_free(MIB + 4 * PAGE));
    ck_assert_uint_eq(memory_map.ram.count, 1);
    free(memory);
}
END_TEST

static bool is_refused(uint64_t pages, uint64_t align, uint64_t limit)
{
    begin();
    range(MIB, MIB + 8 * PAGE, RANGE_RAM);
    init();
    if (FAKE_PANICS()) {
        memory_map_alloc(pages, align, limit, 0);
        return false;
    }
    return strstr(fake_panic_text, "of memory left");
}

START_TEST(memory_that_is_not_there_is_a_panic)
{
    ck_assert(is_refused(9, PAGE, NO_END));
    ck_assert(is_refused(1, PAGE, MIB));
    ck_assert(is_refused(1, PAGE, 0));
    ck_assert(is_refused(1, 1ul << 40, NO_END));
    ck_assert(is_refused(1ul << 40, PAGE, NO_END));
}
END_TEST

/* ------------------------------------------------------------------ model */

#define PAGES 64

/* A byte for each page, from 1 MiB on: 0 nothing, 1 RAM, 2 not RAM. */
static void mark(uint8_t *model, uint64_t start, uint64_t end, uint32_t type)
{
    for (uint64_t i = 0; i < PAGES; i++) {
        uint64_t at = MIB + i * PAGE;

        if (type == RANGE_RAM && start <= at && at + PAGE <= end)
            model[i] |= 1;
        if (type != RANGE_RAM && start < at + PAGE && at < end && start < end)
            model[i] |= 2;
    }
}

START_TEST(any_list_is_what_each_page_says_of_itself)
{
    struct random r = random_start(0x5eed0052);

    for (unsigned int n = 0; n < 2000; n++) {
        uint8_t model[PAGES] = {0};

        begin();
        for (unsigned int i = 0; i < 24; i++) {
            uint64_t start = MIB + random_below(&r, 4 * PAGES) * PAGE / 4;
            uint64_t end = start + random_below(&r, 64) * PAGE / 4;
            uint32_t type = 1 + (uint32_t)random_below(&r, 6) / 4;

            range(start, end, type);
            mark(model, start, end, type);
        }
        init();
        for (uint64_t i = 0; i < PAGES; i++)
            ck_assert_int_eq(
                memory_map_is_ram(MIB + i * PAGE, MIB + (i + 1) * PAGE),
                model[i] == 1);
    }
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("memory_map");
    TCase *t = tcase_create("lists");

    tcase_add_test(t, ranges_in_any_order_become_one_sorted_list);
    tcase_add_test(t, a_page_of_two_types_is_not_ram);
    tcase_add_test(t, less_than_a_page_is_nothing);
    tcase_add_test(t, ranges_at_the_end_of_all_addresses_do_not_wrap);
    tcase_add_test(t, the_image_the_modules_and_the_first_mib_are_not_free);
    tcase_add_test(t, a_map_with_holes_everywhere_fits);
    suite_add_tcase(s, t);

    t = tcase_create("allocate");
    tcase_add_test(t, frames_are_taken_from_the_top_below_a_limit_and_zeroed);
    tcase_add_test(t, memory_that_is_not_there_is_a_panic);
    suite_add_tcase(s, t);

    t = tcase_create("model");
    tcase_add_test(t, any_list_is_what_each_page_says_of_itself);
    suite_add_tcase(s, t);
    return s;
}

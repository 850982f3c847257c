/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/x86/boot/boot_info.c: what both loaders say, and what a block
 * that does not hold together makes of them. Blocks lie at the end of their
 * memory: ASan sees whoever reads on.
 */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "fake/fake.h"
#include "x86/boot/boot_info.h"

enum tag {
    END = 0,
    LINE = 1,
    MODULE = 3,
    MAP = 6,
    RSDP_1 = 14,
    RSDP_2 = 15,
    EFI_MAP = 17
};

/* A block of Multiboot2 that is being written. */
static struct {
    uint32_t size;
    uint8_t bytes[65536];
} block;

static void put(const void *bytes, uint32_t n)
{
    memcpy(block.bytes + block.size, bytes, n);
    block.size += n;
}

static void put_u32(uint32_t value)
{
    put(&value, sizeof(value));
}

static void put_u64(uint64_t value)
{
    put(&value, sizeof(value));
}

static void begin(void)
{
    memset(&boot_info, 0, sizeof(boot_info));
    memset(&block, 0, sizeof(block));
    block.size = 8;
}

/* A tag that says it has so many bytes behind its head. */
static void put_tag(enum tag type, uint32_t n)
{
    block.size = (block.size + 7) & ~7u;
    put_u32(type);
    put_u32(8 + n);
}

static void put_text(enum tag type, const char *text)
{
    put_tag(type, (uint32_t)strlen(text) + 1);
    put(text, (uint32_t)strlen(text) + 1);
}

static void put_module(uint32_t start, uint32_t end, const char *text)
{
    put_tag(MODULE, 8 + (uint32_t)strlen(text) + 1);
    put_u32(start);
    put_u32(end);
    put(text, (uint32_t)strlen(text) + 1);
}

static void put_map(uint32_t entry_size, unsigned int entries)
{
    put_tag(MAP, 8 + entry_size * entries);
    put_u32(entry_size);
    put_u32(0);
}

static void put_range(uint64_t start, uint64_t size, uint32_t type)
{
    put_u64(start);
    put_u64(size);
    put_u32(type);
    put_u32(0);
}

static void put_plain_map(void)
{
    put_map(24, 1);
    put_range(0x100000, 0x1000000, RANGE_RAM);
}

/* Read it, from memory that ends with it. NULL, or why the panic. */
static const char *take(uint64_t at, void (*from)(uint64_t))
{
    if (FAKE_PANICS()) {
        from(at);
        fake_panic_expected = false;
        return NULL;
    }
    return fake_panic_text;
}

static const char *read_block(void)
{
    uint8_t *copy = malloc(block.size);
    const char *panic;

    memcpy(block.bytes, &block.size, sizeof(block.size));
    memcpy(copy, block.bytes, block.size);
    panic = take((uint64_t)copy, boot_from_multiboot2);
    free(copy);
    return panic;
}

static const char *end(void)
{
    put_tag(END, 0);
    return read_block();
}

/* ------------------------------------------------------------ Multiboot2 */

START_TEST(tags_come_in_any_order)
{
    begin();
    put_module(0x200000, 0x280000, "archive");
    put_tag(RSDP_1, 20);
    put("RSD PTR 123456\0\1\2\3\4", 20);
    put_map(24, 3);
    put_range(0, 0x9f000, RANGE_RAM);
    put_range(0x100000, 0x100000, RANGE_RAM);
    put_range(0x200000, 0x100000, RANGE_RAM); /* joins the one before */
    put_text(LINE, "console=com1 noreboot");
    put_module(0x280000, 0x280000, "empty");
    ck_assert_ptr_null(end());
    ck_assert_str_eq(boot_info.line, "console=com1 noreboot");
    ck_assert_uint_eq(boot_info.module_count, 2);
    ck_assert_uint_eq(boot_info.modules[0].start, 0x200000);
    ck_assert_uint_eq(boot_info.modules[0].size, 0x80000);
    ck_assert_str_eq(boot_info.modules[0].line, "archive");
    ck_assert_uint_eq(boot_info.modules[1].size, 0);
    ck_assert_uint_eq(boot_info.range_count, 2);
    ck_assert_uint_eq(boot_info.ranges[1].end, 0x300000);
    ck_assert_uint_eq(boot_info.rsdp_size, 20);
    ck_assert_mem_eq(boot_info.rsdp_copy, "RSD PTR ", 8);
}
END_TEST

START_TEST(the_newer_root_pointer_and_the_firmwares_map_win)
{
    begin();
    put_tag(RSDP_2, 36);
    put("RSD PTR 2..........................", 36);
    put_tag(RSDP_1, 20);
    put("RSD PTR 1..........", 20);
    put_tag(EFI_MAP, 8 + 48);
    put_u32(48);
    put_u32(1);
    put_u64(7); /* conventional */
    put_u64(0x100000);
    put_u64(0);
    put_u64(16);
    put_u64(0);
    put_u64(0); /* an entry longer than what we know */
    put_plain_map();
    ck_assert_ptr_null(end());
    ck_assert_uint_eq(boot_info.rsdp_size, 36);
    ck_assert_uint_eq(boot_info.rsdp_copy[8], '2');
    ck_assert_uint_eq(boot_info.range_count, 1);
    ck_assert_uint_eq(boot_info.ranges[0].end, 0x110000);
    ck_assert_uint_eq(boot_info.ranges[0].type, RANGE_RAM);
}
END_TEST

START_TEST(a_text_ends_where_its_tag_does)
{
    char longer[2 * BOOT_LINE_MAX];

    memset(longer, 'x', sizeof(longer));
    begin();
    put_plain_map();
    put_tag(LINE, 4);
    put("four and more", 8); /* another's bytes, as padding */
    block.size -= 4;
    put_tag(MODULE, 8 + 3);
    put_u32(0x200000);
    put_u32(0x201000);
    put("onetwo", 3);
    ck_assert_ptr_null(read_block());
    ck_assert_str_eq(boot_info.line, "four");
    ck_assert_str_eq(boot_info.modules[0].line, "one");
    begin();
    put_plain_map();
    put_tag(LINE, sizeof(longer));
    put(longer, sizeof(longer));
    ck_assert_ptr_null(end());
    ck_assert_uint_eq(strlen(boot_info.line), BOOT_LINE_MAX - 1);
}
END_TEST

/* The end is what the first word says, whether there is an end tag or not. */
START_TEST(a_block_may_end_without_its_end_tag)
{
    begin();
    put_plain_map();
    ck_assert_ptr_null(read_block());
    begin();
    ck_assert_ptr_nonnull(strstr(end(), "no memory map"));
    begin();
    block.size = 4;
    ck_assert_ptr_nonnull(strstr(read_block(), "no memory map"));
}
END_TEST

START_TEST(a_tag_that_is_longer_than_the_block_is_refused)
{
    static const enum tag types[] = {LINE,   MODULE,  MAP, RSDP_1,
                                     RSDP_2, EFI_MAP, 99};
    static const uint32_t lies[] = {0,          7,          9,         17,
                                    0xfffffff8, 0xfffffff9, 0xffffffff};

    for (unsigned int t = 0; t < sizeof(types) / sizeof(types[0]); t++)
        for (unsigned int i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
            begin();
            put_plain_map();
            put_tag(types[t], 0);
            memcpy(block.bytes + block.size - 4, &lies[i], 4);
            ck_assert_ptr_nonnull(strstr(read_block(), "a tag of"));
        }
}
END_TEST

/* It would be read over the end of the tag. */
START_TEST(a_tag_that_is_shorter_than_its_kind_is_refused)
{
    static const enum tag types[] = {MODULE, MAP, EFI_MAP};

    for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        begin();
        put_plain_map();
        put_tag(types[i], 4);
        put_u32(0x1000);
        ck_assert_ptr_nonnull(strstr(read_block(), "a tag of"));
    }
}
END_TEST

START_TEST(entries_of_a_map_are_whole)
{
    begin();
    put_map(23, 1);
    put_range(0, 0x1000, RANGE_RAM);
    ck_assert_ptr_nonnull(strstr(end(), "entries of 23 bytes"));
    begin();
    put_map(0, 0);
    ck_assert_ptr_nonnull(strstr(end(), "entries of 0 bytes"));
    begin();
    put_tag(MAP, 8 + 24 + 23);
    put_u32(24);
    put_u32(0);
    put_range(0x1000, 0x1000, RANGE_RAM);
    put(block.bytes, 23);
    ck_assert_ptr_null(end());
    ck_assert_uint_eq(boot_info.range_count, 1);
    begin();
    put_tag(MAP, 8);
    put_u32(0xffffffff);
    put_u32(0);
    ck_assert_ptr_null(end());
    ck_assert_uint_eq(boot_info.range_count, 0);
}
END_TEST

START_TEST(ranges_that_are_empty_or_wrap_are_dropped)
{
    begin();
    put_map(24, 4);
    put_range(0x1000, 0, RANGE_RAM);
    put_range(UINT64_MAX, 2, RANGE_RAM);
    put_range(0x2000, UINT64_MAX, RANGE_RAM);
    put_range(0x3000, 0x1000, RANGE_NVS);
    ck_assert_ptr_null(end());
    ck_assert_uint_eq(boot_info.range_count, 1);
    ck_assert_uint_eq(boot_info.ranges[0].start, 0x3000);
}
END_TEST

START_TEST(too_many_ranges_are_refused)
{
    for (unsigned int n = BOOT_RANGES_MAX; n <= BOOT_RANGES_MAX + 1; n++) {
        const char *panic;

        begin();
        put_map(24, n);
        for (unsigned int i = 0; i < n; i++)
            put_range(i * 0x2000ul, 0x1000, RANGE_RAM);
        panic = end();
        ck_assert(n == BOOT_RANGES_MAX ? !panic
                                       : strstr(panic, "too many") != NULL);
    }
}
END_TEST

START_TEST(modules_that_cannot_be_are_refused)
{
    begin();
    put_plain_map();
    put_module(0x201000, 0x200000, "backwards");
    ck_assert_ptr_nonnull(strstr(end(), "boot module at"));
    begin();
    put_plain_map();
    put_module(0x200000, 0x202000, "one");
    put_module(0x201fff, 0x203000, "two");
    ck_assert_ptr_nonnull(strstr(end(), "boot module at"));
    begin();
    put_plain_map();
    for (unsigned int i = 0; i <= BOOT_MODULES_MAX; i++)
        put_module(0x200000 + 0x1000 * i, 0x201000 + 0x1000 * i, "");
    ck_assert_ptr_nonnull(strstr(end(), "more than"));
}
END_TEST

/* Whatever the bytes: it is read inside of the block, or refused. */
START_TEST(any_damage_is_read_inside_of_the_block)
{
    struct random r = random_start(0x5eed0051);
    unsigned int refused = 0;

    for (unsigned int i = 0; i < 20000; i++) {
        begin();
        put_text(LINE, "console=com1");
        put_plain_map();
        put_module(0x200000, 0x280000, "dom0 console=hvc0");
        put_module(0x280000, 0x380000, "archive");
        put_tag(RSDP_2, 36);
        put("RSD PTR 2..........................", 36);
        put_tag(END, 0);
        for (uint64_t n = 1 + random_below(&r, 3); n > 0; n--)
            block.bytes[8 + random_below(&r, block.size - 8)] =
                (uint8_t)(random_below(&r, 2) ? random_next(&r)
                                              : random_below(&r, 2) * 255);
        if (random_below(&r, 4) == 0)
            block.size = 8 + (uint32_t)random_below(&r, block.size - 8);
        refused += read_block() != NULL;
    }
    ck_assert_uint_gt(refused, 100);
    ck_assert_uint_lt(refused, 19900);
}
END_TEST

/* ------------------------------------------------------------------- PVH */

struct pvh_start {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, line, rsdp, map;
    uint32_t map_entries, reserved;
};

struct pvh_module {
    uint64_t start, size, line, reserved;
};

struct pvh_range {
    uint64_t start, size;
    uint32_t type, reserved;
};

static struct pvh_range pvh_ranges[] = {{0x100000, 0x1000000, RANGE_RAM, 0},
                                        {0x1100000, 0, RANGE_RAM, 0},
                                        {0xfee00000, 0x1000, 2, 0}};

static struct pvh_start pvh_start(void)
{
    memset(&boot_info, 0, sizeof(boot_info));
    return (struct pvh_start){.magic = 0x336ec578,
                              .version = 1,
                              .rsdp = 0xf5a30,
                              .map = (uint64_t)pvh_ranges,
                              .map_entries = 3};
}

static const char *read_pvh(const struct pvh_start *s)
{
    return take((uint64_t)s, boot_from_pvh);
}

START_TEST(pvh_says_the_same_in_another_form)
{
    struct pvh_module module = {.start = 0x200000, .size = 0x1000};
    struct pvh_start s = pvh_start();

    s.module_count = 1;
    s.modules = (uint64_t)&module;
    s.line = (uint64_t) "noreboot";
    ck_assert_ptr_null(read_pvh(&s));
    ck_assert_str_eq(boot_info.line, "noreboot");
    ck_assert_uint_eq(boot_info.rsdp, 0xf5a30);
    ck_assert_uint_eq(boot_info.range_count, 2);
    ck_assert_uint_eq(boot_info.module_count, 1);
    ck_assert_str_eq(boot_info.modules[0].line, "");
}
END_TEST

START_TEST(pvh_without_a_map_or_its_magic_is_refused)
{
    struct pvh_start s = pvh_start();

    s.magic++;
    ck_assert_ptr_nonnull(strstr(read_pvh(&s), "magic"));
    s = pvh_start();
    s.version = 0;
    ck_assert_ptr_nonnull(strstr(read_pvh(&s), "memory map"));
    s = pvh_start();
    s.map_entries = 0;
    ck_assert_ptr_nonnull(strstr(read_pvh(&s), "memory map"));
    s.map_entries = UINT32_MAX;
    ck_assert_ptr_nonnull(strstr(read_pvh(&s), "memory map"));
}
END_TEST

START_TEST(pvh_modules_are_checked_like_the_others)
{
    struct pvh_module modules[BOOT_MODULES_MAX + 1] = {
        {.start = 0x200000, .size = UINT64_MAX - 0x1fffff}};
    struct pvh_start s = pvh_start();

    s.modules = (uint64_t)modules;
    s.module_count = 1;
    ck_assert_ptr_nonnull(strstr(read_pvh(&s), "boot module at"));
    s = pvh_start();
    s.modules = (uint64_t)modules;
    s.module_count = UINT32_MAX;
    modules[0].size = 0;
    ck_assert_ptr_nonnull(strstr(read_pvh(&s), "more than"));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("boot_info");
    TCase *t = tcase_create("multiboot2");

    tcase_add_test(t, tags_come_in_any_order);
    tcase_add_test(t, the_newer_root_pointer_and_the_firmwares_map_win);
    tcase_add_test(t, a_text_ends_where_its_tag_does);
    tcase_add_test(t, a_block_may_end_without_its_end_tag);
    tcase_add_test(t, a_tag_that_is_longer_than_the_block_is_refused);
    tcase_add_test(t, a_tag_that_is_shorter_than_its_kind_is_refused);
    tcase_add_test(t, entries_of_a_map_are_whole);
    tcase_add_test(t, ranges_that_are_empty_or_wrap_are_dropped);
    tcase_add_test(t, too_many_ranges_are_refused);
    tcase_add_test(t, modules_that_cannot_be_are_refused);
    tcase_add_test(t, any_damage_is_read_inside_of_the_block);
    suite_add_tcase(s, t);

    t = tcase_create("pvh");
    tcase_add_test(t, pvh_says_the_same_in_another_form);
    tcase_add_test(t, pvh_without_a_map_or_its_magic_is_refused);
    tcase_add_test(t, pvh_modules_are_checked_like_the_others);
    suite_add_tcase(s, t);
    return s;
}

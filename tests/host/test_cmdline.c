/* SPDX-License-Identifier: MIT */
/* core/domain/cmdline: options of the hypervisor. */
#include "suite.h"

#include <config.h>
#include <stdio.h>
#include <string.h>

#include "domain/cmdline.h"

#define MIB (1ul << 20)

static struct cmdline c;

START_TEST(an_empty_line_gives_the_defaults)
{
    cmdline_parse(&c, "");
    ck_assert_uint_eq(c.dom0_mem_bytes, 0);
    ck_assert_uint_eq(c.maxcpus, 0);
    ck_assert_uint_eq(c.loglvl, CONFIG_LOGLVL);
    ck_assert(c.console == CONSOLE_COM1);
    ck_assert(!c.noreboot && !c.debugexit);
    ck_assert_str_eq(c.unknown, "");
}
END_TEST

START_TEST(every_option_is_read)
{
    cmdline_parse(&c, "  dom0_mem=512M maxcpus=2 loglvl=debug console=com2 "
                      "noreboot  debugexit dom0_max_vcpus=3 ");
    ck_assert_uint_eq(c.dom0_mem_bytes, 512 * MIB);
    ck_assert_uint_eq(c.maxcpus, 2);
    ck_assert_uint_eq(c.dom0_max_vcpus, 3);
    ck_assert_uint_eq(c.loglvl, 3);
    ck_assert(c.console == CONSOLE_COM2);
    ck_assert(c.noreboot && c.debugexit);
    ck_assert_str_eq(c.unknown, "");
}
END_TEST

START_TEST(sizes_take_a_unit_and_count_kib_without)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"dom0_mem=2G", 2048 * MIB},
                {"dom0_mem=65536k", 64 * MIB},
                {"dom0_mem=1024", MIB},
                {"dom0_mem=1048576B", MIB},
                {"dom0_mem=1T", MIB << 20}};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        cmdline_parse(&c, good[i].text);
        ck_assert_uint_eq(c.dom0_mem_bytes, good[i].bytes);
    }
}
END_TEST

START_TEST(memory_of_dom0_may_have_a_limit_too)
{
    cmdline_parse(&c, "dom0_mem=64M,max:128M,min:16M");
    ck_assert_uint_eq(c.dom0_mem_bytes, 64 * MIB);
    ck_assert_uint_eq(c.dom0_max_mem_bytes, 128 * MIB);
    ck_assert_str_eq(c.unknown, "");
}
END_TEST

START_TEST(what_is_not_understood_is_named_and_has_no_effect)
{
    static const char *const bad[] = {
        "dom0_mem=",     "dom0_mem=12X",      "dom0_mem=99999999999999999999",
        "dom0_mem=1MM",  "maxcpus=0",         "maxcpus=two",
        "loglvl=louder", "console=vga",       "noreboot=1",
        "nonsense",      "dom0_mem=1M,max:x",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cmdline_parse(&c, bad[i]);
        ck_assert_str_eq(c.unknown, bad[i]);
        ck_assert_uint_eq(c.dom0_mem_bytes, 0);
        ck_assert_uint_eq(c.maxcpus, 0);
        ck_assert(!c.noreboot);
    }
}
END_TEST

START_TEST(unknown_words_beyond_the_room_are_cut)
{
    char line[1000];

    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    for (size_t i = 100; i < sizeof(line) - 1; i += 100)
        line[i] = ' ';
    cmdline_parse(&c, line);
    ck_assert_uint_eq(strlen(c.unknown), sizeof(c.unknown) - 1);
}
END_TEST

START_TEST(every_option_has_a_line_of_help_in_order)
{
    unsigned int n = 0;

    for (; cmdline_help(n); n++) {
        ck_assert_ptr_nonnull(strstr(cmdline_help(n), "  "));
        if (n > 0)
            ck_assert_int_lt(strcmp(cmdline_help(n - 1), cmdline_help(n)), 0);
    }
    ck_assert_uint_ge(n, 7);
}
END_TEST

/* Run in the project's folder, as all suites are. */
START_TEST(every_option_is_documented_as_it_is)
{
    static char text[4096];
    FILE *f = fopen("docs/options.md", "r");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_gt(fread(text, 1, sizeof(text) - 1, f), 0);
    (void)!fclose(f);
    for (unsigned int n = 0; cmdline_help(n); n++)
        ck_assert_msg(strstr(text, cmdline_help(n)) != NULL, "missing: %s",
                      cmdline_help(n));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("cmdline");
    TCase *t = tcase_create("cmdline");

    tcase_add_test(t, an_empty_line_gives_the_defaults);
    tcase_add_test(t, every_option_is_read);
    tcase_add_test(t, sizes_take_a_unit_and_count_kib_without);
    tcase_add_test(t, memory_of_dom0_may_have_a_limit_too);
    tcase_add_test(t, what_is_not_understood_is_named_and_has_no_effect);
    tcase_add_test(t, unknown_words_beyond_the_room_are_cut);
    tcase_add_test(t, every_option_has_a_line_of_help_in_order);
    tcase_add_test(t, every_option_is_documented_as_it_is);
    suite_add_tcase(s, t);
    return s;
}

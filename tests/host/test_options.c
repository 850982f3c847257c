/* SPDX-License-Identifier: MIT */
/* dom0-tools/vireo/options.c: options, as the help of a command has them. */
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vireo/options.h"

static const char help[] = "  -w, --wait       wait until it has\n"
                           "  -n, --count NUM  so many times\n"
                           "                   or once\n"
                           "      --once       Once. Not -n\n"
                           "      --expect RE  until this comes\n"
                           "  SETS are like 0-3\n";

static char *words[16];
static struct options o;

/* Read a line of words, the command's name first. */
static bool read_line(const char *line)
{
    static char text[256];
    int argc = 0;

    snprintf(text, sizeof(text), "%s", line);
    for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
        words[argc++] = w;
    words[argc] = NULL;
    return options_read(&o, help, argc, words);
}

START_TEST(options_and_words_come_in_any_order)
{
    ck_assert(read_line("cmd one -w two --count 3 three"));
    ck_assert_int_eq(o.count, 3);
    ck_assert_str_eq(o.words[0], "one");
    ck_assert_str_eq(o.words[2], "three");
    ck_assert(options_has(&o, "wait"));
    ck_assert_str_eq(options_value(&o, "count"), "3");
    ck_assert(!options_has(&o, "once"));
    ck_assert(!options_has(&o, "coun"));
    ck_assert_ptr_null(options_value(&o, "expect"));
}
END_TEST

START_TEST(long_options_need_no_letter)
{
    ck_assert(read_line("cmd --once --expect=a.b"));
    ck_assert(options_has(&o, "once"));
    ck_assert_str_eq(options_value(&o, "expect"), "a.b");
    ck_assert_int_eq(o.count, 0);
}
END_TEST

START_TEST(the_last_of_several_counts)
{
    ck_assert(read_line("cmd -n 1 -n2 --count=3"));
    ck_assert_str_eq(options_value(&o, "count"), "3");
}
END_TEST

START_TEST(words_behind_two_dashes_are_no_options)
{
    ck_assert(read_line("cmd -- -w"));
    ck_assert_int_eq(o.count, 1);
    ck_assert(!options_has(&o, "wait"));
}
END_TEST

/* What an explanation says is no option; nor is what has no line. */
START_TEST(unknown_and_incomplete_options_are_refused)
{
    static const char *const bad[] = {"cmd -x",        "cmd --twice",
                                      "cmd -n",        "cmd --expect",
                                      "cmd --wait=no", "cmd -S"};
    int saved = dup(2);

    freopen("/dev/null", "w", stderr); /* getopt says so */
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!read_line(bad[i]), "%s", bad[i]);
    ck_assert(read_line("cmd -w")); /* and nothing stays from those */
    ck_assert(options_has(&o, "wait"));
    dup2(saved, 2);
    close(saved);
}
END_TEST

START_TEST(too_many_options_do_not_overflow)
{
    words[0] = "cmd";
    for (int i = 1; i < 16; i++)
        words[i] = "-www";
    ck_assert(!options_read(&o, help, 16, words));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("options");
    TCase *t = tcase_create("options");

    tcase_add_test(t, options_and_words_come_in_any_order);
    tcase_add_test(t, long_options_need_no_letter);
    tcase_add_test(t, the_last_of_several_counts);
    tcase_add_test(t, words_behind_two_dashes_are_no_options);
    tcase_add_test(t, unknown_and_incomplete_options_are_refused);
    tcase_add_test(t, too_many_options_do_not_overflow);
    suite_add_tcase(s, t);
    return s;
}

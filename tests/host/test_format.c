/* SPDX-License-Identifier: MIT */
/* dom0-tools/vireo: the lines that other people's programs parse. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include <pv-abi/sched.h>

#include "vireo/format.h"
#include "vireo/json.h"

static struct xen_domctl_getdomaininfo domain(uint32_t flags)
{
    return (struct xen_domctl_getdomaininfo){
        .domain = 3,
        .flags = flags,
        .tot_pages = 8192,
        .max_pages = 16384,
        .nr_online_vcpus = 2,
        .cpu_time = 12349999999ul,
    };
}

static void check_state(uint32_t flags, const char *expected)
{
    struct xen_domctl_getdomaininfo info = domain(flags);
    char state[FORMAT_STATE_LEN];

    format_state(&info, state);
    ck_assert_str_eq(state, expected);
}

START_TEST(each_state_has_its_letter_at_its_place)
{
    /* Until a shutdown the code reads as all ones. */
    check_state(0xffff0000, "------");
    check_state(0xffff0000 | XEN_DOMINF_running, "r-----");
    check_state(0xffff0000 | XEN_DOMINF_blocked, "-b----");
    check_state(0xffff0000 | XEN_DOMINF_paused, "--p---");
    check_state(SHUTDOWN_poweroff << 16 | XEN_DOMINF_shutdown, "---s--");
    check_state(SHUTDOWN_reboot << 16 | XEN_DOMINF_shutdown, "---sr-");
    check_state(SHUTDOWN_suspend << 16 | XEN_DOMINF_shutdown, "---ss-");
    check_state(SHUTDOWN_crash << 16 | XEN_DOMINF_shutdown, "---sc-");
    check_state(SHUTDOWN_watchdog << 16 | XEN_DOMINF_shutdown, "---sw-");
    check_state(SHUTDOWN_soft_reset << 16 | XEN_DOMINF_shutdown, "---sS-");
    check_state(77 << 16 | XEN_DOMINF_shutdown, "---s?-");
    check_state(0xffff0000 | XEN_DOMINF_dying, "-----d");
    check_state(SHUTDOWN_crash << 16 | XEN_DOMINF_shutdown | XEN_DOMINF_paused |
                    XEN_DOMINF_dying,
                "--pscd");
}
END_TEST

/* What is printed to `out`, as a string to be freed. */
struct capture {
    char *text;
    size_t bytes;
    FILE *out;
};

static void capture_begin(struct capture *c)
{
    c->out = open_memstream(&c->text, &c->bytes);
    ck_assert_ptr_nonnull(c->out);
}

static void capture_expect(struct capture *c, const char *text)
{
    fclose(c->out);
    ck_assert_str_eq(c->text, text);
    free(c->text);
}

START_TEST(a_row_of_list_has_xls_columns)
{
    struct xen_domctl_getdomaininfo info = domain(0xffff0000 | 16);
    struct capture c;

    capture_begin(&c);
    format_list_row(c.out, "hello", &info);
    capture_expect(&c, "hello                                        3    32"
                       "     2     -b----      12.3");
}
END_TEST

START_TEST(seconds_are_rounded_to_tenths)
{
    struct xen_domctl_getdomaininfo info = domain(0xffff0000);
    struct capture c;

    info.cpu_time = 999950000000ul;
    capture_begin(&c);
    format_list_row(c.out, "x", &info);
    fflush(c.out);
    ck_assert_str_eq(c.text + strlen(c.text) - 6, "1000.0");
    fclose(c.out);
    free(c.text);
}
END_TEST

START_TEST(a_row_has_six_fields_whatever_the_name)
{
    struct xen_domctl_getdomaininfo info = domain(0xffff0000);
    struct capture c;
    char name[64];
    int fields = 0;

    memset(name, 'n', sizeof(name));
    name[63] = '\0';
    capture_begin(&c);
    format_list_row(c.out, name, &info);
    fclose(c.out);
    for (char *w = strtok(c.text, " \n"); w; w = strtok(NULL, " \n"))
        fields++;
    ck_assert_int_eq(fields, 6);
    free(c.text);
}
END_TEST

START_TEST(json_keeps_commas_and_escapes)
{
    struct capture c;
    struct json j;

    capture_begin(&c);
    json_begin(&j, c.out);
    json_array(&j, NULL);
    json_object(&j, NULL);
    json_string(&j, "a\"b", "tab\there \\ caf\xc3\xa9 \xff");
    json_uint(&j, "n", UINT64_MAX);
    json_array(&j, "empty");
    json_close(&j);
    json_close(&j);
    json_null(&j, NULL);
    json_bool(&j, NULL, true);
    json_close(&j);
    json_end(&j);
    capture_expect(&c, "[\n"
                       "    {\n"
                       "        \"a\\\"b\": \"tab\\u0009here \\\\ caf\xc3\xa9 "
                       "\\ufffd\",\n"
                       "        \"n\": 18446744073709551615,\n"
                       "        \"empty\": []\n"
                       "    },\n"
                       "    null,\n"
                       "    true\n"
                       "]\n");
}
END_TEST

START_TEST(strings_that_are_not_utf_8_become_valid)
{
    /* Too long forms, a surrogate, beyond the last plane, cut short. */
    const char *bad[] = {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                         "\xf4\x90\x80\x80", "\xe2\x82"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct capture c;
        struct json j;

        capture_begin(&c);
        json_begin(&j, c.out);
        json_string(&j, NULL, bad[i]);
        json_end(&j);
        fclose(c.out);
        for (const char *s = c.text; *s; s++)
            ck_assert_int_ge(*s, 0);
        ck_assert_ptr_nonnull(strstr(c.text, "\\ufffd"));
        free(c.text);
    }
}
END_TEST

START_TEST(a_crash_is_named_in_json)
{
    struct xen_domctl_getdomaininfo info =
        domain(SHUTDOWN_crash << 16 | XEN_DOMINF_shutdown);
    struct capture c;
    struct json j;

    capture_begin(&c);
    json_begin(&j, c.out);
    format_list_json(&j, "crash", &info);
    json_end(&j);
    fclose(c.out);
    ck_assert_ptr_nonnull(strstr(c.text, "\"shutdown_reason\": \"crash\""));
    ck_assert_ptr_nonnull(strstr(c.text, "\"memory_kib\": 32768"));
    free(c.text);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("format");
    TCase *c = tcase_create("format");

    tcase_add_test(c, each_state_has_its_letter_at_its_place);
    tcase_add_test(c, a_row_of_list_has_xls_columns);
    tcase_add_test(c, seconds_are_rounded_to_tenths);
    tcase_add_test(c, a_row_has_six_fields_whatever_the_name);
    tcase_add_test(c, json_keeps_commas_and_escapes);
    tcase_add_test(c, strings_that_are_not_utf_8_become_valid);
    tcase_add_test(c, a_crash_is_named_in_json);
    suite_add_tcase(s, c);
    return s;
}

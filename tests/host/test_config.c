/* SPDX-License-Identifier: MIT */
/* The reader of xl.cfg. */
#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "vireo/config/config.h"
#include "vireo/config/cpuset.h"

#define BASE "name = \"n\"\nkernel = \"/k\"\nmemory = 64\n"

static struct domain_config config;
static struct config_report report;

static void setup(void)
{
    memset(&config, 0, sizeof(config));
    memset(&report, 0, sizeof(report));
}

static void teardown(void)
{
    domain_config_drop(&config);
    config_report_drop(&report);
}

static const char *const *line_settings;
static size_t line_count;

/* Read a text; the messages, "" if there are none. */
static const char *read_text(const char *text)
{
    bool good;

    teardown();
    good = config_read(&config, "x.cfg", text, strlen(text), line_settings,
                       line_count, &report);
    ck_assert(good == (report.errors == 0));
    return report.text ? report.text : "";
}

/* Read the base and one line; the message's first line. */
static const char *complaint(const char *line)
{
    static char text[512], message[512];

    snprintf(text, sizeof(text), BASE "%s\n", line);
    snprintf(message, sizeof(message), "%s", read_text(text));
    message[strcspn(message, "\n")] = '\0';
    return message;
}

START_TEST(smallest_configuration_has_defaults)
{
    ck_assert_str_eq(read_text(BASE), "");
    ck_assert_str_eq(config.name, "n");
    ck_assert_str_eq(config.kernel, "/k");
    ck_assert_ptr_null(config.ramdisk);
    ck_assert_str_eq(config.cmdline, "");
    ck_assert_uint_eq(config.memory_mib, 64);
    ck_assert_uint_eq(config.maxmem_mib, 64);
    ck_assert_uint_eq(config.vcpus, 1);
    ck_assert_uint_eq(config.cpu_weight, 256);
    ck_assert_uint_eq(config.cap, 0);
    ck_assert_uint_eq(config.cpus[0], 0);
    ck_assert(!config.has_uuid);
    ck_assert_int_eq(config.on_poweroff, CONFIG_DESTROY);
    ck_assert_int_eq(config.on_reboot, CONFIG_RESTART);
    ck_assert_int_eq(config.on_crash, CONFIG_DESTROY);
}
END_TEST

START_TEST(every_honoured_key_is_read)
{
    static const uint8_t uuid[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
                                     0xcd, 0xef, 0x01, 0x23, 0x45, 0x67,
                                     0x89, 0xab, 0xcd, 0xef};

    ck_assert_str_eq(read_text("# a guest\n"
                               "type = 'pv'; name='g-1.a_b+c'\n"
                               "kernel = '/boot/k' # trailing\n"
                               "ramdisk = \"/boot/it's\"\n\n"
                               "cmdline = 'console=hvc0 \"x\"'\r\n"
                               "\tmemory=0x40\n"
                               "maxmem = 128\n"
                               "vcpus = 4\n"
                               "tsc_mode = 'native'\n"
                               "cpu_weight = 512; cap = 150\n"
                               "cpus = [ '0', '1-3,^2' ]\n"
                               "cpus_soft = 'all,^0'\n"
                               "builder = 'generic'\n"
                               "uuid = '01234567-89AB-cdef-0123-456789abcdef'\n"
                               "on_poweroff = 'preserve'\n"
                               "on_reboot = 'rename-restart'\n"
                               "on_crash = 'coredump-restart'"),
                     "");
    ck_assert_str_eq(config.name, "g-1.a_b+c");
    ck_assert_str_eq(config.ramdisk, "/boot/it's");
    ck_assert_str_eq(config.cmdline, "console=hvc0 \"x\"");
    ck_assert_uint_eq(config.memory_mib, 64);
    ck_assert_uint_eq(config.maxmem_mib, 128);
    ck_assert_uint_eq(config.vcpus, 4);
    ck_assert_uint_eq(config.tsc_mode, 2);
    ck_assert_uint_eq(config.cpu_weight, 512);
    ck_assert_uint_eq(config.cap, 150);
    ck_assert_uint_eq(config.cpus[0], 0x1);
    ck_assert_uint_eq(config.cpus[1], 0xa);
    ck_assert_uint_eq(config.cpus[2], 0);
    ck_assert_uint_eq(config.cpus_soft[3], UINT64_MAX << 1);
    ck_assert(config.has_uuid);
    ck_assert_mem_eq(config.uuid, uuid, 16);
    ck_assert_int_eq(config.on_poweroff, CONFIG_PRESERVE);
    ck_assert_int_eq(config.on_reboot, CONFIG_RENAME_RESTART);
    ck_assert_int_eq(config.on_crash, CONFIG_COREDUMP_RESTART);
}
END_TEST

START_TEST(root_and_extra_make_the_command_line)
{
    read_text(BASE "root = '/dev/xvda1'\nextra = 'ro quiet'\n");
    ck_assert_str_eq(config.cmdline, "root=/dev/xvda1 ro quiet");
    read_text(BASE "extra = 'quiet'\n");
    ck_assert_str_eq(config.cmdline, "quiet");
    read_text(BASE "root = '/dev/xvda1'\n");
    ck_assert_str_eq(config.cmdline, "root=/dev/xvda1");
}
END_TEST

START_TEST(cmdline_wins_over_extra_with_a_warning)
{
    const char *text = read_text(BASE "cmdline = 'a'\nextra = 'b'\n");

    ck_assert_ptr_nonnull(strstr(text, "warning: cmdline is used"));
    ck_assert_uint_eq(report.warnings, 1);
    ck_assert_str_eq(config.cmdline, "a");
}
END_TEST

START_TEST(command_line_replaces_the_file)
{
    static const char *const settings[] = {"memory=32; vcpus = 2",
                                           "extra=\"x\"", "memory=48"};

    line_settings = settings;
    line_count = 3;
    ck_assert_str_eq(read_text(BASE), "");
    line_count = 0;
    ck_assert_uint_eq(config.memory_mib, 48);
    ck_assert_uint_eq(config.vcpus, 2);
    ck_assert_str_eq(config.cmdline, "x");
}
END_TEST

START_TEST(error_on_the_command_line_names_it)
{
    static const char *const settings[] = {"memory=many"};
    const char *text;

    line_settings = settings;
    line_count = 1;
    text = read_text(BASE);
    line_count = 0;
    ck_assert_str_eq(text, "command line:1:8: error: a value is a number, a "
                           "string in quotes, or a list\n"
                           "memory=many\n"
                           "       ^~~~\n");
}
END_TEST

START_TEST(lists_may_take_several_lines_and_end_in_a_comma)
{
    ck_assert_str_eq(complaint("vif = [\n]"), "");
    ck_assert_str_eq(complaint("disk = [] ; vif = [ ]"), "");
    ck_assert_str_eq(
        complaint("vif = [ 'a',\n  # one more\n 'b', ]"),
        "x.cfg:4:1: error: \"vif\" is not supported: no back end for it runs "
        "in this control domain");
}
END_TEST

START_TEST(unknown_key_is_marked_and_a_cure_named)
{
    ck_assert_str_eq(read_text("name = 'n'\n\tmemroy = 64\n"),
                     "x.cfg:2:2: error: unknown key \"memroy\"; did you mean "
                     "\"memory\"?\n"
                     "\tmemroy = 64\n"
                     "\t^~~~~~\n"
                     "x.cfg: error: no kernel; add for example: kernel = "
                     "\"/hello\"\n"
                     "x.cfg: error: no memory; add for example: memory = 64\n");
    ck_assert_str_eq(complaint("on_rebot = 'destroy'"),
                     "x.cfg:4:1: error: unknown key \"on_rebot\"; did you mean "
                     "\"on_reboot\"?");
    ck_assert_str_eq(complaint("qqqqqqqq = 1"),
                     "x.cfg:4:1: error: unknown key \"qqqqqqqq\"");
}
END_TEST

START_TEST(sets_of_processors_are_read_and_written)
{
    static const struct {
        const char *text, *again;
        uint64_t set;
    } good[] = {
        {"0", "0", 1},
        {"3,1,2", "1-3", 0xe},
        {"all", "0-63", UINT64_MAX},
        {"all,^0", "1-63", UINT64_MAX - 1},
        {"0-7,^2-3,63", "0-1,4-7,63", 0x80000000000000f3},
    };
    static const char *const bad[][2] = {
        {"", "is no set of processors"},
        {"^0", "has no processor left"},
        {"64", "names a processor above 63"},
        {"99999999999999999999", "names a processor above 63"},
        {"3-1", "has a range that ends before it begins"},
        {"1 2", "needs commas between"},
        {"1,", "is no set of processors"},
        {"nodes:0", "is no set of processors"},
    };
    char text[CPUSET_TEXT_MAX];
    const char *why;
    uint64_t set;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert(cpuset_read(good[i].text, &set, &why));
        ck_assert_uint_eq(set, good[i].set);
        cpuset_write(set, 65, text);
        ck_assert_str_eq(text, set == UINT64_MAX ? "all" : good[i].again);
    }
    cpuset_write(3, 2, text);
    ck_assert_str_eq(text, "all");
    cpuset_write(UINT64_C(0x5555555555555555), 64, text);
    ck_assert_uint_lt(strlen(text), CPUSET_TEXT_MAX - 1);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert(!cpuset_read(bad[i][0], &set, &why));
        ck_assert_ptr_eq(strstr(why, bad[i][1]), why);
    }
}
END_TEST

START_TEST(placement_is_complained_of_at_its_place)
{
    ck_assert_str_eq(complaint("cpus = [ '0', '1-' ]"),
                     "x.cfg:4:15: error: cpus: \"1-\" is no set of "
                     "processors, like \"0-3,^2\" or \"all\"");
    ck_assert_str_eq(complaint("cpus_soft = 3"),
                     "x.cfg:4:13: error: cpus_soft: a set like \"0-3,^2\" is "
                     "wanted here, or a list with one for each vCPU");
    ck_assert_str_eq(complaint("cap = 6401"),
                     "x.cfg:4:7: error: cap: must be 0 (no limit) to 6400 "
                     "(percent)");
    ck_assert_str_eq(complaint("cpu_weight = 0"),
                     "x.cfg:4:14: error: cpu_weight: must be 1 to 65535");
}
END_TEST

START_TEST(known_keys_that_cannot_be_honoured_say_why)
{
    static const char *const refused[] = {
        "bootloader",
        "bootloader_args",
        "channel",
        "cpuid",
        "disk",
        "driver_domain",
        "e820_host",
        "firmware",
        "iomem",
        "ioports",
        "irqs",
        "max_event_channels",
        "max_grant_frames",
        "max_grant_version",
        "max_maptrack_frames",
        "maxvcpus",
        "nomigrate",
        "on_soft_reset",
        "on_watchdog",
        "p9",
        "passthrough",
        "pci",
        "pool",
        "pvcalls",
        "seclabel",
        "usbctrl",
        "usbdev",
        "vdispl",
        "vfb",
        "vif",
        "virtio",
        "vkb",
        "vnuma",
        "vpmu",
        "vsnd",
        "vtpm",
        "xenstore_quota",
    };
    char line[64], expected[128];

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        snprintf(line, sizeof(line), "%s = 'x'", refused[i]);
        snprintf(expected, sizeof(expected),
                 "x.cfg:4:1: error: \"%s\" is not supported: ", refused[i]);
        ck_assert_ptr_nonnull(strstr(complaint(line), expected));
    }
}
END_TEST

START_TEST(wrong_types_and_values_are_errors)
{
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"vcpus = '2'", "9: error: vcpus: a number is wanted here"},
        {"vcpus = 0", "9: error: vcpus: must be 1 to 64"},
        {"vcpus = 65", "9: error: vcpus: must be 1 to 64"},
        {"extra = 7", "9: error: extra: a string in quotes is wanted here"},
        {"extra = ['a']", "9: error: extra: a string in quotes is wanted here"},
        {"ramdisk = ''", "11: error: ramdisk: must not be empty"},
        {"maxmem = 32", "10: error: maxmem: less than memory"},
        {"maxmem = 16777217", "10: error: maxmem: must be 1 to 16777216 (MiB)"},
        {"maxmem = 99999999999999999999",
         "10: error: this number is too large"},
        {"uuid = 'x'", "8: error: uuid: must look like "
                       "01234567-89ab-cdef-0123-456789abcdef"},
        {"uuid = '01234567-89ab-cdef-0123-456789abcde'",
         "8: error: uuid: must look like "
         "01234567-89ab-cdef-0123-456789abcdef"},
        {"type = 'hvm'", "8: error: type: only \"pv\": nothing here uses "
                         "hardware virtualisation"},
        {"builder = 'hvm'",
         "11: error: builder: only \"generic\"; better: type = \"pv\""},
        {"on_crash = 'destory'", "12: error: on_crash: no such action "
                                 "\"destory\"; did you mean \"destroy\"?"},
        {"on_crash = 'explode'",
         "12: error: on_crash: no such action \"explode\""},
        {"tsc_mode = 'always_emulate'",
         "12: error: tsc_mode: \"default\" or \"native\": the counter is not "
         "emulated"},
        {"memory = 65", "1: error: \"memory\" was set before, in line 3"},
    };
    char expected[256];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(expected, sizeof(expected), "x.cfg:4:%s", cases[i].message);
        ck_assert_str_eq(complaint(cases[i].line), expected);
    }
}
END_TEST

START_TEST(names_are_checked)
{
    static const char long_name[] =
        "name = "
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'";

    ck_assert_ptr_nonnull(strstr(read_text("name = ''"), "not be empty"));
    ck_assert_ptr_nonnull(strstr(read_text("name = '17'"), "digits alone"));
    ck_assert_ptr_nonnull(strstr(read_text("name = 'a b'"), "may hold"));
    ck_assert_ptr_nonnull(strstr(read_text("name = 'a/b'"), "may hold"));
    ck_assert_ptr_nonnull(strstr(read_text(long_name), "longer than 64"));
}
END_TEST

START_TEST(broken_syntax_is_explained)
{
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"vcpus", "6: error: expected '=', found the end of the line"},
        {"vcpus 2", "7: error: expected '=', found a number"},
        {"vcpus = two", "9: error: a value is a number, a string in quotes, "
                        "or a list"},
        {"vcpus = 2 3", "11: error: expected the end of the file or the end "
                        "of the line, found a number"},
        {"= 2", "1: error: '=' does not belong here"},
        {"extra = \"open", "9: error: the string does not end on its line"},
        {"vcpus = 010", "9: error: not a number: write it as 12 or as 0x0c"},
        {"vcpus = -1", "9: error: not a number: write it as 12 or as 0x0c"},
        {"vcpus = 2x", "9: error: not a number: write it as 12 or as 0x0c"},
        {"vif = [ 'a' 'b' ]", "13: error: expected ',' or ']', found a string"},
        {"vif = [ 5 ]", "9: error: expected a string or ']', found a number"},
        {"vif = [ 'a'",
         "12: error: expected ',' or ']', found the end of the file"},
        {"vcpus = 2 \x01", "11: error: this character does not belong here"},
    };
    char expected[256];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *got = complaint(cases[i].line);

        snprintf(expected, sizeof(expected), "x.cfg:4:%s", cases[i].message);
        ck_assert_str_eq(got, expected);
    }
}
END_TEST

/* One reading names all that is wrong. */
START_TEST(reading_goes_on_behind_an_error)
{
    read_text("vcpus = = 2\nmemory 64\nextra = 'x\nname = 'n'\n");
    ck_assert_uint_eq(report.errors, 3);
}
END_TEST

START_TEST(messages_are_bounded)
{
    static char text[100000];

    for (size_t i = 0; i < sizeof(text) - 1; i++)
        text[i] = i % 2 ? '\n' : '=';
    read_text(text);
    ck_assert_uint_gt(report.errors, 1000);
    ck_assert_uint_lt(report.len, 4096);
}
END_TEST

START_TEST(any_byte_is_read_safely)
{
    char text[2] = "";

    for (int c = 0; c < 256; c++) {
        text[0] = c;
        teardown();
        config_read(&config, "x.cfg", text, 1, NULL, 0, &report);
        ck_assert_uint_gt(report.errors, 0);
    }
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("config");
    TCase *good = tcase_create("good"), *bad = tcase_create("bad");

    tcase_add_checked_fixture(good, setup, teardown);
    tcase_add_test(good, smallest_configuration_has_defaults);
    tcase_add_test(good, every_honoured_key_is_read);
    tcase_add_test(good, root_and_extra_make_the_command_line);
    tcase_add_test(good, cmdline_wins_over_extra_with_a_warning);
    tcase_add_test(good, command_line_replaces_the_file);
    tcase_add_test(good, lists_may_take_several_lines_and_end_in_a_comma);
    suite_add_tcase(s, good);
    tcase_add_checked_fixture(bad, setup, teardown);
    tcase_add_test(bad, error_on_the_command_line_names_it);
    tcase_add_test(bad, unknown_key_is_marked_and_a_cure_named);
    tcase_add_test(bad, sets_of_processors_are_read_and_written);
    tcase_add_test(bad, placement_is_complained_of_at_its_place);
    tcase_add_test(bad, known_keys_that_cannot_be_honoured_say_why);
    tcase_add_test(bad, wrong_types_and_values_are_errors);
    tcase_add_test(bad, names_are_checked);
    tcase_add_test(bad, broken_syntax_is_explained);
    tcase_add_test(bad, reading_goes_on_behind_an_error);
    tcase_add_test(bad, messages_are_bounded);
    tcase_add_test(bad, any_byte_is_read_safely);
    suite_add_tcase(s, bad);
    return s;
}

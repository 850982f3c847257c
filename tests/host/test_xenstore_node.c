/* SPDX-License-Identifier: MIT */
/* Requests about nodes, as a client sees them. */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xenstore_fixture.h"

static struct fixture fixture;
static struct connection *dom0, *dom5, *dom6;

static void setup(void)
{
    fixture_init(&fixture);
    dom0 = client(&fixture, 0);
    dom5 = client(&fixture, 5);
    dom6 = client(&fixture, 6);
}

static void teardown(void)
{
    fixture_done(&fixture);
}

START_TEST(written_value_is_read_back)
{
    ck_assert_str_eq(WRITE(dom0, "/a/b\0value"), "OK|");

    ck_assert_str_eq(ASK(dom0, XS_READ, "/a/b"), "value");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/a"), "");
    ck_assert_str_eq(ASK(dom0, XS_DIRECTORY, "/"), "a|");
}
END_TEST

START_TEST(value_may_hold_any_bytes)
{

    WRITE(dom0, "/a\0x\0\xff\n");

    ck_assert_str_eq(ASK(dom0, XS_READ, "/a"), "x|\xff\n");
}
END_TEST

START_TEST(write_replaces_and_empty_value_is_a_value)
{
    WRITE(dom0, "/a\0one");
    WRITE(dom0, "/a\0two");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/a"), "two");
    WRITE(dom0, "/a\0");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/a"), "");
}
END_TEST

START_TEST(read_of_missing_node_is_enoent)
{
    ck_assert_str_eq(ASK(dom0, XS_READ, "/nothing"), "!ENOENT");
    ck_assert_str_eq(ASK(dom0, XS_DIRECTORY, "/nothing"), "!ENOENT");
    ck_assert_str_eq(ASK(dom0, XS_GET_PERMS, "/nothing"), "!ENOENT");
}
END_TEST

START_TEST(relative_path_is_the_domains_own)
{
    ASK(dom0, XS_MKDIR, "/local/domain/5");
    ASK(dom0, XS_SET_PERMS, "/local/domain/5\0n5");

    ck_assert_str_eq(WRITE(dom5, "data/x\0mine"), "OK|");

    ck_assert_str_eq(ASK(dom0, XS_READ, "/local/domain/5/data/x"), "mine");
}
END_TEST

START_TEST(mkdir_of_what_exists_changes_nothing)
{
    WRITE(dom0, "/a\0value");
    ck_assert_str_eq(ASK(dom0, XS_MKDIR, "/a"), "OK|");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/a"), "value");
}
END_TEST

START_TEST(directory_lists_children_in_order)
{
    WRITE(dom0, "/d/b\0");
    WRITE(dom0, "/d/a\0");
    WRITE(dom0, "/d/c/deep\0");
    ck_assert_str_eq(ASK(dom0, XS_DIRECTORY, "/d"), "a|b|c|");
    ck_assert_str_eq(ASK(dom0, XS_DIRECTORY, "/d/a"), "");
}
END_TEST

START_TEST(rm_takes_all_below)
{
    WRITE(dom0, "/a/b/c\0v");
    WRITE(dom0, "/a/bb\0v");

    ck_assert_str_eq(ASK(dom0, XS_RM, "/a/b"), "OK|");

    ck_assert_str_eq(ASK(dom0, XS_READ, "/a/b/c"), "!ENOENT");
    ck_assert_str_eq(ASK(dom0, XS_DIRECTORY, "/a"), "bb|");
}
END_TEST

/* Clients remove without looking; only a missing parent is an error. */
START_TEST(rm_of_missing_child_succeeds_but_not_of_missing_parent)
{
    ck_assert_str_eq(ASK(dom0, XS_RM, "/nothing"), "OK|");
    ck_assert_str_eq(ASK(dom0, XS_RM, "/nothing/below"), "!ENOENT");
    ck_assert_str_eq(ASK(dom0, XS_RM, "/"), "!EINVAL");
}
END_TEST

START_TEST(malformed_requests_are_einval)
{
    ck_assert_str_eq(ask(&fixture, dom0, XS_READ, 0, "/a", 2), "!EINVAL");
    ck_assert_str_eq(ask(&fixture, dom0, XS_READ, 0, "", 0), "!EINVAL");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/a/"), "!EINVAL");
    ck_assert_str_eq(ASK(dom0, XS_READ, "@releaseDomain"), "!EINVAL");
    ck_assert_str_eq(WRITE(dom0, "/a//b\0x"), "!EINVAL");
    ck_assert_str_eq(ask(&fixture, dom0, XS_WRITE, 0, "/a", 2), "!EINVAL");
    ck_assert_str_eq(ASK(dom0, XS_SET_PERMS, "/"), "!EINVAL");
}
END_TEST

START_TEST(unknown_requests_are_enosys)
{
    ck_assert_str_eq(ASK(dom0, 15, "/a"), "!ENOSYS"); /* an event */
    ck_assert_str_eq(ASK(dom0, 16, "/a"), "!ENOSYS"); /* an error */
    ck_assert_str_eq(ASK(dom0, 20, "/a"), "!ENOSYS"); /* was RESTRICT */
    ck_assert_str_eq(ASK(dom0, 23, "/a"), "!ENOSYS");
    ck_assert_str_eq(ASK(dom0, 0xffffffff, "/a"), "!ENOSYS");
}
END_TEST

/* What exists is nobody's business who may not read the place it is in. */
START_TEST(stranger_cannot_tell_missing_from_forbidden)
{
    WRITE(dom0, "/secret/there\0x");
    ASK(dom0, XS_SET_PERMS, "/secret\0n0");
    ASK(dom0, XS_SET_PERMS, "/secret/there\0n0");

    ck_assert_str_eq(ASK(dom5, XS_READ, "/secret/there"), "!EACCES");
    ck_assert_str_eq(ASK(dom5, XS_READ, "/secret/missing"), "!EACCES");
    ck_assert_str_eq(ASK(dom5, XS_READ, "/missing"), "!ENOENT");
}
END_TEST

START_TEST(permissions_decide_each_request)
{
    static const struct {
        const char *perms;
        size_t len;
        const char *read, *write, *set;
    } cases[] = {
        {"/n\0n0", 6, "!EACCES", "!EACCES", "!EACCES"},
        {"/n\0r0", 6, "v", "!EACCES", "!EACCES"},
        {"/n\0w0", 6, "!EACCES", "OK|", "!EACCES"},
        {"/n\0b0", 6, "v", "OK|", "!EACCES"},
        {"/n\0n5", 6, "v", "OK|", "OK|"},
        {"/n\0n0\0r5", 9, "v", "!EACCES", "!EACCES"},
        {"/n\0b0\0n5", 9, "!EACCES", "!EACCES", "!EACCES"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *set = i == 4 ? "/n\0b5" : "/n\0b0";

        WRITE(dom0, "/n\0v");
        ask(&fixture, dom0, XS_SET_PERMS, 0, cases[i].perms, cases[i].len);
        ck_assert_str_eq(ASK(dom5, XS_READ, "/n"), cases[i].read);
        ck_assert_str_eq(WRITE(dom5, "/n\0v"), cases[i].write);
        ck_assert_str_eq(ask(&fixture, dom5, XS_SET_PERMS, 0, set, 6),
                         cases[i].set);
    }
}
END_TEST

START_TEST(owner_cannot_give_a_node_away)
{
    WRITE(dom0, "/n\0v");
    ASK(dom0, XS_SET_PERMS, "/n\0n5");
    ck_assert_str_eq(ASK(dom5, XS_SET_PERMS, "/n\0n6"), "!EPERM");
    ck_assert_str_eq(ASK(dom5, XS_GET_PERMS, "/n"), "n5|");
}
END_TEST

START_TEST(new_nodes_inherit_and_belong_to_their_maker)
{
    ASK(dom0, XS_MKDIR, "/shared");
    ASK(dom0, XS_SET_PERMS, "/shared\0n0\0b5\0r6");

    WRITE(dom5, "/shared/a/b\0x");

    ck_assert_str_eq(ASK(dom0, XS_GET_PERMS, "/shared/a/b"), "n5|b5|r6|");
    ck_assert_str_eq(ASK(dom0, XS_GET_PERMS, "/shared/a"), "n5|b5|r6|");
    ck_assert_str_eq(ASK(dom6, XS_READ, "/shared/a/b"), "x");
}
END_TEST

/* A name list too long for one answer is read in parts. */
START_TEST(long_directory_is_read_in_parts)
{
    char payload[64], list[8192] = "", offset[16];
    size_t total = 0, count = 0;

    for (int i = 0; i < 500; i++) {
        int len = snprintf(payload, sizeof(payload), "/d/entry-%05d", i);

        ask(&fixture, dom0, XS_WRITE, 0, payload, len + 1);
    }
    ck_assert_str_eq(ASK(dom0, XS_DIRECTORY, "/d"), "!E2BIG");

    for (bool last = false; !last;) {
        const char *part, *names;
        size_t len;

        memcpy(payload, "/d", 3);
        len = snprintf(offset, sizeof(offset), "%zu", total);
        memcpy(payload + 3, offset, len + 1);
        part = ask(&fixture, dom0, XS_DIRECTORY_PART, 0, payload, len + 4);
        names = strchr(part, '|') + 1;
        len = strlen(names);
        last = len < 2 || strcmp(names + len - 2, "||") == 0;
        if (last)
            len--;
        memcpy(list + total, names, len);
        total += len;
    }

    for (size_t i = 0; i < total; i++)
        count += list[i] == '|';
    ck_assert_uint_eq(count, 500);
    ck_assert_uint_eq(total, 500 * strlen("entry-00000|"));
}
END_TEST

START_TEST(part_of_a_short_directory_is_the_whole)
{
    const char *part;

    WRITE(dom0, "/d/a\0");
    WRITE(dom0, "/d/b\0");
    part = ASK(dom0, XS_DIRECTORY_PART,
               "/d\0"
               "0");
    ck_assert_str_eq(strchr(part, '|'), "|a|b||");
    part = ASK(dom0, XS_DIRECTORY_PART,
               "/d\0"
               "99");
    ck_assert_str_eq(strchr(part, '|'), "||");
    ck_assert_str_eq(ASK(dom0, XS_DIRECTORY_PART, "/d\0x"), "!EINVAL");
}
END_TEST

/* The deepest path there can be costs time, not stack. */
START_TEST(deepest_path_can_be_made_and_removed)
{
    char path[XENSTORE_ABS_PATH_MAX + 1];

    for (size_t i = 0; i < XENSTORE_ABS_PATH_MAX; i += 2)
        memcpy(path + i, "/a", 2);
    path[XENSTORE_ABS_PATH_MAX] = '\0';

    ck_assert_str_eq(ask(&fixture, dom0, XS_MKDIR, 0, path, sizeof(path)),
                     "OK|");
    ck_assert_str_eq(ask(&fixture, dom0, XS_DIRECTORY, 0, path, sizeof(path)),
                     "");
    ck_assert(xenstored_check(fixture.server));
    ck_assert_str_eq(ASK(dom0, XS_RM, "/a"), "OK|");
}
END_TEST

START_TEST(node_quota_stops_the_domain_and_is_logged_once)
{
    char payload[32];
    const char *last = "";
    int made;

    ASK(dom0, XS_MKDIR, "/d");
    ASK(dom0, XS_SET_PERMS, "/d\0b0");
    for (made = 0; made < 1100; made++) {
        int len = snprintf(payload, sizeof(payload), "/d/%d", made);

        last = ask(&fixture, dom5, XS_WRITE, 0, payload, len + 1);
        if (last[0] == '!')
            break;
    }

    ck_assert_int_eq(made, 1000);
    ck_assert_str_eq(last, "!ENOSPC");
    ck_assert_str_eq(WRITE(dom5, "/d/x/y\0z"), "!ENOSPC");
    ck_assert_uint_eq(fixture.logged, 1);
    ck_assert_str_eq(fixture.last_log,
                     "domain 5: quota nodes: 1001 wanted, limit 1000");
    ck_assert_str_eq(WRITE(dom6, "/d/other\0z"), "OK|");
    ck_assert_str_eq(WRITE(dom0, "/d/control\0z"), "OK|");
}
END_TEST

START_TEST(removed_nodes_come_off_the_quota)
{
    char payload[32];

    ASK(dom0, XS_MKDIR, "/d");
    ASK(dom0, XS_SET_PERMS, "/d\0b0");
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 999; i++) {
            int len = snprintf(payload, sizeof(payload), "/d/x/%d", i);

            ck_assert_str_eq(ask(&fixture, dom5, XS_WRITE, 0, payload, len + 1),
                             "OK|");
        }
        ck_assert_str_eq(ASK(dom5, XS_RM, "/d/x"), "OK|");
    }
}
END_TEST

START_TEST(entry_and_permission_quotas_bind_guests_only)
{
    char payload[3 + 2048] = "/d";

    ASK(dom0, XS_MKDIR, "/d");
    ASK(dom0, XS_SET_PERMS, "/d\0n5");
    ck_assert_str_eq(ask(&fixture, dom5, XS_WRITE, 0, payload, sizeof(payload)),
                     "!ENOSPC");
    ck_assert_str_eq(
        ask(&fixture, dom5, XS_WRITE, 0, payload, sizeof(payload) - 4), "OK|");
    ck_assert_str_eq(ask(&fixture, dom0, XS_WRITE, 0, payload, sizeof(payload)),
                     "OK|");
    WRITE(dom0, "/d\0");
    ck_assert_str_eq(ASK(dom5, XS_SET_PERMS, "/d\0n5\0r1\0r2\0r3\0r4"), "OK|");
    ck_assert_str_eq(ASK(dom5, XS_SET_PERMS, "/d\0n5\0r1\0r2\0r3\0r4\0r6"),
                     "!ENOSPC");
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("xenstore_node");
    TCase *node = tcase_create("node"), *perms = tcase_create("perms");
    TCase *size = tcase_create("size");

    tcase_add_checked_fixture(node, setup, teardown);
    tcase_add_test(node, written_value_is_read_back);
    tcase_add_test(node, value_may_hold_any_bytes);
    tcase_add_test(node, write_replaces_and_empty_value_is_a_value);
    tcase_add_test(node, read_of_missing_node_is_enoent);
    tcase_add_test(node, relative_path_is_the_domains_own);
    tcase_add_test(node, mkdir_of_what_exists_changes_nothing);
    tcase_add_test(node, directory_lists_children_in_order);
    tcase_add_test(node, rm_takes_all_below);
    tcase_add_test(node,
                   rm_of_missing_child_succeeds_but_not_of_missing_parent);
    tcase_add_test(node, malformed_requests_are_einval);
    tcase_add_test(node, unknown_requests_are_enosys);
    suite_add_tcase(s, node);
    tcase_add_checked_fixture(perms, setup, teardown);
    tcase_add_test(perms, stranger_cannot_tell_missing_from_forbidden);
    tcase_add_test(perms, permissions_decide_each_request);
    tcase_add_test(perms, owner_cannot_give_a_node_away);
    tcase_add_test(perms, new_nodes_inherit_and_belong_to_their_maker);
    suite_add_tcase(s, perms);
    tcase_add_checked_fixture(size, setup, teardown);
    tcase_set_timeout(size, 60);
    tcase_add_test(size, long_directory_is_read_in_parts);
    tcase_add_test(size, part_of_a_short_directory_is_the_whole);
    tcase_add_test(size, deepest_path_can_be_made_and_removed);
    tcase_add_test(size, node_quota_stops_the_domain_and_is_logged_once);
    tcase_add_test(size, removed_nodes_come_off_the_quota);
    tcase_add_test(size, entry_and_permission_quotas_bind_guests_only);
    suite_add_tcase(s, size);
    return s;
}

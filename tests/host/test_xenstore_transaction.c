/* SPDX-License-Identifier: MIT */
/* Transactions: who sees what, and who may commit. */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xenstore_fixture.h"

static struct fixture fixture;
static struct connection *dom0, *other, *dom5;

static void setup(void)
{
    fixture_init(&fixture);
    dom0 = client(&fixture, 0);
    other = client(&fixture, 0);
    dom5 = client(&fixture, 5);
    WRITE(dom0, "/a\0old");
    WRITE(dom0, "/b\0old");
    ASK(dom0, XS_MKDIR, "/d");
}

static void teardown(void)
{
    fixture_done(&fixture);
}

#define COMMIT(c, tx) ASK_IN(c, tx, XS_TRANSACTION_END, "T")

START_TEST(changes_are_seen_inside_at_once_and_outside_after_commit)
{
    uint32_t tx = begin(&fixture, dom0);

    WRITE_IN(dom0, tx, "/a\0new");
    ck_assert_str_eq(ASK_IN(dom0, tx, XS_READ, "/a"), "new");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/a"), "old");
    ck_assert_str_eq(ASK(other, XS_READ, "/a"), "old");

    ck_assert_str_eq(COMMIT(dom0, tx), "OK|");
    ck_assert_str_eq(ASK(other, XS_READ, "/a"), "new");
}
END_TEST

START_TEST(aborted_changes_are_never_seen)
{
    uint32_t tx = begin(&fixture, dom0);

    WRITE_IN(dom0, tx, "/a\0new");
    ck_assert_str_eq(ASK_IN(dom0, tx, XS_TRANSACTION_END, "F"), "OK|");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/a"), "old");
    ck_assert_str_eq(ASK_IN(dom0, tx, XS_READ, "/a"), "!ENOENT");
}
END_TEST

/* All reads are of one moment, also of what is read for the first time. */
START_TEST(snapshot_does_not_move)
{
    uint32_t tx = begin(&fixture, dom0);

    WRITE(other, "/a\0new");
    WRITE(other, "/c\0new");
    ASK(other, XS_RM, "/b");

    ck_assert_str_eq(ASK_IN(dom0, tx, XS_READ, "/a"), "old");
    ck_assert_str_eq(ASK_IN(dom0, tx, XS_READ, "/b"), "old");
    ck_assert_str_eq(ASK_IN(dom0, tx, XS_DIRECTORY, "/"), "a|b|d|");
    ck_assert_str_eq(COMMIT(dom0, tx), "OK|");
}
END_TEST

START_TEST(write_of_what_another_wrote_meanwhile_conflicts)
{
    uint32_t tx = begin(&fixture, dom0);

    WRITE_IN(dom0, tx, "/a\0mine");
    WRITE(other, "/a\0theirs");

    ck_assert_str_eq(COMMIT(dom0, tx), "!EAGAIN");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/a"), "theirs");
}
END_TEST

START_TEST(write_after_a_stale_read_conflicts)
{
    uint32_t tx = begin(&fixture, dom0);

    ASK_IN(dom0, tx, XS_READ, "/a");
    WRITE_IN(dom0, tx, "/b\0derived");
    WRITE(other, "/a\0new");

    ck_assert_str_eq(COMMIT(dom0, tx), "!EAGAIN");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/b"), "old");
}
END_TEST

START_TEST(name_that_was_missing_and_appeared_conflicts)
{
    uint32_t tx = begin(&fixture, dom0);

    ck_assert_str_eq(ASK_IN(dom0, tx, XS_READ, "/d/x"), "!ENOENT");
    WRITE_IN(dom0, tx, "/b\0derived");
    WRITE(other, "/d/x\0here");

    ck_assert_str_eq(COMMIT(dom0, tx), "!EAGAIN");
}
END_TEST

START_TEST(list_that_grew_conflicts)
{
    uint32_t tx = begin(&fixture, dom0);

    ASK_IN(dom0, tx, XS_DIRECTORY, "/d");
    WRITE_IN(dom0, tx, "/b\0derived");
    WRITE(other, "/d/x\0here");

    ck_assert_str_eq(COMMIT(dom0, tx), "!EAGAIN");
}
END_TEST

START_TEST(removal_conflicts_with_anything_new_below)
{
    uint32_t tx;

    WRITE(dom0, "/d/x/y\0v");
    tx = begin(&fixture, dom0);
    ASK_IN(dom0, tx, XS_RM, "/d");
    WRITE(other, "/d/x/y\0w");

    ck_assert_str_eq(COMMIT(dom0, tx), "!EAGAIN");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/d/x/y"), "w");
}
END_TEST

START_TEST(changed_permissions_above_a_new_node_conflict)
{
    uint32_t tx = begin(&fixture, dom0);

    WRITE_IN(dom0, tx, "/d/x/y\0v");
    ASK(other, XS_SET_PERMS, "/d\0n0\0r5");

    ck_assert_str_eq(COMMIT(dom0, tx), "!EAGAIN");
}
END_TEST

/* Two domains fill one directory; neither has to begin again. */
START_TEST(siblings_made_by_two_transactions_both_commit)
{
    uint32_t one = begin(&fixture, dom0), two = begin(&fixture, other);

    WRITE_IN(dom0, one,
             "/d/one\0"
             "1");
    WRITE_IN(other, two,
             "/d/two\0"
             "2");

    ck_assert_str_eq(COMMIT(dom0, one), "OK|");
    ck_assert_str_eq(COMMIT(other, two), "OK|");
    ck_assert_str_eq(ASK(dom0, XS_DIRECTORY, "/d"), "one|two|");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/d/one"), "1");
}
END_TEST

START_TEST(changes_elsewhere_do_not_conflict)
{
    uint32_t tx = begin(&fixture, dom0);

    ASK_IN(dom0, tx, XS_READ, "/a");
    WRITE_IN(dom0, tx, "/d/x\0v");
    WRITE(other, "/b\0new");
    WRITE(other, "/c/e\0new");

    ck_assert_str_eq(COMMIT(dom0, tx), "OK|");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/d/x"), "v");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/c/e"), "new");
}
END_TEST

/* What was only read was true at one moment: nothing can conflict. */
START_TEST(reader_always_commits)
{
    uint32_t tx = begin(&fixture, dom0);

    ASK_IN(dom0, tx, XS_READ, "/a");
    WRITE(other, "/a\0new");
    ck_assert_str_eq(COMMIT(dom0, tx), "OK|");
}
END_TEST

START_TEST(only_the_conflicting_one_fails)
{
    uint32_t one = begin(&fixture, dom0), two = begin(&fixture, dom0);
    uint32_t three = begin(&fixture, other);

    WRITE_IN(dom0, one,
             "/a\0"
             "1");
    WRITE_IN(dom0, two,
             "/a\0"
             "2");
    WRITE_IN(other, three,
             "/b\0"
             "3");

    ck_assert_str_eq(COMMIT(dom0, one), "OK|");
    ck_assert_str_eq(COMMIT(dom0, two), "!EAGAIN");
    ck_assert_str_eq(COMMIT(other, three), "OK|");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/a"), "1");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/b"), "3");
}
END_TEST

START_TEST(all_kinds_of_changes_are_replayed)
{
    uint32_t tx;

    WRITE(dom0, "/d/gone\0v");
    tx = begin(&fixture, dom0);
    ASK_IN(dom0, tx, XS_MKDIR, "/m/n");
    ASK_IN(dom0, tx, XS_RM, "/d/gone");
    ASK_IN(dom0, tx, XS_SET_PERMS, "/a\0n5");
    WRITE_IN(dom0, tx, "/m/n\0value");
    WRITE(other, "/c\0unrelated");

    ck_assert_str_eq(COMMIT(dom0, tx), "OK|");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/m/n"), "value");
    ck_assert_str_eq(ASK(dom0, XS_READ, "/d/gone"), "!ENOENT");
    ck_assert_str_eq(ASK(dom0, XS_GET_PERMS, "/a"), "n5|");
}
END_TEST

START_TEST(ids_belong_to_their_connection)
{
    uint32_t tx = begin(&fixture, dom0);

    ck_assert_str_eq(ASK_IN(dom5, tx, XS_READ, "/a"), "!ENOENT");
    ck_assert_str_eq(ASK_IN(dom0, tx + 1, XS_READ, "/a"), "!ENOENT");
    ck_assert_str_eq(COMMIT(dom0, 0), "!ENOENT");
    ck_assert_str_eq(ASK_IN(dom0, tx, XS_TRANSACTION_END, "X"), "!EINVAL");
    ck_assert_str_eq(ASK_IN(dom0, tx, XS_TRANSACTION_START, ""), "!EBUSY");
    ck_assert_str_eq(COMMIT(dom0, tx), "OK|");
    ck_assert_str_eq(COMMIT(dom0, tx), "!ENOENT");
}
END_TEST

START_TEST(guest_may_have_ten_transactions)
{
    for (int i = 0; i < 10; i++)
        ck_assert_uint_ne(begin(&fixture, dom5), 0);
    ck_assert_str_eq(ASK(dom5, XS_TRANSACTION_START, ""), "!ENOSPC");
    ck_assert_str_eq(ASK(dom5, XS_RESET_WATCHES, ""), "OK|");
    ck_assert_uint_ne(begin(&fixture, dom5), 0);
}
END_TEST

START_TEST(guest_transaction_may_touch_a_bounded_number_of_nodes)
{
    uint32_t tx = begin(&fixture, dom5);
    const char *last = "";
    char payload[32];
    int i;

    for (i = 0; i < 2000; i++) {
        int len = snprintf(payload, sizeof(payload), "/%d", i);

        last = ask(&fixture, dom5, XS_READ, tx, payload, len + 1);
        if (strcmp(last, "!ENOENT") != 0)
            break;
    }
    /* The root was looked at as well. */
    ck_assert_int_eq(i, 1023);
    ck_assert_str_eq(last, "!ENOSPC");
}
END_TEST

/* A snapshot that nobody ends must not keep old nodes for ever. */
START_TEST(overtaken_transaction_is_given_up)
{
    uint32_t tx = begin(&fixture, dom5), fresh;

    for (int i = 0; i <= TRANSACTION_COMMITS_MAX; i++)
        WRITE(dom0, "/a\0again");
    fresh = begin(&fixture, dom5);

    ck_assert_str_eq(ASK_IN(dom5, tx, XS_READ, "/a"), "!EAGAIN");
    ck_assert_str_eq(COMMIT(dom5, tx), "!EAGAIN");
    ck_assert_str_eq(ASK_IN(dom5, fresh, XS_READ, "/a"), "again");
    ck_assert_str_eq(COMMIT(dom5, fresh), "OK|");
}
END_TEST

START_TEST(closed_connection_takes_its_transactions_along)
{
    uint32_t tx = begin(&fixture, dom5);

    ASK_IN(dom5, tx, XS_READ, "/a");
    xenstored_disconnect(fixture.server, dom5);
    WRITE(dom0, "/a\0new");
    ck_assert(xenstored_check(fixture.server));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("xenstore_transaction");
    TCase *t = tcase_create("transaction");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, changes_are_seen_inside_at_once_and_outside_after_commit);
    tcase_add_test(t, aborted_changes_are_never_seen);
    tcase_add_test(t, snapshot_does_not_move);
    tcase_add_test(t, write_of_what_another_wrote_meanwhile_conflicts);
    tcase_add_test(t, write_after_a_stale_read_conflicts);
    tcase_add_test(t, name_that_was_missing_and_appeared_conflicts);
    tcase_add_test(t, list_that_grew_conflicts);
    tcase_add_test(t, removal_conflicts_with_anything_new_below);
    tcase_add_test(t, changed_permissions_above_a_new_node_conflict);
    tcase_add_test(t, siblings_made_by_two_transactions_both_commit);
    tcase_add_test(t, changes_elsewhere_do_not_conflict);
    tcase_add_test(t, reader_always_commits);
    tcase_add_test(t, only_the_conflicting_one_fails);
    tcase_add_test(t, all_kinds_of_changes_are_replayed);
    tcase_add_test(t, ids_belong_to_their_connection);
    tcase_add_test(t, guest_may_have_ten_transactions);
    tcase_add_test(t, guest_transaction_may_touch_a_bounded_number_of_nodes);
    tcase_add_test(t, overtaken_transaction_is_given_up);
    tcase_add_test(t, closed_connection_takes_its_transactions_along);
    suite_add_tcase(s, t);
    return s;
}

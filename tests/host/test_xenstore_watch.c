/* SPDX-License-Identifier: MIT */
/* Watches, as a client hears them. */
#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "xenstore_fixture.h"

static struct fixture fixture;
static struct connection *dom0, *dom5;

static void setup(void)
{
    fixture_init(&fixture);
    dom0 = client(&fixture, 0);
    dom5 = client(&fixture, 5);
}

static void teardown(void)
{
    fixture_done(&fixture);
}

static const char *heard(struct connection *c)
{
    return events(&fixture, c);
}

START_TEST(watch_fires_once_when_registered)
{
    ck_assert_str_eq(ASK(dom5, XS_WATCH, "/no/such/node\0tok"), "OK|");
    ck_assert_str_eq(heard(dom5), "/no/such/node tok;");
    ck_assert_str_eq(heard(dom5), "");
}
END_TEST

START_TEST(answer_comes_before_the_first_event)
{
    struct xsd_sockmsg header = {.type = XS_WATCH, .req_id = 9, .len = 5};
    const struct xsd_sockmsg *out;
    size_t len;

    feed(dom5, &header, sizeof(header));
    feed(dom5, "/a\0t", 5);
    settle(&fixture);

    out = connection_output(dom5, &len);
    ck_assert_uint_eq(out->type, XS_WATCH);
    ck_assert_uint_eq(out->req_id, 9);
    connection_sent(dom5, len);
    out = connection_output(dom5, &len);
    ck_assert_uint_eq(out->type, XS_WATCH_EVENT);
    ck_assert_uint_eq(out->req_id, 0);
    ck_assert_uint_eq(out->tx_id, 0);
    connection_sent(dom5, len);
}
END_TEST

START_TEST(watch_fires_for_the_node_and_all_below)
{
    ASK(dom5, XS_WATCH, "/a\0t");
    heard(dom5);

    WRITE(dom0, "/a\0x");
    WRITE(dom0, "/a/b/c\0x");
    WRITE(dom0, "/ab\0x");
    ASK(dom0, XS_SET_PERMS, "/a/b\0r0");
    ASK(dom0, XS_RM, "/a/b");

    ck_assert_str_eq(heard(dom5), "/a t;/a/b/c t;/a/b t;");
}
END_TEST

START_TEST(watch_on_the_root_hears_everything)
{
    ASK(dom0, XS_WATCH, "/\0t");
    heard(dom0);
    WRITE(dom0, "/a/b\0x");
    ck_assert_str_eq(heard(dom0), "/a/b t;");
}
END_TEST

START_TEST(removal_above_fires_with_the_watched_path)
{
    WRITE(dom0, "/a/b/c\0x");
    ASK(dom5, XS_WATCH, "/a/b/c\0t");
    ASK(dom5, XS_WATCH, "/a/b/missing\0t");
    heard(dom5);

    ASK(dom0, XS_RM, "/a");

    ck_assert_str_eq(heard(dom5), "/a/b/c t;");
}
END_TEST

START_TEST(mkdir_of_what_exists_fires_nothing)
{
    ASK(dom0, XS_MKDIR, "/a");
    ASK(dom5, XS_WATCH, "/a\0t");
    heard(dom5);
    ASK(dom0, XS_MKDIR, "/a");
    ASK(dom0, XS_RM, "/missing");
    ASK(dom0, XS_READ, "/a");
    ck_assert_str_eq(heard(dom5), "");
}
END_TEST

START_TEST(relative_watch_speaks_relative_paths)
{
    ASK(dom5, XS_WATCH, "device\0t");
    ck_assert_str_eq(heard(dom5), "device t;");

    WRITE(dom0, "/local/domain/5/device/vif/0\0x");

    ck_assert_str_eq(heard(dom5), "device/vif/0 t;");
}
END_TEST

START_TEST(transaction_fires_after_commit_only)
{
    uint32_t tx;

    ASK(dom5, XS_WATCH, "/a\0t");
    heard(dom5);
    tx = begin(&fixture, dom0);
    WRITE_IN(dom0, tx, "/a/b\0x");
    ck_assert_str_eq(heard(dom5), "");

    ASK_IN(dom0, tx, XS_TRANSACTION_END, "T");

    ck_assert_str_eq(heard(dom5), "/a/b t;");
}
END_TEST

START_TEST(aborted_and_conflicting_transactions_fire_nothing)
{
    uint32_t aborted = begin(&fixture, dom0), late = begin(&fixture, dom0);

    ASK(dom5, XS_WATCH, "/a\0t");
    heard(dom5);
    WRITE_IN(dom0, aborted, "/a\0x");
    WRITE_IN(dom0, late, "/a\0y");
    ASK_IN(dom0, aborted, XS_TRANSACTION_END, "F");
    WRITE(dom0, "/a\0z");
    ck_assert_str_eq(heard(dom5), "/a t;");

    ck_assert_str_eq(ASK_IN(dom0, late, XS_TRANSACTION_END, "T"), "!EAGAIN");
    ck_assert_str_eq(heard(dom5), "");
}
END_TEST

/* Not even that something happened is told to who may not look (XSA-115). */
START_TEST(unreadable_nodes_are_silent)
{
    ASK(dom0, XS_MKDIR, "/secret");
    ASK(dom0, XS_SET_PERMS, "/secret\0n0");
    ASK(dom5, XS_WATCH, "/\0t");
    ASK(dom5, XS_WATCH, "/secret/x\0t");
    heard(dom5);

    WRITE(dom0, "/secret/x/y\0v");
    ASK(dom0, XS_RM, "/secret/x");

    ck_assert_str_eq(heard(dom5), "");
}
END_TEST

/* The last change a domain may see is that it may not see any more. */
START_TEST(losing_the_right_to_read_is_heard)
{
    ASK(dom0, XS_MKDIR, "/p/q");
    ASK(dom0, XS_SET_PERMS, "/p\0n0");
    ASK(dom5, XS_WATCH, "/p/q\0t");
    heard(dom5);

    ASK(dom0, XS_SET_PERMS, "/p/q\0n0");
    ck_assert_str_eq(heard(dom5), "/p/q t;");
    WRITE(dom0, "/p/q\0x");
    ck_assert_str_eq(heard(dom5), "");
}
END_TEST

START_TEST(same_watch_twice_is_refused_and_unwatch_ends_it)
{
    ck_assert_str_eq(ASK(dom5, XS_WATCH, "/a\0t"), "OK|");
    ck_assert_str_eq(ASK(dom5, XS_WATCH, "/a\0t"), "!EEXIST");
    ck_assert_str_eq(ASK(dom5, XS_WATCH, "/a\0u"), "OK|");
    ck_assert_str_eq(ASK(dom5, XS_UNWATCH, "/a\0t"), "OK|");
    ck_assert_str_eq(ASK(dom5, XS_UNWATCH, "/a\0t"), "!ENOENT");
    ck_assert_str_eq(ASK(dom5, XS_UNWATCH, "/a"), "!EINVAL");
    ck_assert_str_eq(ASK(dom5, XS_WATCH, "@other\0t"), "!EINVAL");
    heard(dom5);
    WRITE(dom0, "/a\0x");
    ck_assert_str_eq(heard(dom5), "/a u;");
}
END_TEST

START_TEST(guest_may_have_128_watches)
{
    char payload[32];

    for (int i = 0; i < 128; i++) {
        int len = snprintf(payload, sizeof(payload), "/a%ct%d", 0, i);

        ck_assert_str_eq(ask(&fixture, dom5, XS_WATCH, 0, payload, len + 1),
                         "OK|");
    }
    ck_assert_str_eq(ASK(dom5, XS_WATCH, "/b\0t"), "!E2BIG");
    ck_assert_str_eq(fixture.last_log,
                     "domain 5: quota watches: 129 wanted, limit 128");
    ck_assert_str_eq(ASK(dom5, XS_RESET_WATCHES, ""), "OK|");
    ck_assert_str_eq(ASK(dom5, XS_WATCH, "/b\0t"), "OK|");
    heard(dom5);
}
END_TEST

/* A longer token would not fit beside the longest path. */
START_TEST(token_that_could_lose_an_event_is_refused)
{
    char payload[3 + WATCH_TOKEN_MAX + 2] = "/a";

    memset(payload + 3, 't', WATCH_TOKEN_MAX + 1);
    ck_assert_str_eq(ask(&fixture, dom5, XS_WATCH, 0, payload, sizeof(payload)),
                     "!EINVAL");
    payload[3 + WATCH_TOKEN_MAX] = '\0';
    ck_assert_str_eq(
        ask(&fixture, dom5, XS_WATCH, 0, payload, sizeof(payload) - 1), "OK|");
}
END_TEST

START_TEST(repeated_event_waits_once)
{
    ASK(dom5, XS_WATCH, "/a\0t");
    heard(dom5);
    for (int i = 0; i < 1000; i++)
        WRITE(dom0, "/a\0x");
    ck_assert_str_eq(heard(dom5), "/a t;");
}
END_TEST

/* A guest that does not listen costs a bounded amount, and misses nothing:
 * it is told to look at all it watches. */
START_TEST(flood_of_events_ends_in_one_for_the_whole_watch)
{
    const char *text;
    char payload[32];
    size_t count = 0;

    ASK(dom5, XS_WATCH, "/a\0t");
    heard(dom5);
    for (int i = 0; i < 1000; i++) {
        int len = snprintf(payload, sizeof(payload), "/a/%d", i);

        ask(&fixture, dom0, XS_WRITE, 0, payload, len + 1);
    }
    ck_assert_uint_eq(dom5->events, CONNECTION_EVENTS_MAX + 1);

    text = heard(dom5);
    for (const char *s = text; *s; s++)
        count += *s == ';';
    ck_assert_uint_eq(count, CONNECTION_EVENTS_MAX + 1);
    ck_assert_str_eq(text + strlen(text) - strlen("/a t;"), "/a t;");
}
END_TEST

START_TEST(domain_events_are_the_control_domains)
{
    ASK(dom0, XS_WATCH, "@introduceDomain\0i");
    ASK(dom0, XS_WATCH, "@releaseDomain\0r");
    ASK(dom5, XS_WATCH, "@releaseDomain\0r");
    ck_assert_str_eq(heard(dom0), "@introduceDomain i;@releaseDomain r;");
    ck_assert_str_eq(heard(dom5), "@releaseDomain r;");

    ck_assert_str_eq(ASK(dom0, XS_INTRODUCE,
                         "3\0"
                         "100\0"
                         "7"),
                     "OK|");
    ck_assert_str_eq(heard(dom0), "@introduceDomain i;");
    ck_assert_str_eq(ASK(dom0, XS_RELEASE, "3"), "OK|");
    ck_assert_str_eq(heard(dom0), "@releaseDomain r;");
    ck_assert_str_eq(heard(dom5), "");
}
END_TEST

START_TEST(domain_events_can_be_granted)
{
    ck_assert_str_eq(ASK(dom5, XS_GET_PERMS, "@releaseDomain"), "!EACCES");
    ck_assert_str_eq(ASK(dom5, XS_SET_PERMS, "@releaseDomain\0b5"), "!EACCES");
    ck_assert_str_eq(ASK(dom0, XS_SET_PERMS, "@releaseDomain\0n0\0r5"), "OK|");
    ck_assert_str_eq(ASK(dom5, XS_GET_PERMS, "@releaseDomain"), "n0|r5|");
    ASK(dom5, XS_WATCH, "@releaseDomain\0r");
    heard(dom5);

    xenstored_domain_died(fixture.server, 6);
    ck_assert_str_eq(heard(dom5), "@releaseDomain r;");

    xenstored_domain_died(fixture.server, 5);
    ck_assert_str_eq(ASK(dom0, XS_GET_PERMS, "@releaseDomain"), "n0|");
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("xenstore_watch");
    TCase *t = tcase_create("watch");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, watch_fires_once_when_registered);
    tcase_add_test(t, answer_comes_before_the_first_event);
    tcase_add_test(t, watch_fires_for_the_node_and_all_below);
    tcase_add_test(t, watch_on_the_root_hears_everything);
    tcase_add_test(t, removal_above_fires_with_the_watched_path);
    tcase_add_test(t, mkdir_of_what_exists_fires_nothing);
    tcase_add_test(t, relative_watch_speaks_relative_paths);
    tcase_add_test(t, transaction_fires_after_commit_only);
    tcase_add_test(t, aborted_and_conflicting_transactions_fire_nothing);
    tcase_add_test(t, unreadable_nodes_are_silent);
    tcase_add_test(t, losing_the_right_to_read_is_heard);
    tcase_add_test(t, same_watch_twice_is_refused_and_unwatch_ends_it);
    tcase_add_test(t, guest_may_have_128_watches);
    tcase_add_test(t, token_that_could_lose_an_event_is_refused);
    tcase_add_test(t, repeated_event_waits_once);
    tcase_add_test(t, flood_of_events_ends_in_one_for_the_whole_watch);
    tcase_add_test(t, domain_events_are_the_control_domains);
    tcase_add_test(t, domain_events_can_be_granted);
    suite_add_tcase(s, t);
    return s;
}

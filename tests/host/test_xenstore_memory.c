/* SPDX-License-Identifier: MIT */
/*
 * Memory runs out at every possible place: each request is tried with its
 * first allocation failing, then its second, until it succeeds. What fails
 * must have changed nothing.
 *
 * The linker turns malloc and calloc into the functions below (build.mk).
 */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xenstore_fixture.h"

/* Allocations of the server until one fails; 0: none fails. */
static long countdown;

static unsigned long allocations; /* of the server */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

static bool fails_now(void)
{
    allocations += fixture_serving;
    return fixture_serving && countdown > 0 && --countdown == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

static struct fixture fixture;
static struct connection *dom0, *dom5;

static void setup(void)
{
    countdown = 0;
    fixture_init(&fixture);
    dom0 = client(&fixture, 0);
    dom5 = client(&fixture, 5);
    WRITE(dom0, "/a/b/c\0one");
    WRITE(dom0, "/a/b/d\0two");
    WRITE(dom0, "/a/e\0three");
    ASK(dom0, XS_SET_PERMS, "/a\0n0\0b5");
    WRITE(dom5, "/a/mine/x\0four");
}

static void teardown(void)
{
    countdown = 0;
    fixture_done(&fixture);
}

/* All paths, values, owners: what must not change. */
static char *dump(void)
{
    static struct tree_walk w;
    struct node *n = tree_walk_start(&w, fixture.server->store.root, "/");
    char *text = __real_calloc(1, 65536);

    for (; n; n = tree_walk_next(&w, true))
        sprintf(text + strlen(text), "%s=%.*s n%u/%u\n", w.path,
                (int)node_value_length(n), n->value ? n->value->bytes : "",
                perms_owner(n->perms), n->perms->count);
    return text;
}

/* Ask until it works; each failure is ENOMEM and leaves the store as it was.
 * Returns how often it failed. */
static unsigned press(struct connection *c, uint32_t type, uint32_t tx,
                      const void *payload, size_t len, const char *expected)
{
    for (unsigned nth = 1;; nth++) {
        char *before = dump(), *after;
        const char *answer;
        bool failed;

        countdown = nth;
        answer = ask(&fixture, c, type, tx, payload, len);
        failed = countdown == 0;
        countdown = 0;
        if (strcmp(answer, "no answer") == 0) {
            /* Not even the answer had room: the request still waits. */
            ck_assert(connection_has_work(c));
            connection_reset(c);
            free(before);
            continue;
        }
        after = dump();
        ck_assert(xenstored_check(fixture.server));
        if (!failed || strcmp(answer, "!ENOMEM") != 0) {
            ck_assert_str_eq(answer, expected);
            free(before);
            free(after);
            if (!failed)
                return nth - 1;
            return nth;
        }
        ck_assert_str_eq(before, after);
        free(before);
        free(after);
    }
}

#define PRESS(c, type, payload, expected)                                      \
    ck_assert_uint_gt(press(c, type, 0, payload, sizeof(payload), expected), 1)

START_TEST(write_is_whole_or_nothing)
{
    PRESS(dom0, XS_WRITE, "/a/b/new/deep\0value", "OK|");
}
END_TEST

START_TEST(write_of_a_guest_is_whole_or_nothing)
{
    PRESS(dom5, XS_WRITE, "/a/guest/deep\0value", "OK|");
}
END_TEST

START_TEST(mkdir_is_whole_or_nothing)
{
    PRESS(dom0, XS_MKDIR, "/x/y/z", "OK|");
}
END_TEST

START_TEST(rm_is_whole_or_nothing)
{
    PRESS(dom0, XS_RM, "/a", "OK|");
}
END_TEST

START_TEST(set_perms_is_whole_or_nothing)
{
    PRESS(dom0, XS_SET_PERMS, "/a/b\0n5\0r6", "OK|");
}
END_TEST

START_TEST(watch_is_whole_or_nothing)
{
    PRESS(dom5, XS_WATCH, "/a\0t", "OK|");
    ck_assert_uint_eq(dom5->watch_count, 1);
}
END_TEST

START_TEST(transaction_start_is_whole_or_nothing)
{
    PRESS(dom0, XS_TRANSACTION_START, "", "1|");
}
END_TEST

START_TEST(introduction_is_whole_or_nothing)
{
    PRESS(dom0, XS_INTRODUCE,
          "3\0"
          "1\0"
          "2",
          "OK|");
    ck_assert_uint_eq(fixture.mapped, 1);
}
END_TEST

/* A transaction that has to be replayed; a failed end is an end all the same,
 * so each try has a new one. */
START_TEST(replay_is_whole_or_nothing)
{
    bool done = false;
    unsigned nth;

    for (nth = 1; !done; nth++) {
        uint32_t tx = begin(&fixture, dom0);
        char *before, *after;
        const char *answer;

        WRITE_IN(dom0, tx,
                 "/t/one\0"
                 "1");
        WRITE_IN(dom0, tx,
                 "/t/two\0"
                 "2");
        WRITE(dom0, "/other\0x");
        before = dump();
        countdown = nth;
        answer = ASK_IN(dom0, tx, XS_TRANSACTION_END, "T");
        countdown = 0;
        after = dump();
        done = strcmp(answer, "OK|") == 0;
        if (strcmp(answer, "no answer") == 0)
            connection_reset(dom0);
        else if (!done)
            ck_assert_str_eq(answer, "!ENOMEM");
        ck_assert(done == (strcmp(before, after) != 0));
        ck_assert(xenstored_check(fixture.server));
        free(before);
        free(after);
    }
    ck_assert_uint_gt(nth, 5);
}
END_TEST

/* Without memory for the event the watch owes it. */
START_TEST(event_is_late_but_not_lost)
{
    ASK(dom5, XS_WATCH, "/a\0t");
    events(&fixture, dom5);
    for (unsigned nth = 1; nth < 100; nth++) {
        struct connection *c = client(&fixture, 0);

        countdown = nth;
        const char *answer = ask(&fixture, c, XS_WRITE, 0, "/a/z\0v", 6);
        bool wrote = strcmp(answer, "OK|") == 0;

        countdown = 0;
        server_mark_ready(fixture.server, dom5);
        if (wrote)
            ck_assert_str_ne(events(&fixture, dom5), "");
        xenstored_disconnect(fixture.server, c);
        events(&fixture, dom5);
    }
}
END_TEST

/* What a dead domain leaves goes at the latest before its number is used. */
START_TEST(dead_domain_is_forgotten_before_its_number_returns)
{
    bool forgotten = false;

    for (unsigned nth = 1; !forgotten; nth++) {
        teardown();
        setup();
        countdown = nth;
        fixture_serving = true;
        xenstored_domain_died(fixture.server, 5);
        fixture_serving = false;
        countdown = 0;
        forgotten = strcmp(ASK(dom0, XS_READ, "/a/mine"), "!ENOENT") == 0;
        if (!forgotten && domain_find(fixture.server, 5) == NULL) {
            ASK(dom0, XS_INTRODUCE,
                "5\0"
                "1\0"
                "2");
            /* Without a record of its death there is nothing to do it. */
            if (fixture.server->domains.rbh_root && nth > 1)
                ck_assert_str_eq(ASK(dom0, XS_READ, "/a/mine"), "!ENOENT");
        }
        ck_assert(xenstored_check(fixture.server));
    }
}
END_TEST

static unsigned long cost_of_a_write(struct connection *c, unsigned i)
{
    char payload[32];
    unsigned long before = allocations;
    int len = sprintf(payload, "/flat/%u", i);

    ask(&fixture, c, XS_WRITE, 0, payload, len + 1);
    return allocations - before;
}

/* A write in a directory of 100,000 costs about as much as in one of 100. */
START_TEST(cost_of_a_write_is_logarithmic)
{
    unsigned long small = 0, large = 0;

    for (unsigned i = 0; i < 100000; i++) {
        unsigned long cost = cost_of_a_write(dom0, i);

        if (i == 100)
            small = cost;
        large = cost;
    }
    printf("# cost: xenstore: %lu allocations for a write among 100,000 nodes, "
           "%lu among 100\n",
           large, small);
    ck_assert_uint_lt(large, 3 * small);
    ck_assert_uint_lt(large, 60);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("xenstore_memory");
    TCase *t = tcase_create("memory");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, write_is_whole_or_nothing);
    tcase_add_test(t, write_of_a_guest_is_whole_or_nothing);
    tcase_add_test(t, mkdir_is_whole_or_nothing);
    tcase_add_test(t, rm_is_whole_or_nothing);
    tcase_add_test(t, set_perms_is_whole_or_nothing);
    tcase_add_test(t, watch_is_whole_or_nothing);
    tcase_add_test(t, transaction_start_is_whole_or_nothing);
    tcase_add_test(t, introduction_is_whole_or_nothing);
    tcase_add_test(t, replay_is_whole_or_nothing);
    tcase_add_test(t, event_is_late_but_not_lost);
    tcase_add_test(t, dead_domain_is_forgotten_before_its_number_returns);
    tcase_add_test(t, cost_of_a_write_is_logarithmic);
    suite_add_tcase(s, t);
    return s;
}

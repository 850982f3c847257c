/* SPDX-License-Identifier: MIT */
/* The library against a server that breaks off or talks nonsense. */
#include "suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libxenstore/transport.h"
#include "libxenstore/xenstore.h"

/* --- A transport that plays back bytes --- */

struct transport {
    char bytes[8192];
    size_t len, at;
    size_t step; /* bytes at one time */
    long end;    /* what comes behind them */
};

static struct transport script;

struct transport *transport_open(void)
{
    return &script;
}

void transport_close(struct transport *t, bool tell)
{
}

int transport_send(struct transport *t, const void *bytes, size_t len)
{
    return t->end == -EPIPE ? -EPIPE : 0;
}

long transport_receive(struct transport *t, void *bytes, size_t len, bool wait)
{
    size_t count = t->step < len ? t->step : len;

    if (count > t->len - t->at)
        count = t->len - t->at;
    if (count == 0)
        return len == 0 ? 0 : t->end;
    memcpy(bytes, t->bytes + t->at, count);
    t->at += count;
    return count;
}

int transport_fileno(const struct transport *t)
{
    return 42;
}

static void add(uint32_t type, const void *body, size_t len)
{
    struct xsd_sockmsg header = {.type = type, .len = len};

    memcpy(script.bytes + script.len, &header, sizeof(header));
    script.len += sizeof(header);
    memcpy(script.bytes + script.len, body, len);
    script.len += len;
}

static struct xs_handle *h;

static void setup(void)
{
    memset(&script, 0, sizeof(script));
    script.step = sizeof(script.bytes);
    script.end = -ENOTCONN;
    h = xs_open(0);
}

static void teardown(void)
{
    xs_close(h);
}

START_TEST(answer_may_come_byte_by_byte)
{
    char *value;

    script.step = 1;
    add(XS_WATCH_EVENT, "/w\0t", 5);
    add(XS_READ, "value", 5);
    value = xs_read(h, XBT_NULL, "/a", NULL);
    ck_assert_str_eq(value, "value");
    free(value);
    free(xs_check_watch(h));
}
END_TEST

START_TEST(closed_connection_is_noticed_and_stays_closed)
{
    add(XS_READ, "value", 5);
    script.len -= 2;
    ck_assert_ptr_null(xs_read(h, XBT_NULL, "/a", NULL));
    ck_assert_int_eq(errno, ENOTCONN);
    add(XS_READ, "value", 5);
    ck_assert_ptr_null(xs_read(h, XBT_NULL, "/a", NULL));
    ck_assert_int_eq(errno, ENOTCONN);
    ck_assert_ptr_null(xs_check_watch(h));
    ck_assert_int_eq(errno, ENOTCONN);
}
END_TEST

START_TEST(failed_send_is_reported)
{
    script.end = -EPIPE;
    ck_assert(!xs_mkdir(h, XBT_NULL, "/a"));
    ck_assert_int_eq(errno, EPIPE);
}
END_TEST

START_TEST(too_long_answer_ends_the_connection)
{
    struct xsd_sockmsg header = {.type = XS_READ,
                                 .len = XENSTORE_PAYLOAD_MAX + 1};

    memcpy(script.bytes, &header, sizeof(header));
    script.len = sizeof(script.bytes);
    ck_assert_ptr_null(xs_read(h, XBT_NULL, "/a", NULL));
    ck_assert_int_eq(errno, EIO);
}
END_TEST

START_TEST(answer_to_another_question_ends_the_connection)
{
    add(XS_MKDIR, "OK", 3);
    ck_assert_ptr_null(xs_read(h, XBT_NULL, "/a", NULL));
    ck_assert_int_eq(errno, EIO);
}
END_TEST

START_TEST(unknown_error_is_einval)
{
    add(XS_ERROR, "EWHATEVER", 10);
    ck_assert_ptr_null(xs_read(h, XBT_NULL, "/a", NULL));
    ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(error_without_a_nul_is_read_safely)
{
    add(XS_ERROR, "ENOENT", 6);
    ck_assert_ptr_null(xs_read(h, XBT_NULL, "/a", NULL));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(event_without_a_token_is_an_error)
{
    add(XS_WATCH_EVENT, "/w", 3);
    ck_assert_ptr_null(xs_check_watch(h));
    ck_assert_int_eq(errno, EIO);
}
END_TEST

START_TEST(half_an_event_is_kept_until_the_rest_comes)
{
    char **event;

    add(XS_WATCH_EVENT, "/w\0tok", 7);
    script.len -= 10;
    script.end = -EAGAIN;
    ck_assert_ptr_null(xs_check_watch(h));
    ck_assert_int_eq(errno, EAGAIN);
    script.len += 10;
    event = xs_check_watch(h);
    ck_assert_ptr_nonnull(event);
    ck_assert_str_eq(event[XS_WATCH_TOKEN], "tok");
    free(event);
    ck_assert_int_eq(xs_fileno(h), 42);
}
END_TEST

/* The list changes between two parts: what was read of it is of no use. */
START_TEST(directory_that_changes_is_read_again)
{
    char **names;
    unsigned num;

    add(XS_ERROR, "E2BIG", 6);
    add(XS_DIRECTORY_PART, "7\0old\0", 6);
    add(XS_DIRECTORY_PART, "8\0wrong\0\0", 9);
    add(XS_DIRECTORY_PART, "8\0one\0", 6);
    add(XS_DIRECTORY_PART, "8\0two\0\0", 7);
    names = xs_directory(h, XBT_NULL, "/d", &num);
    ck_assert_ptr_nonnull(names);
    ck_assert_uint_eq(num, 2);
    ck_assert_str_eq(names[0], "one");
    ck_assert_str_eq(names[1], "two");
    free(names);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("libxenstore_peer");
    TCase *t = tcase_create("peer");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, answer_may_come_byte_by_byte);
    tcase_add_test(t, closed_connection_is_noticed_and_stays_closed);
    tcase_add_test(t, failed_send_is_reported);
    tcase_add_test(t, too_long_answer_ends_the_connection);
    tcase_add_test(t, answer_to_another_question_ends_the_connection);
    tcase_add_test(t, unknown_error_is_einval);
    tcase_add_test(t, error_without_a_nul_is_read_safely);
    tcase_add_test(t, event_without_a_token_is_an_error);
    tcase_add_test(t, half_an_event_is_kept_until_the_rest_comes);
    tcase_add_test(t, directory_that_changes_is_read_again);
    suite_add_tcase(s, t);
    return s;
}

/* SPDX-License-Identifier: MIT */
/* The library against the server, in one process. */
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libxenstore/local.h"
#include "libxenstore/xenstore.h"
#include "xenstore_fixture.h"

static struct fixture fixture;
static struct xs_local local;
static struct xs_handle *h, *other;
static unsigned locked, waited;

static void lock(void *ctx)
{
    ck_assert_uint_eq(locked++, 0);
}

static void unlock(void *ctx)
{
    ck_assert_uint_eq(--locked, 0);
}

/* Nobody else runs here: what is waited for has to happen now. */
static void on_wait(void *ctx, struct connection *c)
{
    struct connection *writer = client(&fixture, 0);

    waited++;
    WRITE(writer, "/awaited\0x");
    xenstored_disconnect(fixture.server, writer);
}

static void setup(void)
{
    fixture_init(&fixture);
    waited = 0;
    local = (struct xs_local){.server = fixture.server,
                              .home = "/local/domain/0",
                              .lock = lock,
                              .unlock = unlock,
                              .wait = on_wait};
    xs_local_setup(&local);
    h = xs_open(0);
    other = xs_open(0);
    ck_assert_ptr_nonnull(h);
    ck_assert_ptr_nonnull(other);
}

static void teardown(void)
{
    xs_close(h);
    xs_close(other);
    xs_close(NULL);
    ck_assert_uint_eq(locked, 0);
    fixture_done(&fixture);
}

static void assert_value(xs_transaction_t t, const char *path,
                         const char *expected)
{
    unsigned len;
    char *value = xs_read(h, t, path, &len);

    ck_assert_ptr_nonnull(value);
    ck_assert_uint_eq(len, strlen(expected));
    ck_assert_str_eq(value, expected);
    free(value);
}

START_TEST(value_is_written_and_read)
{
    ck_assert(xs_write(h, XBT_NULL, "/a/b", "value", 5));
    assert_value(XBT_NULL, "/a/b", "value");
    ck_assert(xs_mkdir(h, XBT_NULL, "name"));
    assert_value(XBT_NULL, "/local/domain/0/name", "");
    ck_assert(xs_rm(h, XBT_NULL, "/a"));
    ck_assert_ptr_null(xs_read(h, XBT_NULL, "/a/b", NULL));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(errors_are_the_servers)
{
    ck_assert(!xs_write(h, XBT_NULL, "bad//path", "", 0));
    ck_assert_int_eq(errno, EINVAL);
    ck_assert(!xs_rm(h, 77, "/a"));
    ck_assert_int_eq(errno, ENOENT);
    ck_assert(!xs_restrict(h, 1));
    ck_assert_int_eq(errno, ENOSYS);
}
END_TEST

START_TEST(request_that_cannot_be_sent_is_e2big)
{
    char value[XENSTORE_PAYLOAD_MAX] = "";

    ck_assert(!xs_write(h, XBT_NULL, "/a", value, sizeof(value) - 2));
    ck_assert_int_eq(errno, E2BIG);
    ck_assert(xs_write(h, XBT_NULL, "/a", value, sizeof(value) - 3));
}
END_TEST

START_TEST(directory_is_a_vector)
{
    char **names;
    unsigned num;

    xs_write(h, XBT_NULL, "/d/two", "", 0);
    xs_write(h, XBT_NULL, "/d/one", "", 0);
    names = xs_directory(h, XBT_NULL, "/d", &num);
    ck_assert_uint_eq(num, 2);
    ck_assert_str_eq(names[0], "one");
    ck_assert_str_eq(names[1], "two");
    free(names);

    names = xs_directory(h, XBT_NULL, "/d/one", &num);
    ck_assert_ptr_nonnull(names);
    ck_assert_uint_eq(num, 0);
    free(names);
    ck_assert_ptr_null(xs_directory(h, XBT_NULL, "/none", &num));
}
END_TEST

START_TEST(long_directory_is_put_together)
{
    char path[32], **names;
    unsigned num;

    for (int i = 0; i < 3000; i++) {
        snprintf(path, sizeof(path), "/d/%06d", i);
        ck_assert(xs_mkdir(h, XBT_NULL, path));
    }
    names = xs_directory(h, XBT_NULL, "/d", &num);
    ck_assert_ptr_nonnull(names);
    ck_assert_uint_eq(num, 3000);
    for (int i = 0; i < 3000; i++)
        ck_assert_int_eq(atoi(names[i]), i);
    free(names);
}
END_TEST

START_TEST(permissions_go_there_and_back)
{
    struct xs_permissions set[] = {{3, XS_PERM_NONE},
                                   {4, XS_PERM_READ},
                                   {5, XS_PERM_READ | XS_PERM_WRITE}};
    struct xs_permissions *got;
    unsigned num;

    xs_mkdir(h, XBT_NULL, "/p");
    ck_assert(xs_set_permissions(h, XBT_NULL, "/p", set, 3));
    got = xs_get_permissions(h, XBT_NULL, "/p", &num);
    ck_assert_uint_eq(num, 3);
    ck_assert_mem_eq(got, set, sizeof(set));
    free(got);
    set[0].perms = XS_PERM_OWNER;
    ck_assert(!xs_set_permissions(h, XBT_NULL, "/p", set, 3));
    ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(transaction_commits_or_is_refused)
{
    xs_transaction_t t = xs_transaction_start(h);

    ck_assert_uint_ne(t, XBT_NULL);
    xs_write(h, t, "/a", "mine", 4);
    xs_write(other, XBT_NULL, "/a", "theirs", 6);
    ck_assert(!xs_transaction_end(h, t, false));
    ck_assert_int_eq(errno, EAGAIN);

    t = xs_transaction_start(h);
    xs_write(h, t, "/a", "mine", 4);
    ck_assert(xs_transaction_end(h, t, false));
    assert_value(XBT_NULL, "/a", "mine");

    t = xs_transaction_start(h);
    xs_write(h, t, "/a", "never", 5);
    ck_assert(xs_transaction_end(h, t, true));
    assert_value(XBT_NULL, "/a", "mine");
}
END_TEST

static void assert_event(char **event, const char *path, const char *token)
{
    ck_assert_ptr_nonnull(event);
    ck_assert_str_eq(event[XS_WATCH_PATH], path);
    ck_assert_str_eq(event[XS_WATCH_TOKEN], token);
    free(event);
}

START_TEST(events_come_between_answers_and_none_is_lost)
{
    ck_assert(xs_watch(h, "/w", "t"));
    xs_write(other, XBT_NULL, "/w/x", "", 0);
    /* The answer comes behind both events. */
    ck_assert(xs_mkdir(h, XBT_NULL, "/else"));

    assert_event(xs_check_watch(h), "/w", "t");
    assert_event(xs_check_watch(h), "/w/x", "t");
    ck_assert_ptr_null(xs_check_watch(h));
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_int_eq(xs_fileno(h), -1);
}
END_TEST

START_TEST(read_watch_waits)
{
    unsigned num;

    xs_watch(h, "/awaited", "t");
    assert_event(xs_read_watch(h, &num), "/awaited", "t");
    ck_assert_uint_eq(waited, 0);
    assert_event(xs_read_watch(h, &num), "/awaited", "t");
    ck_assert_uint_eq(num, 2);
    ck_assert_uint_eq(waited, 1);
}
END_TEST

START_TEST(unwatch_can_drop_what_was_not_read)
{
    struct xs_handle *filter = xs_open(XS_UNWATCH_FILTER);

    xs_watch(filter, "/a", "1");
    xs_watch(filter, "/a", "2");
    xs_watch(filter, "/b", "1");
    ck_assert(xs_unwatch(filter, "/a", "1"));
    assert_event(xs_check_watch(filter), "/a", "2");
    assert_event(xs_check_watch(filter), "/b", "1");
    ck_assert_ptr_null(xs_check_watch(filter));
    ck_assert(!xs_unwatch(filter, "/a", "1"));
    xs_close(filter);
}
END_TEST

START_TEST(domains_are_introduced_and_released)
{
    char *path = xs_get_domain_path(h, 17);

    ck_assert_str_eq(path, "/local/domain/17");
    free(path);
    ck_assert(!xs_is_domain_introduced(h, 3));
    ck_assert(xs_introduce_domain(h, 3, 0x12345, 9));
    ck_assert(xs_introduce_domain(h, 4, 1, 1));
    ck_assert(xs_is_domain_introduced(h, 3));
    ck_assert(xs_set_target(h, 3, 4));
    ck_assert(xs_resume_domain(h, 3));
    ck_assert(xs_release_domain(h, 3));
    ck_assert(!xs_release_domain(h, 3));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(suspend_port_is_what_the_domain_wrote)
{
    ck_assert_int_eq(xs_suspend_evtchn_port(3), -1);
    xs_write(h, XBT_NULL, "/local/domain/3/device/suspend/event-channel", "12",
             2);
    ck_assert_int_eq(xs_suspend_evtchn_port(3), 12);
}
END_TEST

START_TEST(control_command_answers)
{
    char *answer = xs_control_command(h, "check", NULL, 0);

    ck_assert_str_eq(answer, "store is consistent\n");
    free(answer);
    ck_assert_ptr_null(xs_debug_command(h, "nonsense", NULL, 0));
}
END_TEST

START_TEST(strings_become_permissions)
{
    struct xs_permissions p[2];
    char text[16];

    ck_assert(xs_strings_to_perms(p, 2, "r1\0b23"));
    ck_assert_uint_eq(p[1].id, 23);
    ck_assert_uint_eq(p[1].perms, XS_PERM_READ | XS_PERM_WRITE);
    ck_assert(!xs_strings_to_perms(p, 1, "x1"));
    ck_assert(!xs_strings_to_perms(p, 1, "r"));
    ck_assert(!xs_strings_to_perms(p, 1, "r1x"));
    ck_assert(!xs_strings_to_perms(p, 1, ""));
    ck_assert(xs_perm_to_string(&(struct xs_permissions){7, XS_PERM_WRITE},
                                text, sizeof(text)));
    ck_assert_str_eq(text, "w7");
    ck_assert(!xs_perm_to_string(&p[1], text, 3));
}
END_TEST

START_TEST(subpath_ends_at_a_slash)
{
    ck_assert(xs_path_is_subpath("/a", "/a"));
    ck_assert(xs_path_is_subpath("/a", "/a/b"));
    ck_assert(xs_path_is_subpath("/", "/a"));
    ck_assert(!xs_path_is_subpath("/a", "/ab"));
    ck_assert(!xs_path_is_subpath("/a/b", "/a"));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("libxenstore");
    TCase *t = tcase_create("library"), *pure = tcase_create("pure");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 30);
    tcase_add_test(t, value_is_written_and_read);
    tcase_add_test(t, errors_are_the_servers);
    tcase_add_test(t, request_that_cannot_be_sent_is_e2big);
    tcase_add_test(t, directory_is_a_vector);
    tcase_add_test(t, long_directory_is_put_together);
    tcase_add_test(t, permissions_go_there_and_back);
    tcase_add_test(t, transaction_commits_or_is_refused);
    tcase_add_test(t, events_come_between_answers_and_none_is_lost);
    tcase_add_test(t, read_watch_waits);
    tcase_add_test(t, unwatch_can_drop_what_was_not_read);
    tcase_add_test(t, domains_are_introduced_and_released);
    tcase_add_test(t, suspend_port_is_what_the_domain_wrote);
    tcase_add_test(t, control_command_answers);
    suite_add_tcase(s, t);
    tcase_add_test(pure, strings_become_permissions);
    tcase_add_test(pure, subpath_ends_at_a_slash);
    suite_add_tcase(s, pure);
    return s;
}

/* SPDX-License-Identifier: MIT */
/* The library and the daemon over a Unix socket, in two processes. */
#include "suite.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libxenstore/xenstore.h"
#include "xenstored/transport_socket.h"
#include "xenstored/xenstored.h"

static char folder[64], path[96];
static int stop[2];
static pid_t daemon_pid;

static const struct xenstored_ops ops;

/* The daemon's process: serves until the pipe is written to. */
static int run_daemon(int listener)
{
    struct xenstored *s = xenstored_create(&ops, NULL);
    int err = socket_serve(s, listener, stop[0]);

    if (!xenstored_check(s))
        err = 1;
    xenstored_destroy(s);
    return err ? 1 : 0;
}

static void setup(void)
{
    int listener;

    strcpy(folder, "/tmp/vireo-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/socket", folder);
    setenv("XENSTORED_PATH", path, 1);
    ck_assert_int_eq(pipe(stop), 0);
    listener = socket_listen(path);
    ck_assert_int_ge(listener, 0);
    fflush(stdout);
    daemon_pid = fork();
    if (daemon_pid == 0)
        _exit(run_daemon(listener));
    close(listener);
}

static void teardown(void)
{
    int status;

    ck_assert_int_eq(write(stop[1], "", 1), 1);
    ck_assert_int_eq(waitpid(daemon_pid, &status, 0), daemon_pid);
    ck_assert_int_eq(status, 0);
    close(stop[0]);
    close(stop[1]);
    unlink(path);
    rmdir(folder);
}

START_TEST(requests_are_answered_over_the_socket)
{
    struct xs_handle *h = xs_open(0);
    char value[XENSTORE_PAYLOAD_MAX - 3], *back;
    unsigned len;

    ck_assert_ptr_nonnull(h);
    memset(value, 'v', sizeof(value));
    ck_assert(xs_write(h, XBT_NULL, "/a", value, sizeof(value)));
    back = xs_read(h, XBT_NULL, "/a", &len);
    ck_assert_ptr_nonnull(back);
    ck_assert_uint_eq(len, sizeof(value));
    ck_assert_mem_eq(back, value, len);
    free(back);
    xs_close(h);
}
END_TEST

/* The file descriptor tells of an event; nothing is polled for in a loop. */
START_TEST(event_makes_the_handle_readable)
{
    struct xs_handle *h = xs_open(0), *writer = xs_open(0);
    struct pollfd fd = {.fd = xs_fileno(h), .events = POLLIN};
    char **event;
    unsigned num;

    ck_assert(xs_watch(h, "/w", "t"));
    free(xs_read_watch(h, &num));
    ck_assert_ptr_null(xs_check_watch(h));
    ck_assert_int_eq(errno, EAGAIN);

    ck_assert(xs_write(writer, XBT_NULL, "/w", "", 0));
    ck_assert_int_eq(poll(&fd, 1, 10000), 1);
    event = xs_check_watch(h);
    ck_assert_ptr_nonnull(event);
    ck_assert_str_eq(event[XS_WATCH_PATH], "/w");
    free(event);
    xs_close(h);
    xs_close(writer);
}
END_TEST

/* A client that breaks the protocol is cut off; the next one is served. */
START_TEST(too_long_request_closes_that_connection)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct xsd_sockmsg header = {.len = XENSTORE_PAYLOAD_MAX + 1};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct xs_handle *h;
    char byte;

    strcpy(address.sun_path, path);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)),
                     0);
    ck_assert_int_eq(write(fd, &header, sizeof(header)), sizeof(header));
    ck_assert_int_eq(read(fd, &byte, 1), 0);
    close(fd);

    h = xs_open(0);
    ck_assert(xs_mkdir(h, XBT_NULL, "/a"));
    xs_close(h);
}
END_TEST

START_TEST(absent_daemon_is_an_error)
{
    setenv("XENSTORED_PATH", "/nowhere/socket", 1);
    ck_assert_ptr_null(xs_open(0));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("libxenstore_socket");
    TCase *t = tcase_create("socket");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 30);
    tcase_add_test(t, requests_are_answered_over_the_socket);
    tcase_add_test(t, event_makes_the_handle_readable);
    tcase_add_test(t, too_long_request_closes_that_connection);
    tcase_add_test(t, absent_daemon_is_an_error);
    suite_add_tcase(s, t);
    return s;
}

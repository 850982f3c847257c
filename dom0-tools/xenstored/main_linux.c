/* SPDX-License-Identifier: MIT */
/*
 * xenstored on a Linux host:
 *
 *   xenstored [SOCKET]
 *
 * It serves programs over the socket (default /var/run/xenstored/socket) until
 * it is told to end by SIGINT or SIGTERM. It serves no domains: INTRODUCE is
 * answered with ENOSYS. Messages go to standard error.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "transport_socket.h"

static void print_log(void *ctx, const char *line)
{
    fprintf(stderr, "xenstored: %s\n", line);
}

static const struct xenstored_ops ops = {.log = print_log};

static int complain(const char *what, int err)
{
    fprintf(stderr, "xenstored: %s: %s\n", what, strerror(-err));
    return 1;
}

/* A file descriptor that becomes readable when the program is to end. */
static int stop_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL))
        return -errno;
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static int serve(const char *path, int stop)
{
    struct xenstored *s = xenstored_create(&ops, NULL);
    int listener, err;

    if (!s)
        return complain(path, -ENOMEM);
    listener = socket_listen(path);
    if (listener < 0) {
        xenstored_destroy(s);
        return complain(path, listener);
    }
    err = socket_serve(s, listener, stop);
    unlink(path);
    close(listener);
    xenstored_destroy(s);
    return err ? complain(path, err) : 0;
}

int main(int argc, char **argv)
{
    const char *path = argc == 2 ? argv[1] : "/var/run/xenstored/socket";
    int stop;

    if (argc > 2 || path[0] == '-') {
        fprintf(stderr, "usage: xenstored [SOCKET]\n");
        return 2;
    }
    stop = stop_signals();
    if (stop < 0)
        return complain("signals", stop);
    return serve(path, stop);
}

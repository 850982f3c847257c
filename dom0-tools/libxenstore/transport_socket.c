/* SPDX-License-Identifier: MIT */
#include "transport.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "xenstore_lib.h"

struct transport {
    int fd;
};

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd, err;

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    err = errno;
    close(fd);
    errno = err;
    return -1;
}

struct transport *transport_open(void)
{
    struct transport *t = malloc(sizeof(*t));

    if (!t)
        return NULL;
    t->fd = connect_to(xs_daemon_socket());
    if (t->fd < 0) {
        free(t);
        return NULL;
    }
    return t;
}

/* Closing one of two copies of a socket tells the server nothing. */
void transport_close(struct transport *t, bool tell)
{
    close(t->fd);
    free(t);
}

int transport_send(struct transport *t, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t done = send(t->fd, at, len, MSG_NOSIGNAL);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done < 0 ? -errno : -EIO;
        at += done;
        len -= done;
    }
    return 0;
}

long transport_receive(struct transport *t, void *bytes, size_t len, bool wait)
{
    ssize_t got;

    if (len == 0)
        return 0;
    do {
        got = recv(t->fd, bytes, len, wait ? 0 : MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got > 0)
        return got;
    if (got < 0)
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    return -ENOTCONN;
}

int transport_fileno(const struct transport *t)
{
    return t->fd;
}

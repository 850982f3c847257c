/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* accept4() */
#include "transport_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "connection.h"

struct client {
    TAILQ_ENTRY(client) link;
    int fd;
    struct connection *conn;
    bool gone; /* to be closed */
};

TAILQ_HEAD(client_list, client);

struct service {
    struct xenstored *server;
    struct client_list clients;
    size_t count;
};

/* Whether a server answers at this address. */
static bool is_served(int fd, const struct sockaddr_un *address)
{
    return connect(fd, (const struct sockaddr *)address, sizeof(*address)) ==
               0 ||
           errno != ECONNREFUSED;
}

int socket_listen(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd, err;

    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (access(path, F_OK) == 0) {
        if (is_served(fd, &address)) {
            close(fd);
            return -EADDRINUSE;
        }
        unlink(path);
    }
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        listen(fd, 16) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
        return fd;
    err = errno;
    close(fd);
    return -err;
}

/* Without memory the client is turned away. */
static void accept_client(struct service *v, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct client *c;

    if (fd < 0)
        return;
    c = calloc(1, sizeof(*c));
    if (c)
        c->conn = xenstored_connect(v->server, 0, "");
    if (!c || !c->conn) {
        free(c);
        close(fd);
        return;
    }
    c->fd = fd;
    TAILQ_INSERT_TAIL(&v->clients, c, link);
    v->count++;
}

static void close_client(struct service *v, struct client *c)
{
    xenstored_disconnect(v->server, c->conn);
    close(c->fd);
    TAILQ_REMOVE(&v->clients, c, link);
    v->count--;
    free(c);
}

static bool must_wait(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static void receive(struct client *c)
{
    size_t room;
    void *to = connection_input(c->conn, &room);
    ssize_t got;

    if (room == 0)
        return;
    got = recv(c->fd, to, room, 0);
    if (got > 0)
        connection_received(c->conn, got);
    else if (got == 0 || !must_wait())
        c->gone = true;
}

static void deliver(struct client *c)
{
    const void *from;
    size_t len;

    while ((from = connection_output(c->conn, &len)), len > 0) {
        ssize_t done = send(c->fd, from, len, MSG_NOSIGNAL);

        if (done < 0) {
            c->gone = c->gone || !must_wait();
            return;
        }
        connection_sent(c->conn, done);
    }
}

static short wanted(const struct client *c)
{
    size_t room, len;

    connection_input(c->conn, &room);
    connection_output(c->conn, &len);
    return (room > 0 ? POLLIN : 0) | (len > 0 ? POLLOUT : 0);
}

/* One turn: wait, take requests in, answer, give answers out. */
static int turn(struct service *v, struct pollfd *fds, int listener, int stop)
{
    struct client *c, *next;
    size_t i = 2;

    fds[0] = (struct pollfd){.fd = stop, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = listener, .events = POLLIN};
    TAILQ_FOREACH (c, &v->clients, link)
        fds[i++] = (struct pollfd){.fd = c->fd, .events = wanted(c)};
    if (poll(fds, i, -1) < 0 && errno != EINTR)
        return -errno;
    i = 2;
    TAILQ_FOREACH (c, &v->clients, link) {
        if (fds[i++].revents & (POLLIN | POLLHUP | POLLERR))
            receive(c);
    }
    while (xenstored_step(v->server))
        continue;
    for (c = TAILQ_FIRST(&v->clients); c; c = next) {
        next = TAILQ_NEXT(c, link);
        deliver(c);
        if (c->gone || c->conn->error != XENSTORE_ERROR_NONE)
            close_client(v, c);
    }
    if (fds[1].revents & POLLIN)
        accept_client(v, listener);
    return fds[0].revents & POLLIN ? 1 : 0;
}

int socket_serve(struct xenstored *s, int listener, int stop)
{
    struct service v = {.server = s};
    int state = 0;

    TAILQ_INIT(&v.clients);
    while (state == 0) {
        struct pollfd *fds = calloc(v.count + 2, sizeof(*fds));

        state = fds ? turn(&v, fds, listener, stop) : -ENOMEM;
        free(fds);
    }
    while (!TAILQ_EMPTY(&v.clients))
        close_client(&v, TAILQ_FIRST(&v.clients));
    return state < 0 ? state : 0;
}

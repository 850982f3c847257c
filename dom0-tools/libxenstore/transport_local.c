/* SPDX-License-Identifier: MIT */
#include "local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "transport.h"
#include "xenstored/connection.h"

struct transport {
    const struct xs_local *local;
    struct connection *connection;
};

/* xs_open() has no argument that could carry this. */
static const struct xs_local *where;

void xs_local_setup(const struct xs_local *local)
{
    where = local;
}

static void lock(const struct xs_local *local)
{
    if (local->lock)
        local->lock(local->ctx);
}

static void unlock(const struct xs_local *local)
{
    if (local->unlock)
        local->unlock(local->ctx);
}

struct transport *transport_open(void)
{
    struct transport *t;

    if (!where) {
        errno = ENOTCONN;
        return NULL;
    }
    t = malloc(sizeof(*t));
    if (!t)
        return NULL;
    t->local = where;
    lock(t->local);
    t->connection =
        xenstored_connect(t->local->server, t->local->domid, t->local->home);
    unlock(t->local);
    if (!t->connection) {
        free(t);
        errno = ENOMEM;
        return NULL;
    }
    return t;
}

/* There is no fork() with a server in the program: `tell` is always true. */
void transport_close(struct transport *t, bool tell)
{
    lock(t->local);
    xenstored_disconnect(t->local->server, t->connection);
    unlock(t->local);
    free(t);
}

/* Put in what the connection takes now; how much that was. */
static size_t put(struct connection *c, const char *bytes, size_t len)
{
    size_t room;
    void *to = connection_input(c, &room);

    if (room > len)
        room = len;
    memcpy(to, bytes, room);
    if (room > 0)
        connection_received(c, room);
    return room;
}

/* The connections before this one have their turn first, each a bounded one. */
static void run_server(const struct xs_local *local, struct connection *c)
{
    while (c->ready)
        xenstored_step(local->server);
    if (local->poke)
        local->poke(local->ctx);
    else
        while (xenstored_step(local->server))
            continue;
}

int transport_send(struct transport *t, const void *bytes, size_t len)
{
    struct connection *c = t->connection;
    size_t sent = 0;
    int err = 0;

    lock(t->local);
    while (sent < len && !err) {
        size_t count = put(c, (const char *)bytes + sent, len - sent);

        sent += count;
        if (count == 0 && c->error)
            err = -EIO;
        else if (count == 0 && !connection_work(c))
            err = -ENOMEM;
    }
    if (!err)
        run_server(t->local, c);
    unlock(t->local);
    return err;
}

long transport_receive(struct transport *t, void *bytes, size_t len, bool wait)
{
    struct connection *c = t->connection;
    const void *from;
    size_t there;
    long result;

    lock(t->local);
    while ((from = connection_output(c, &there)), there == 0) {
        if (!wait || c->error || !t->local->wait)
            break;
        connection_work(c); /* what had to wait for memory */
        if (c->replies == 0 && c->events == 0)
            t->local->wait(t->local->ctx, c);
    }
    result = there < len ? there : len;
    if (there > 0) {
        memcpy(bytes, from, result);
        connection_sent(c, result);
    } else {
        result = c->error ? -EIO : -EAGAIN;
    }
    unlock(t->local);
    return result;
}

int transport_fileno(const struct transport *t)
{
    return -1;
}

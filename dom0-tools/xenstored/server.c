/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "transport_ring.h"

/* Requests of one connection before the next one has its turn. */
#define REQUESTS_A_STEP 16

void server_log(struct xenstored *s, const char *format, ...)
{
    char line[160];
    va_list args;

    if (!s->ops->log)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    s->ops->log(s->ctx, line);
}

struct xenstored *xenstored_create(const struct xenstored_ops *ops, void *ctx)
{
    struct xenstored *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->ops = ops;
    s->ctx = ctx;
    if (store_init(&s->store)) {
        free(s);
        return NULL;
    }
    s->store.quota.log = ops->log;
    s->store.quota.log_ctx = ctx;
    watch_table_init(&s->watches);
    TAILQ_INIT(&s->connections);
    TAILQ_INIT(&s->ready);
    TAILQ_INIT(&s->transactions);
    RB_INIT(&s->domains);
    return s;
}

void xenstored_destroy(struct xenstored *s)
{
    struct connection *c;
    struct domain *d;

    while ((d = RB_ROOT(&s->domains))) {
        if (d->conn && s->ops->release)
            s->ops->release(s->ctx, d->domid, &d->ring);
        RB_REMOVE(domain_tree, &s->domains, d);
        if (d->conn)
            connection_close(d->conn);
        free(d);
    }
    while ((c = TAILQ_FIRST(&s->connections)))
        connection_close(c);
    store_destroy(&s->store);
    free(s);
}

struct connection *xenstored_connect(struct xenstored *s, domid_t domid,
                                     const char *home)
{
    return connection_open(s, domid, true, home);
}

void xenstored_disconnect(struct xenstored *s, struct connection *c)
{
    connection_close(c);
}

void server_mark_ready(struct xenstored *s, struct connection *c)
{
    if (c->ready)
        return;
    c->ready = true;
    TAILQ_INSERT_TAIL(&s->ready, c, ready_link);
}

/* The oldest stand first, so the first that may stay ends the search. */
static void expire_transactions(struct xenstored *s)
{
    struct transaction *t;

    while ((t = TAILQ_FIRST(&s->transactions)) && transaction_expire(t))
        TAILQ_REMOVE(&s->transactions, t, by_age);
}

void server_committed(struct xenstored *s, struct committed *done)
{
    watch_fire(&s->watches, done);
    committed_drop(done);
    expire_transactions(s);
}

void server_announce(struct xenstored *s, const char *event)
{
    watch_fire_event(&s->watches, event, store_event_perms(&s->store, event));
}

int xenstored_introduce(struct xenstored *s, domid_t domid, uint64_t gfn,
                        evtchn_port_t port)
{
    int err = domain_introduce(s, domid, gfn, port);

    if (!err)
        server_announce(s, PATH_INTRODUCE);
    return err;
}

void xenstored_kick(struct xenstored *s, domid_t domid)
{
    struct domain *d = domain_find(s, domid);

    if (d)
        server_mark_ready(s, d->conn);
}

/* Returns whether the connection has more to do that can be done now. */
static bool serve(struct xenstored *s, struct connection *c)
{
    bool worked = true;

    if (c->ring)
        return ring_serve(c->ring, c, REQUESTS_A_STEP);
    for (int i = 0; i < REQUESTS_A_STEP && worked; i++)
        worked = connection_work(c);
    if (s->ops->wake)
        s->ops->wake(s->ctx, c);
    return worked && connection_has_work(c);
}

bool xenstored_step(struct xenstored *s)
{
    struct connection *c = TAILQ_FIRST(&s->ready);

    if (!c)
        return false;
    TAILQ_REMOVE(&s->ready, c, ready_link);
    c->ready = false;
    if (serve(s, c))
        server_mark_ready(s, c);
    return !TAILQ_EMPTY(&s->ready);
}

bool xenstored_check(struct xenstored *s)
{
    struct connection *c;
    struct domain *d;

    TAILQ_FOREACH (c, &s->connections, link) {
        if (!connection_check(c))
            return false;
    }
    RB_FOREACH (d, domain_tree, &s->domains) {
        if (d->conn && d->conn->ring != &d->ring)
            return false;
    }
    return watch_table_check(&s->watches) && store_check(&s->store);
}

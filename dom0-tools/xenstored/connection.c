/* SPDX-License-Identifier: MIT */
#include "connection.h"

#include <stdlib.h>
#include <string.h>

#include "server.h"
#include "wire.h"

struct connection *connection_open(struct xenstored *server, domid_t domid,
                                   bool privileged, const char *home)
{
    struct connection *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->account = quota_account_get(&server->store.quota, domid);
    if (!c->account) {
        free(c);
        return NULL;
    }
    c->server = server;
    c->who = (struct subject){
        .domid = domid, .target = DOMID_INVALID, .privileged = privileged};
    strncpy(c->home, home, sizeof(c->home) - 1);
    TAILQ_INIT(&c->watches);
    TAILQ_INIT(&c->transactions);
    STAILQ_INIT(&c->out);
    TAILQ_INSERT_TAIL(&server->connections, c, link);
    return c;
}

struct quota *connection_quota(const struct connection *c)
{
    return &c->server->store.quota;
}

static int64_t message_bytes(const struct message *m)
{
    return sizeof(*m) + m->header.len;
}

static void queue(struct connection *c, struct message *m)
{
    if (m->is_event)
        c->events++;
    else
        c->replies++;
    STAILQ_INSERT_TAIL(&c->out, m, link);
    quota_charge_bytes(connection_quota(c), c->account, message_bytes(m));
    server_mark_ready(c->server, c);
}

static void unqueue_first(struct connection *c)
{
    struct message *m = STAILQ_FIRST(&c->out);

    if (m->is_event)
        c->events--;
    else
        c->replies--;
    STAILQ_REMOVE_HEAD(&c->out, link);
    quota_charge_bytes(connection_quota(c), c->account, -message_bytes(m));
    free(m);
}

void connection_end_transaction(struct connection *c, struct transaction *t)
{
    TAILQ_REMOVE(&c->transactions, t, of_connection);
    c->transaction_count--;
    if (!c->who.privileged && t->base)
        TAILQ_REMOVE(&c->server->transactions, t, by_age);
    transaction_drop(t);
}

void connection_reset(struct connection *c)
{
    struct transaction *t;

    watch_remove_all(&c->server->watches, c);
    while ((t = TAILQ_FIRST(&c->transactions)))
        connection_end_transaction(c, t);
    while (!STAILQ_EMPTY(&c->out))
        unqueue_first(c);
    c->in.have = 0;
    c->events_owed = false;
    c->error = XENSTORE_ERROR_NONE;
}

void connection_close(struct connection *c)
{
    struct xenstored *s = c->server;

    connection_reset(c);
    if (c->ready)
        TAILQ_REMOVE(&s->ready, c, ready_link);
    TAILQ_REMOVE(&s->connections, c, link);
    quota_account_put(&s->store.quota, c->account);
    free(c);
}

/* Bytes of the request that comes in, as far as its header tells. */
static uint32_t expected(const struct connection *c)
{
    if (c->in.have < sizeof(c->in.header))
        return sizeof(c->in.header);
    return sizeof(c->in.header) + c->in.header.len;
}

static bool request_is_whole(const struct connection *c)
{
    return c->in.have >= sizeof(c->in.header) && c->in.have == expected(c);
}

static bool may_have_reply(const struct connection *c)
{
    return c->who.privileged ||
           c->replies < connection_quota(c)->limit[QUOTA_REQUESTS];
}

void *connection_input(struct connection *c, size_t *room)
{
    bool waits = c->error != XENSTORE_ERROR_NONE || request_is_whole(c) ||
                 !may_have_reply(c);

    *room = waits ? 0 : expected(c) - c->in.have;
    return (char *)&c->in.header + c->in.have;
}

void connection_received(struct connection *c, size_t count)
{
    c->in.have += count;
    if (c->in.have >= sizeof(c->in.header) &&
        c->in.header.len > XENSTORE_PAYLOAD_MAX) {
        c->error = XENSTORE_ERROR_PROTO;
        server_log(c->server,
                   "domain %u: request of %u bytes, connection ended",
                   (unsigned)c->who.domid, (unsigned)c->in.header.len);
    }
    if (connection_has_work(c))
        server_mark_ready(c->server, c);
}

const void *connection_output(struct connection *c, size_t *len)
{
    struct message *m = STAILQ_FIRST(&c->out);

    if (!m || c->error != XENSTORE_ERROR_NONE) {
        *len = 0;
        return NULL;
    }
    *len = sizeof(m->header) + m->header.len - m->sent;
    return (const char *)&m->header + m->sent;
}

void connection_sent(struct connection *c, size_t count)
{
    struct message *m = STAILQ_FIRST(&c->out);

    m->sent += count;
    if (m->sent == sizeof(m->header) + m->header.len)
        unqueue_first(c);
    if (connection_has_work(c))
        server_mark_ready(c->server, c);
}

/* Whether this event is queued already and no byte of it is gone. */
static bool is_queued(const struct connection *c, const char *body, size_t len)
{
    const struct message *m;

    STAILQ_FOREACH(m, &c->out, link)
    {
        if (m->is_event && m->sent == 0 && m->header.len == len &&
            memcmp(m->body, body, len) == 0)
            return true;
    }
    return false;
}

/* False without memory. A watch's token and path always fit (WATCH_TOKEN_MAX).
 */
static bool queue_event(struct connection *c, const struct watch *w,
                        const char *path)
{
    const char *name = watch_event_path(w, path);
    size_t name_size = strlen(name) + 1, token_size = strlen(w->token) + 1;
    struct message *m = calloc(1, sizeof(*m) + name_size + token_size);

    if (!m)
        return false;
    m->is_event = true;
    m->header.type = XS_WATCH_EVENT;
    m->header.len = name_size + token_size;
    memcpy(m->body, name, name_size);
    memcpy(m->body + name_size, w->token, token_size);
    if (!c->who.privileged && is_queued(c, m->body, m->header.len))
        free(m);
    else
        queue(c, m);
    return true;
}

void connection_send_event(struct connection *c, struct watch *w,
                           const char *path)
{
    if (c->error != XENSTORE_ERROR_NONE)
        return;
    if (!c->who.privileged && c->events >= CONNECTION_EVENTS_MAX)
        path = w->point->path;
    if (queue_event(c, w, path))
        return;
    w->owed = true;
    c->events_owed = true;
    server_mark_ready(c->server, c);
}

/* Send what watches owe, for each its own path. False: still no memory. */
static bool pay_events(struct connection *c)
{
    struct watch *w;

    TAILQ_FOREACH (w, &c->watches, of_connection) {
        if (w->owed && !queue_event(c, w, w->point->path))
            return false;
        w->owed = false;
    }
    c->events_owed = false;
    return true;
}

/* Room for the longest answer is found before the request is carried out. */
static bool answer(struct connection *c)
{
    struct message *m = malloc(sizeof(*m) + XENSTORE_PAYLOAD_MAX), *fitted;
    struct request rq;

    if (!m)
        return false;
    m->is_event = false;
    m->sent = 0;
    wire_answer(&rq, c, &m->header, m->body);
    c->in.have = 0;
    fitted = realloc(m, sizeof(*m) + m->header.len);
    queue(c, fitted ? fitted : m);
    wire_finish(&rq);
    return true;
}

bool connection_has_work(const struct connection *c)
{
    if (c->error != XENSTORE_ERROR_NONE)
        return false;
    return c->events_owed || (request_is_whole(c) && may_have_reply(c));
}

bool connection_work(struct connection *c)
{
    bool done = false;

    if (c->error != XENSTORE_ERROR_NONE)
        return false;
    if (c->events_owed)
        done = pay_events(c);
    if (request_is_whole(c) && may_have_reply(c))
        done = answer(c) || done;
    return done;
}

bool connection_check(const struct connection *c)
{
    uint32_t replies = 0, events = 0, watches = 0, transactions = 0;
    const struct transaction *t;
    const struct message *m;
    const struct watch *w;

    STAILQ_FOREACH(m, &c->out, link)
    {
        if (m->header.len > XENSTORE_PAYLOAD_MAX)
            return false;
        events += m->is_event;
        replies += !m->is_event;
    }
    TAILQ_FOREACH (w, &c->watches, of_connection) {
        if (w->conn != c || (w->owed && !c->events_owed))
            return false;
        watches++;
    }
    TAILQ_FOREACH (t, &c->transactions, of_connection)
        transactions++;
    return replies == c->replies && events == c->events &&
           watches == c->watch_count && transactions == c->transaction_count &&
           (c->error != XENSTORE_ERROR_NONE || c->in.have <= expected(c));
}

/* SPDX-License-Identifier: MIT */
/*
 * One client: whose it is, what it is sending, what it is still to receive,
 * and its watches and transactions.
 *
 * A connection knows nothing of how bytes travel. A transport asks
 * connection_input() where the next bytes go and says how many came, and takes
 * from connection_output() what is to be sent; connection_work() answers a
 * complete request. Requests are answered one after the other, in order.
 *
 *            bytes in                        bytes out
 *   transport ----> [ header | body ] ----> request ----> messages ---->
 * transport one request at a time   connection_work()   a queue
 *
 * The client is not trusted:
 *  - A request longer than XENSTORE_PAYLOAD_MAX breaks this connection for
 *    good, and no other.
 *  - One with QUOTA_REQUESTS answers waiting is not read from.
 *  - Its queue of events is bounded: an event that is there already is not
 *    queued twice, and from CONNECTION_EVENTS_MAX on each watch has one event
 *    that names the watch's own path: something below has changed, look again.
 * Without memory for an answer the request waits, without memory for an event
 * the watch owes it; connection_work() tries again.
 */
#ifndef XENSTORED_CONNECTION_H
#define XENSTORED_CONNECTION_H

#include <sys/queue.h>

#include "base.h"
#include "quota.h"
#include "transaction.h"
#include "watch.h"

struct xenstored;
struct xs_ring;

#define CONNECTION_EVENTS_MAX 256

/* Bytes that hold "/local/domain/N". */
#define HOME_BUF 24

/* On the way to a client. Header and body are contiguous, as on the wire. */
struct message {
    STAILQ_ENTRY(message) link;
    bool is_event;
    uint32_t sent; /* bytes that are gone, header included */
    struct xsd_sockmsg header;
    char body[];
};

STAILQ_HEAD(message_list, message);

/* On the way from a client. */
struct incoming {
    uint32_t have; /* bytes that came, header included */
    struct xsd_sockmsg header;
    char body[XENSTORE_PAYLOAD_MAX];
};

struct connection {
    TAILQ_ENTRY(connection) link;
    TAILQ_ENTRY(connection) ready_link; /* while ready */
    bool ready;                         /* waits for xenstored_step() */
    struct xenstored *server;
    struct xs_ring *ring; /* of the domain; NULL for a local client */
    struct subject who;
    struct account *account; /* a reference */
    char home[HOME_BUF];     /* relative paths begin here */
    struct watch_list watches;
    uint32_t watch_count;
    struct transaction_list transactions;
    uint32_t transaction_count;
    uint32_t last_transaction;
    struct incoming in;
    struct message_list out;
    uint32_t replies, events; /* of those in `out` */
    bool events_owed;         /* some watch has `owed` set */
    uint32_t error; /* XENSTORE_ERROR_*: broken if not XENSTORE_ERROR_NONE */
};

TAILQ_HEAD(connection_list, connection);

/*
 * NULL without memory. The connection belongs to the server's list until
 * connection_close().
 *  home  absolute path, "" for the root; shorter than HOME_BUF.
 */
struct connection *connection_open(struct xenstored *server, domid_t domid,
                                   bool privileged, const char *home);
void connection_close(struct connection *c);

/* Forget watches, transactions and messages on the way; connected anew. */
void connection_reset(struct connection *c);

/* Where the next bytes from the client go; *room 0: take none now. */
void *connection_input(struct connection *c, size_t *room);
/* `count` bytes were put there, count <= room. */
void connection_received(struct connection *c, size_t count);

/* The next bytes for the client; *len 0: none now. */
const void *connection_output(struct connection *c, size_t *len);
/* The first `count` of them are gone. */
void connection_sent(struct connection *c, size_t count);

/*
 * Answer the request that has come in, if one has come in whole and the client
 * may have another answer. Returns whether there was something to do.
 */
bool connection_work(struct connection *c);

/* A whole request, or an owed event, waits for connection_work(). */
bool connection_has_work(const struct connection *c);

/* Queue an event of one of the connection's watches. */
void connection_send_event(struct connection *c, struct watch *w,
                           const char *path);

struct transaction *connection_find_transaction(struct connection *c,
                                                uint32_t id);
/* Drop one of the connection's transactions. */
void connection_end_transaction(struct connection *c, struct transaction *t);

struct quota *connection_quota(const struct connection *c);

bool connection_check(const struct connection *c);

#endif

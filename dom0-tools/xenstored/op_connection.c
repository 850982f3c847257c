/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server.h"
#include "wire.h"

/* Requests about what a connection has: watches and transactions. */

int op_watch(struct request *rq)
{
    const char *name = request_string(rq, 0), *token = request_string(rq, 1);
    int err = request_path_or_event(rq, 0);

    if (err)
        return err;
    if (!token)
        return -EINVAL;
    return watch_add(&rq->conn->server->watches, rq->conn, rq->path, token,
                     name[0] != '/' && name[0] != '@', &rq->new_watch);
}

int op_unwatch(struct request *rq)
{
    const char *token = request_string(rq, 1);
    int err = request_path_or_event(rq, 0);

    if (err)
        return err;
    if (!token)
        return -EINVAL;
    return watch_remove(&rq->conn->server->watches, rq->conn, rq->path, token);
}

int op_reset_watches(struct request *rq)
{
    struct transaction *t;

    watch_remove_all(&rq->conn->server->watches, rq->conn);
    rq->conn->events_owed = false;
    while ((t = TAILQ_FIRST(&rq->conn->transactions)))
        connection_end_transaction(rq->conn, t);
    return 0;
}

struct transaction *connection_find_transaction(struct connection *c,
                                                uint32_t id)
{
    struct transaction *t;

    TAILQ_FOREACH (t, &c->transactions, of_connection) {
        if (t->id == id)
            return t;
    }
    return NULL;
}

/* An id that is not in use, never 0. */
static uint32_t next_id(struct connection *c)
{
    do {
        c->last_transaction++;
    } while (c->last_transaction == 0 ||
             connection_find_transaction(c, c->last_transaction));
    return c->last_transaction;
}

int op_transaction_start(struct request *rq)
{
    struct connection *c = rq->conn;
    struct transaction *t;
    char id[16];
    int err;

    if (rq->transaction)
        return -EBUSY;
    err = quota_check(connection_quota(c), c->account, &c->who,
                      QUOTA_TRANSACTIONS, (uint64_t)c->transaction_count + 1);
    if (err)
        return err;
    t = transaction_begin(rq->store, c->account);
    if (!t)
        return -ENOMEM;
    t->id = next_id(c);
    TAILQ_INSERT_TAIL(&c->transactions, t, of_connection);
    c->transaction_count++;
    if (!c->who.privileged)
        TAILQ_INSERT_TAIL(&c->server->transactions, t, by_age);
    snprintf(id, sizeof(id), "%" PRIu32, t->id);
    reply_string(rq, id);
    return 0;
}

int op_transaction_end(struct request *rq)
{
    const char *how = request_string(rq, 0);
    bool keep = how && strcmp(how, "T") == 0;
    int err = 0;

    if (!how || (!keep && strcmp(how, "F") != 0))
        return -EINVAL;
    if (!rq->transaction)
        return -ENOENT;
    if (keep)
        err = transaction_commit(rq->transaction, &rq->conn->who, &rq->done);
    connection_end_transaction(rq->conn, rq->transaction);
    rq->view = NULL;
    return err;
}

/* SPDX-License-Identifier: MIT */
/*
 * Requests: from the bytes of one message to an operation, and back.
 *
 * Each request type has one handler and one row in the table of wire.c. A
 * handler reads its arguments, acts, and writes its answer; on error what it
 * wrote is dropped and the name of the error is sent. A change outside a
 * transaction is committed when the handler has succeeded. What follows from a
 * request (events) is sent after the answer to it.
 *
 * The payload has been copied from the client as a whole: nothing in it can
 * change while it is looked at.
 */
#ifndef XENSTORED_WIRE_H
#define XENSTORED_WIRE_H

#include "base.h"
#include "connection.h"
#include "path.h"
#include "store.h"

struct request {
    struct connection *conn;
    struct store *store;
    /* What came. */
    struct xsd_sockmsg header;
    const char *payload;
    size_t len;
    char path[PATH_BUF]; /* the resolved path, once a handler has asked */
    /* What it acts on: the transaction's view, or its own. */
    struct transaction *transaction;
    struct view own_view;
    struct view *view;
    /* The answer. */
    char *reply;
    size_t reply_len; /* may exceed what fits: then the answer is E2BIG */
    /* What is to be told afterwards. */
    struct committed done;
    struct watch *new_watch;
    const char *announce; /* an event (path.h), or NULL */
};

/*
 * Carry out the request that c->in holds and write the answer.
 *  body  room for XENSTORE_PAYLOAD_MAX bytes.
 */
void wire_answer(struct request *rq, struct connection *c,
                 struct xsd_sockmsg *header, char *body);

/* The answer is queued: send the events that follow from the request. */
void wire_finish(struct request *rq);

/* --- For the handlers ----------------------------------------------------- */

/* The n-th NUL-terminated string of the payload; NULL if there is none. */
const char *request_string(const struct request *rq, unsigned n);

/* What follows the n-th string; its length may be 0. */
const char *request_rest(const struct request *rq, unsigned n, size_t *len);

/* Resolve the n-th string into rq->path. Returns 0, -EINVAL. */
int MUST_CHECK request_path(struct request *rq, unsigned n);
/* The same, where the name of an event may stand. */
int MUST_CHECK request_path_or_event(struct request *rq, unsigned n);

/* The n-th string as a decimal number of at most `max`. 0, -EINVAL. */
int MUST_CHECK request_number(const struct request *rq, unsigned n,
                              uint64_t max, uint64_t *value);
/* The n-th string as the number of a domain. 0, -EINVAL. */
int MUST_CHECK request_domid(const struct request *rq, unsigned n,
                             domid_t *domid);

/* Append to the answer. */
void reply_bytes(struct request *rq, const void *bytes, size_t len);
void reply_string(struct request *rq, const char *s); /* with its NUL */

int op_directory(struct request *rq);
int op_directory_part(struct request *rq);
int op_read(struct request *rq);
int op_write(struct request *rq);
int op_mkdir(struct request *rq);
int op_rm(struct request *rq);
int op_get_perms(struct request *rq);
int op_set_perms(struct request *rq);

int op_watch(struct request *rq);
int op_unwatch(struct request *rq);
int op_reset_watches(struct request *rq);
int op_transaction_start(struct request *rq);
int op_transaction_end(struct request *rq);

int op_introduce(struct request *rq);
int op_release(struct request *rq);
int op_is_domain_introduced(struct request *rq);
int op_get_domain_path(struct request *rq);
int op_resume(struct request *rq);
int op_set_target(struct request *rq);
int op_control(struct request *rq);

#endif

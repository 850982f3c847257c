/* SPDX-License-Identifier: MIT */
#include <errno.h> /* before xs_wire.h, for its table of error names */

#include "wire.h"

#include <string.h>

#include "server.h"

enum {
    PRIVILEGED = 1, /* EACCES for others */
    NO_VIEW = 2,    /* touches no node: a transaction's id is ignored */
};

static const struct {
    int (*handle)(struct request *rq);
    unsigned flags;
} requests[XS_TYPE_COUNT] = {
    [XS_CONTROL] = {op_control, PRIVILEGED | NO_VIEW},
    [XS_DIRECTORY] = {op_directory, 0},
    [XS_READ] = {op_read, 0},
    [XS_GET_PERMS] = {op_get_perms, 0},
    [XS_WATCH] = {op_watch, NO_VIEW},
    [XS_UNWATCH] = {op_unwatch, NO_VIEW},
    [XS_TRANSACTION_START] = {op_transaction_start, 0},
    [XS_TRANSACTION_END] = {op_transaction_end, 0},
    [XS_INTRODUCE] = {op_introduce, PRIVILEGED | NO_VIEW},
    [XS_RELEASE] = {op_release, PRIVILEGED | NO_VIEW},
    [XS_GET_DOMAIN_PATH] = {op_get_domain_path, NO_VIEW},
    [XS_WRITE] = {op_write, 0},
    [XS_MKDIR] = {op_mkdir, 0},
    [XS_RM] = {op_rm, 0},
    [XS_SET_PERMS] = {op_set_perms, 0},
    [XS_IS_DOMAIN_INTRODUCED] = {op_is_domain_introduced, NO_VIEW},
    [XS_RESUME] = {op_resume, PRIVILEGED | NO_VIEW},
    [XS_SET_TARGET] = {op_set_target, PRIVILEGED | NO_VIEW},
    [XS_RESET_WATCHES] = {op_reset_watches, NO_VIEW},
    [XS_DIRECTORY_PART] = {op_directory_part, 0},
};

const char *request_rest(const struct request *rq, unsigned n, size_t *len)
{
    const char *at = rq->payload, *end = rq->payload + rq->len;

    for (unsigned i = 0; i <= n; i++) {
        const char *nul = memchr(at, '\0', end - at);

        if (!nul)
            return NULL;
        at = nul + 1;
    }
    *len = end - at;
    return at;
}

const char *request_string(const struct request *rq, unsigned n)
{
    const char *at = rq->payload;
    size_t rest = rq->len;

    if (n > 0)
        at = request_rest(rq, n - 1, &rest);
    return at && memchr(at, '\0', rest) ? at : NULL;
}

int request_path(struct request *rq, unsigned n)
{
    const char *s = request_string(rq, n);

    return s ? path_resolve(rq->path, s, rq->conn->home) : -EINVAL;
}

int request_path_or_event(struct request *rq, unsigned n)
{
    const char *s = request_string(rq, n);

    return s ? path_resolve_event(rq->path, s, rq->conn->home) : -EINVAL;
}

int request_number(const struct request *rq, unsigned n, uint64_t max,
                   uint64_t *value)
{
    const char *s = request_string(rq, n);

    if (!s || *s == '\0')
        return -EINVAL;
    for (*value = 0; *s; s++) {
        unsigned digit = (unsigned char)*s - '0';

        if (digit > 9 || *value > (max - digit) / 10)
            return -EINVAL;
        *value = *value * 10 + digit;
    }
    return 0;
}

int request_domid(const struct request *rq, unsigned n, domid_t *domid)
{
    uint64_t value;
    int err = request_number(rq, n, DOMID_FIRST_RESERVED - 1, &value);

    if (!err)
        *domid = value;
    return err;
}

void reply_bytes(struct request *rq, const void *bytes, size_t len)
{
    if (len && rq->reply_len + len <= XENSTORE_PAYLOAD_MAX)
        memcpy(rq->reply + rq->reply_len, bytes, len);
    rq->reply_len += len;
}

void reply_string(struct request *rq, const char *s)
{
    reply_bytes(rq, s, strlen(s) + 1);
}

static const char *error_name(int err)
{
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
        if (xsd_errors[i].errnum == -err)
            return xsd_errors[i].errstring;
    }
    return xsd_errors[0].errstring;
}

/* The view that the request reads and changes. */
static int choose_view(struct request *rq, bool no_view)
{
    if (no_view)
        return 0;
    if (rq->header.tx_id == 0) {
        view_init(&rq->own_view, rq->store);
        rq->view = &rq->own_view;
        return 0;
    }
    rq->transaction = connection_find_transaction(rq->conn, rq->header.tx_id);
    if (!rq->transaction)
        return -ENOENT;
    rq->view = &rq->transaction->view;
    return 0;
}

/* A transaction that was given up answers EAGAIN, also to its end. */
static bool is_given_up(const struct request *rq)
{
    return rq->transaction && !rq->transaction->base &&
           rq->header.type != XS_TRANSACTION_END;
}

static int act(struct request *rq)
{
    uint32_t type = rq->header.type;
    int err;

    if (type >= XS_TYPE_COUNT || !requests[type].handle)
        return -ENOSYS;
    if ((requests[type].flags & PRIVILEGED) && !rq->conn->who.privileged)
        return -EACCES;
    err = choose_view(rq, requests[type].flags & NO_VIEW);
    if (err)
        return err;
    err = is_given_up(rq) ? -EAGAIN : requests[type].handle(rq);
    if (!err && rq->reply_len > XENSTORE_PAYLOAD_MAX)
        err = -E2BIG;
    if (rq->view == &rq->own_view) {
        if (err)
            view_drop(&rq->own_view);
        else
            view_commit(&rq->own_view, &rq->done);
    }
    return err;
}

void wire_answer(struct request *rq, struct connection *c,
                 struct xsd_sockmsg *header, char *body)
{
    int err;

    rq->conn = c;
    rq->store = &c->server->store;
    rq->header = c->in.header;
    rq->payload = c->in.body;
    rq->len = c->in.header.len;
    rq->transaction = NULL;
    rq->view = NULL;
    rq->reply = body;
    rq->reply_len = 0;
    rq->new_watch = NULL;
    rq->announce = NULL;
    committed_init(&rq->done);

    err = act(rq);
    *header = rq->header;
    if (err) {
        header->type = XS_ERROR;
        rq->reply_len = 0;
        reply_string(rq, error_name(err));
    } else if (rq->reply_len == 0 && rq->header.type != XS_READ &&
               rq->header.type != XS_DIRECTORY) {
        reply_string(rq, "OK");
    }
    header->len = rq->reply_len;
}

void wire_finish(struct request *rq)
{
    struct xenstored *s = rq->conn->server;

    server_committed(s, &rq->done);
    if (rq->announce)
        server_announce(s, rq->announce);
    if (rq->new_watch)
        connection_send_event(rq->conn, rq->new_watch,
                              rq->new_watch->point->path);
}

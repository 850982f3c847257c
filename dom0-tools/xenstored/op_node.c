/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "wire.h"

/* Requests about nodes. Payloads as pv-abi/io/xs_wire.h lists them. */

/* Append names from byte `offset` of the list while they fit; true: all. */
static bool reply_names(struct request *rq, const struct dir *d, size_t offset,
                        size_t max)
{
    const struct node *n;
    size_t start;

    while ((n = dir_at(d, offset, &start))) {
        size_t part = start + n->name_len + 1 - offset;

        if (rq->reply_len + part > max)
            return false;
        reply_bytes(rq, n->name + (offset - start), part);
        offset += part;
    }
    return true;
}

int op_directory(struct request *rq)
{
    struct node *n;
    int err = request_path(rq, 0);

    if (err)
        return err;
    err = view_list(rq->view, &rq->conn->who, rq->path, &n);
    if (err)
        return err;
    if (dir_bytes(n->children) > XENSTORE_PAYLOAD_MAX)
        return -E2BIG;
    reply_names(rq, n->children, 0, XENSTORE_PAYLOAD_MAX);
    return 0;
}

/*
 * The answer begins with the generation of the list: a client that sees it
 * change between two parts begins again. An empty name ends the last part.
 */
int op_directory_part(struct request *rq)
{
    char generation[24];
    uint64_t offset;
    struct node *n;
    int err = request_path(rq, 0);

    if (err)
        return err;
    err = request_number(rq, 1, UINT32_MAX, &offset);
    if (err)
        return err;
    err = view_list(rq->view, &rq->conn->who, rq->path, &n);
    if (err)
        return err;
    snprintf(generation, sizeof(generation), "%" PRIu64,
             n->children_generation);
    reply_string(rq, generation);
    if (reply_names(rq, n->children, offset, XENSTORE_PAYLOAD_MAX - 1))
        reply_string(rq, "");
    return 0;
}

int op_read(struct request *rq)
{
    struct node *n;
    int err = request_path(rq, 0);

    if (err)
        return err;
    err = view_find(rq->view, &rq->conn->who, rq->path, ACCESS_READ, &n);
    if (err)
        return err;
    if (n->value)
        reply_bytes(rq, n->value->bytes, n->value->len);
    return 0;
}

int op_write(struct request *rq)
{
    const char *value;
    size_t len;
    int err = request_path(rq, 0);

    if (err)
        return err;
    value = request_rest(rq, 0, &len);
    return view_write(rq->view, &rq->conn->who, rq->path, value, len);
}

int op_mkdir(struct request *rq)
{
    int err = request_path(rq, 0);

    return err ? err : view_mkdir(rq->view, &rq->conn->who, rq->path);
}

int op_rm(struct request *rq)
{
    int err = request_path(rq, 0);

    return err ? err : view_rm(rq->view, &rq->conn->who, rq->path);
}

static void reply_perms(struct request *rq, const struct perms *perms)
{
    char text[PERM_TEXT_BUF];

    for (unsigned i = 0; i < perms->count; i++)
        reply_bytes(rq, text, perms_format(text, &perms->entry[i]));
}

int op_get_perms(struct request *rq)
{
    const struct subject *who = &rq->conn->who;
    struct perms *perms;
    struct node *n;
    int err = request_path_or_event(rq, 0);

    if (err)
        return err;
    if (path_is_event(rq->path)) {
        perms = store_event_perms(rq->store, rq->path);
        if (!(perms_access(perms, who) & ACCESS_READ))
            return -EACCES;
        reply_perms(rq, perms);
        return 0;
    }
    err = view_find(rq->view, who, rq->path, ACCESS_READ, &n);
    if (err)
        return err;
    reply_perms(rq, n->perms);
    return 0;
}

/* An event is no node: its permissions change at once, in no transaction. */
static int set_event_perms(struct request *rq, struct perms *perms)
{
    struct perms *now = store_event_perms(rq->store, rq->path);

    if (rq->transaction)
        return -EINVAL;
    if (!(perms_access(now, &rq->conn->who) & ACCESS_OWNER))
        return -EACCES;
    store_set_event_perms(rq->store, rq->path, perms);
    return 0;
}

int op_set_perms(struct request *rq)
{
    struct perms *perms;
    const char *text;
    size_t len;
    int err = request_path_or_event(rq, 0);

    if (err)
        return err;
    text = request_rest(rq, 0, &len);
    err = perms_parse(&perms, text, len);
    if (err)
        return err;
    if (path_is_event(rq->path))
        err = set_event_perms(rq, perms);
    else
        err = view_set_perms(rq->view, &rq->conn->who, rq->path, perms);
    perms_put(perms);
    return err;
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server.h"
#include "wire.h"

/* Requests about domains, and to the server itself. */

int op_introduce(struct request *rq)
{
    uint64_t gfn, port;
    domid_t domid;
    int err = request_domid(rq, 0, &domid);

    if (!err)
        err = request_number(rq, 1, UINT64_MAX, &gfn);
    if (!err)
        err = request_number(rq, 2, UINT32_MAX, &port);
    if (!err)
        err = domain_introduce(rq->conn->server, domid, gfn, port);
    if (!err)
        rq->announce = PATH_INTRODUCE;
    return err;
}

int op_release(struct request *rq)
{
    domid_t domid;
    int err = request_domid(rq, 0, &domid);

    if (!err)
        err = domain_release(rq->conn->server, domid);
    if (!err)
        rq->announce = PATH_RELEASE;
    return err;
}

/* The control domain is served without having been introduced. */
int op_is_domain_introduced(struct request *rq)
{
    domid_t domid;
    int err = request_domid(rq, 0, &domid);

    if (err)
        return err;
    if (domid == 0 || domain_find(rq->conn->server, domid))
        reply_string(rq, "T");
    else
        reply_string(rq, "F");
    return 0;
}

int op_get_domain_path(struct request *rq)
{
    char path[HOME_BUF];
    domid_t domid;
    int err = request_domid(rq, 0, &domid);

    if (err)
        return err;
    domain_path(path, domid);
    reply_string(rq, path);
    return 0;
}

/* A domain runs again that had shut itself down: it may do so once more. */
int op_resume(struct request *rq)
{
    struct domain *d;
    domid_t domid;
    int err = request_domid(rq, 0, &domid);

    if (err)
        return err;
    d = domain_find(rq->conn->server, domid);
    if (!d)
        return -ENOENT;
    d->shutdown = false;
    return 0;
}

int op_set_target(struct request *rq)
{
    struct domain *d;
    domid_t domid, target;
    int err = request_domid(rq, 0, &domid);

    if (!err)
        err = request_domid(rq, 1, &target);
    if (err)
        return err;
    d = domain_find(rq->conn->server, domid);
    if (!d || !domain_find(rq->conn->server, target))
        return -ENOENT;
    d->conn->who.target = target;
    return 0;
}

static int control_quota(struct request *rq)
{
    const struct quota *q = &rq->store->quota;
    char line[64];

    for (int i = 0; i < QUOTA_KINDS; i++) {
        int len = snprintf(line, sizeof(line), "%-18s %" PRIu32 "\n",
                           quota_name(i), q->limit[i]);

        reply_bytes(rq, line, len);
    }
    reply_bytes(rq, "", 1);
    return 0;
}

static int control_check(struct request *rq)
{
    bool good = xenstored_check(rq->conn->server);

    reply_string(rq,
                 good ? "store is consistent\n" : "store is NOT consistent\n");
    return 0;
}

static int control_help(struct request *rq)
{
    reply_string(rq, "check  verify all invariants\n"
                     "help   this list\n"
                     "quota  limits of a domain\n");
    return 0;
}

int op_control(struct request *rq)
{
    const char *command = request_string(rq, 0);

    if (!command)
        return -EINVAL;
    if (strcmp(command, "check") == 0)
        return control_check(rq);
    if (strcmp(command, "help") == 0)
        return control_help(rq);
    if (strcmp(command, "quota") == 0)
        return control_quota(rq);
    return -EINVAL;
}

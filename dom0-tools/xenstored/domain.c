/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "server.h"
#include "transport_ring.h"

static int domain_compare(struct domain *a, struct domain *b)
{
    return (int)a->domid - (int)b->domid;
}

RB_GENERATE(domain_tree, domain, by_domid, domain_compare)

void domain_path(char out[HOME_BUF], domid_t domid)
{
    snprintf(out, HOME_BUF, "/local/domain/%u", (unsigned)domid);
}

/* Also one that is gone but not forgotten. */
static struct domain *find_any(struct xenstored *s, domid_t domid)
{
    struct domain key = {.domid = domid};

    return RB_FIND(domain_tree, &s->domains, &key);
}

struct domain *domain_find(struct xenstored *s, domid_t domid)
{
    struct domain *d = find_any(s, domid);

    return d && d->conn ? d : NULL;
}

/* End the connection. The ring goes first: it may point into dead memory. */
static void disconnect(struct xenstored *s, struct domain *d)
{
    struct connection *c;

    if (!d->conn)
        return;
    if (s->ops->release)
        s->ops->release(s->ctx, d->domid, &d->ring);
    connection_close(d->conn);
    d->conn = NULL;
    TAILQ_FOREACH (c, &s->connections, link) {
        if (c->who.target == d->domid)
            c->who.target = DOMID_INVALID;
    }
}

static int forget_event(struct store *s, const char *event, domid_t domid)
{
    struct perms *perms = store_event_perms(s, event), *rest;

    if (perms_owner(perms) != domid && !perms_mentions(perms, domid))
        return 0;
    rest = perms_owner(perms) == domid ? perms_new(0, ACCESS_NONE)
                                       : perms_without(perms, domid);
    if (!rest)
        return -ENOMEM;
    store_set_event_perms(s, event, rest);
    perms_put(rest);
    return 0;
}

/*
 * Take away what a domain owned and might do: the next one with its number
 * must not find it. Returns 0, -ENOMEM.
 */
static int forget(struct xenstored *s, domid_t domid)
{
    struct committed done;
    struct view v;
    int err = forget_event(&s->store, PATH_INTRODUCE, domid);

    if (!err)
        err = forget_event(&s->store, PATH_RELEASE, domid);
    if (err)
        return err;
    committed_init(&done);
    view_init(&v, &s->store);
    err = view_forget_domain(&v, domid);
    if (err) {
        view_drop(&v);
        return err;
    }
    view_commit(&v, &done);
    server_committed(s, &done);
    return 0;
}

static struct domain *domain_new(struct xenstored *s, domid_t domid)
{
    struct domain *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->domid = domid;
    RB_INSERT(domain_tree, &s->domains, d);
    return d;
}

static void domain_free(struct xenstored *s, struct domain *d)
{
    RB_REMOVE(domain_tree, &s->domains, d);
    free(d);
}

static int connect_domain(struct xenstored *s, struct domain *d, uint64_t gfn,
                          evtchn_port_t port)
{
    char home[HOME_BUF];
    int err;

    domain_path(home, d->domid);
    d->conn = connection_open(s, d->domid, false, home);
    if (!d->conn)
        return -ENOMEM;
    err = s->ops->introduce(s->ctx, d->domid, gfn, port, &d->ring);
    if (err) {
        connection_close(d->conn);
        d->conn = NULL;
        return err;
    }
    d->conn->ring = &d->ring;
    d->shutdown = false;
    ring_start(&d->ring);
    server_mark_ready(s, d->conn);
    return 0;
}

int domain_introduce(struct xenstored *s, domid_t domid, uint64_t gfn,
                     evtchn_port_t port)
{
    struct domain *d = find_any(s, domid);
    int err = 0;

    if (domid == 0 || domid >= DOMID_FIRST_RESERVED)
        return -EINVAL;
    if (!s->ops->introduce)
        return -ENOSYS;
    if (d && !d->conn)
        err = forget(s, domid);
    if (err)
        return err;
    if (!d)
        d = domain_new(s, domid);
    if (!d)
        return -ENOMEM;
    disconnect(s, d);
    err = connect_domain(s, d, gfn, port);
    if (err)
        domain_free(s, d);
    return err;
}

/* Without memory the domain stays known, and is forgotten at the next try. */
static void end(struct xenstored *s, struct domain *d)
{
    disconnect(s, d);
    if (forget(s, d->domid) == 0)
        domain_free(s, d);
    else
        server_log(s, "domain %u: no memory to remove what it left",
                   (unsigned)d->domid);
}

int domain_release(struct xenstored *s, domid_t domid)
{
    struct domain *d = domain_find(s, domid);

    if (!d)
        return -ENOENT;
    end(s, d);
    return 0;
}

void xenstored_domain_shutdown(struct xenstored *s, domid_t domid)
{
    struct domain *d = domain_find(s, domid);

    if (!d || d->shutdown)
        return;
    d->shutdown = true;
    server_announce(s, PATH_RELEASE);
}

void xenstored_domain_died(struct xenstored *s, domid_t domid)
{
    struct domain *d = find_any(s, domid);

    if (domid == 0 || domid >= DOMID_FIRST_RESERVED)
        return;
    if (!d)
        d = domain_new(s, domid);
    if (d)
        end(s, d);
    else
        server_log(s, "domain %u: no memory to remove what it left",
                   (unsigned)domid);
    server_announce(s, PATH_RELEASE);
}

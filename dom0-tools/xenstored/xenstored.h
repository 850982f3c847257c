/* SPDX-License-Identifier: MIT */
/*
 * xenstored: the store that domains and tools share.
 *
 * One server is one struct xenstored; nothing is global. Whoever holds it
 * calls one function at a time: in a program with threads, under one lock.
 * No function blocks. An outline of a program that serves domains:
 *
 *   s = xenstored_create(&ops, ctx);
 *   c = xenstored_connect(s, 0, "/local/domain/0");   a tool's own connection
 *   ... xenstored_introduce(s, domid, gfn, port);     or a tool's INTRODUCE
 *   event on a store port:   xenstored_kick(s, domid);
 *   VIRQ_DOM_EXC:            xenstored_domain_shutdown() or _died()
 *   after any of these:      while (xenstored_step(s)) continue;
 */
#ifndef XENSTORED_H
#define XENSTORED_H

#include "base.h"

struct connection;
struct xenstored;
struct xenstore_domain_interface;

/* A domain's ring, mapped. */
struct xs_ring {
    struct xenstore_domain_interface *page; /* the guest writes it any time */
    void (*notify)(void *ctx);              /* signal the domain's port */
    void *ctx;
    /* The server's own indices: what the page says of them is not believed. */
    uint32_t req_cons, rsp_prod;
};

/* What the server asks of the program around it; a NULL one is left out. */
struct xenstored_ops {
    /* One line, no newline: limits that were hit, domains that broke rules. */
    void (*log)(void *ctx, const char *line);
    /*
     * Map the ring of a domain and bind its port.
     *  gfn, port  as INTRODUCE named them; the frame may be ignored for
     * grant 1. Fills page, notify and ctx of *ring and returns 0, or -Exxx and
     * nothing is mapped.
     */
    int (*introduce)(void *ctx, domid_t domid, uint64_t gfn, evtchn_port_t port,
                     struct xs_ring *ring);
    /* Undo it. The domain may be dead. */
    void (*release)(void *ctx, domid_t domid, struct xs_ring *ring);
    /* A local connection has output; called from xenstored_step() only. */
    void (*wake)(void *ctx, struct connection *c);
};

/* Returns NULL without memory. `ops` must outlive the server. */
struct xenstored *xenstored_create(const struct xenstored_ops *ops, void *ctx);
/* Closes all connections, releases all rings. */
void xenstored_destroy(struct xenstored *s);

/*
 * A privileged local connection: a tool in the control domain, or a socket's.
 * connection.h has the functions that move its bytes.
 *  home  where relative paths begin; "" is the root.
 * NULL without memory.
 */
struct connection *xenstored_connect(struct xenstored *s, domid_t domid,
                                     const char *home);
void xenstored_disconnect(struct xenstored *s, struct connection *c);

/*
 * Serve a domain; watchers of @introduceDomain are told. A domain that was
 * introduced before is connected anew; if that fails it is no longer served.
 * Returns 0, -EINVAL (domain 0 or no domain number), -ENOSYS (no
 * ops->introduce), -ENOMEM, or what ops->introduce returned.
 */
int MUST_CHECK xenstored_introduce(struct xenstored *s, domid_t domid,
                                   uint64_t gfn, evtchn_port_t port);

/* The domain's event channel fired. Unknown domains are ignored. */
void xenstored_kick(struct xenstored *s, domid_t domid);

/* A domain shut itself down: watchers of @releaseDomain are told, once. */
void xenstored_domain_shutdown(struct xenstored *s, domid_t domid);

/*
 * A domain is no more, whether or not it was introduced: its connection ends,
 * the nodes it owns and permissions that name it go, and watchers of
 * @releaseDomain are told.
 */
void xenstored_domain_died(struct xenstored *s, domid_t domid);

/* Move bytes and answer requests, a bounded amount. True: call again. */
bool xenstored_step(struct xenstored *s);

/* All invariants; slow. */
bool xenstored_check(struct xenstored *s);

#endif

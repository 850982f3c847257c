/* SPDX-License-Identifier: MIT */
/*
 * The inside of a server, for the files of this folder; others see xenstored.h.
 */
#ifndef XENSTORED_SERVER_H
#define XENSTORED_SERVER_H

#include <sys/tree.h>

#include "connection.h"
#include "store.h"
#include "watch.h"
#include "xenstored.h"

/* A domain that was introduced, or one that is gone but not yet forgotten. */
struct domain {
    RB_ENTRY(domain) by_domid;
    domid_t domid;
    struct connection *conn; /* NULL: gone, memory was short to clean up */
    struct xs_ring ring;
    bool shutdown; /* its watchers were told */
};

RB_HEAD(domain_tree, domain);

struct xenstored {
    const struct xenstored_ops *ops;
    void *ctx;
    struct store store;
    struct watch_table watches;
    struct connection_list connections; /* all */
    struct connection_list ready;       /* for xenstored_step() */
    struct domain_tree domains;
    /* Of unprivileged domains, oldest first; none that was given up. */
    struct transaction_list transactions;
};

/* Have xenstored_step() look at a connection. */
void server_mark_ready(struct xenstored *s, struct connection *c);

/* Tell watchers of a commit, forget it, and give up what became too old. */
void server_committed(struct xenstored *s, struct committed *done);

/* Tell watchers of PATH_INTRODUCE or PATH_RELEASE. */
void server_announce(struct xenstored *s, const char *event);

/* NULL if not introduced. */
struct domain *domain_find(struct xenstored *s, domid_t domid);
int MUST_CHECK domain_introduce(struct xenstored *s, domid_t domid,
                                uint64_t gfn, evtchn_port_t port);
/* Returns 0, -ENOENT. Announces nothing. */
int MUST_CHECK domain_release(struct xenstored *s, domid_t domid);

/* Write "/local/domain/N". */
void domain_path(char out[HOME_BUF], domid_t domid);

void server_log(struct xenstored *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

RB_PROTOTYPE(domain_tree, domain, by_domid, domain_compare)

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Transactions: a snapshot to work on, and the rule of who may commit.
 *
 * A transaction sees the store as it was when it began, with its own changes.
 * It remembers what it looked at: a node itself (also that it did not exist),
 * its list of children, or all below it. To commit,
 *  - a transaction without changes always may: it read one consistent state;
 *  - if nobody else committed since it began, its tree becomes the store's;
 *  - else what it looked at must be the same in the store now as in its
 *    snapshot; then its changes are made again on the store's tree.
 * Otherwise it alone fails with EAGAIN. So the outcome is always one in which
 * the transactions had run one after the other.
 *
 * A snapshot keeps old versions of nodes alive. So that a domain cannot make
 * the store keep them for ever, one that has been overtaken by
 * TRANSACTION_COMMITS_MAX commits is given up: all in it answers EAGAIN.
 */
#ifndef XENSTORED_TRANSACTION_H
#define XENSTORED_TRANSACTION_H

#include <sys/queue.h>
#include <sys/tree.h>

#include "base.h"
#include "store.h"

#define TRANSACTION_COMMITS_MAX 4096

enum {
    SEEN_NODE = 1,     /* existence, value, permissions */
    SEEN_CHILDREN = 2, /* their names */
    SEEN_SUBTREE = 4,  /* everything below */
};

struct seen {
    RB_ENTRY(seen) by_path;
    unsigned what;
    char path[];
};

RB_HEAD(seen_tree, seen);

struct access_set {
    struct seen_tree tree;
    uint32_t count;
    struct account *account; /* of the transaction's domain */
};

struct transaction {
    TAILQ_ENTRY(transaction) of_connection;
    TAILQ_ENTRY(transaction) by_age;
    uint32_t id;       /* set by the connection */
    uint64_t began;    /* the store's commits at that time */
    struct node *base; /* the snapshot; NULL when given up */
    struct view view;  /* valid while base is not NULL */
    struct access_set seen;
};

TAILQ_HEAD(transaction_list, transaction);

/* NULL without memory. The account is borrowed and outlives it. */
struct transaction *transaction_begin(struct store *s, struct account *account);
void transaction_drop(struct transaction *t);

/*
 * Commit the changes; *done says what happened to the store. Whatever the
 * result, the transaction is over and the caller drops it.
 * Returns 0, -EAGAIN (conflict), -ENOSPC (quota), -ENOMEM.
 */
int MUST_CHECK transaction_commit(struct transaction *t,
                                  const struct subject *who,
                                  struct committed *done);

/* Give the snapshot up if it is too old; true if it is given up. */
bool transaction_expire(struct transaction *t);

/*
 * Note that a path was looked at; nothing to do if `set` is NULL.
 * Returns 0, -ENOSPC (quota of the set's domain), -ENOMEM.
 */
int MUST_CHECK access_note(struct access_set *set, struct quota *q,
                           const struct subject *who, const char *path,
                           size_t len, unsigned what);

RB_PROTOTYPE(seen_tree, seen, by_path, seen_compare)

#endif

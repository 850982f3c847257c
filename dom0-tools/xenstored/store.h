/* SPDX-License-Identifier: MIT */
/*
 * The store: its tree, its accounts, and the operations on nodes.
 *
 * Every operation acts on a view: a private tree that begins as a snapshot of
 * the store's. A request outside a transaction has a view of its own, which is
 * committed at once; a transaction keeps one (transaction.h). An operation that
 * fails leaves its view as it was.
 *
 * A view lists what was changed, in order: the list says which watches fire
 * after the commit, and replays a transaction when others committed first.
 *
 * Permission: an operation names what it needs of the node. If the node does
 * not exist, the answer is ENOENT only to those who may do the same to the
 * nearest node above it that exists; the others get EACCES and learn nothing.
 *
 * Invariant: store_check().
 */
#ifndef XENSTORED_STORE_H
#define XENSTORED_STORE_H

#include <sys/queue.h>

#include "base.h"
#include "path.h"
#include "perms.h"
#include "quota.h"
#include "tree.h"

struct store {
    struct node *root;
    uint64_t generation; /* counts changes, those of views included */
    uint64_t commits;
    struct quota quota;
    /* Who may watch the two events (path.h); not part of the tree. */
    struct perms *introduce_perms, *release_perms;
};

enum change_kind {
    CHANGE_WRITE,
    CHANGE_MKDIR,
    CHANGE_RM,
    CHANGE_PERMS,
};

struct change {
    STAILQ_ENTRY(change) link;
    enum change_kind kind;
    struct blob *value;  /* of CHANGE_WRITE */
    struct perms *perms; /* of CHANGE_PERMS */
    char path[];
};

STAILQ_HEAD(change_list, change);

struct view {
    struct store *store;
    struct node *root;    /* a reference */
    struct ledger ledger; /* what the changes cost whom */
    struct change_list changes;
    struct access_set *seen; /* what a transaction looked at; NULL if none */
};

/* What a commit did: for watch_fire(). */
struct committed {
    struct node *before, *after; /* references to both trees; NULL: nothing */
    struct change_list changes;
};

/* An empty store, its root owned by domain 0 and readable. */
int MUST_CHECK store_init(struct store *s);
/* No view is left. */
void store_destroy(struct store *s);

/* A view of the store as it is now. */
void view_init(struct view *v, struct store *s);
/* Forget the view and its changes. */
void view_drop(struct view *v);
/*
 * Make the view's tree the store's, which it was made from and which has not
 * changed since. The view is used up; *done is to be dropped. Cannot fail.
 */
void view_commit(struct view *v, struct committed *done);
void committed_init(struct committed *done);
void committed_drop(struct committed *done);

/*
 * The node at `path`, borrowed from the view until its next change.
 * Returns 0, -ENOENT, -EACCES (`who` has not all of `need`, bits of enum
 * access), and in a transaction -ENOSPC (quota), -ENOMEM.
 */
int MUST_CHECK view_find(struct view *v, const struct subject *who,
                         const char *path, unsigned need, struct node **out);

/* The same for a reader of the list of children. */
int MUST_CHECK view_list(struct view *v, const struct subject *who,
                         const char *path, struct node **out);

/*
 * Set the value of a node; make it, and what is missing above it, if needed.
 * Needs WRITE on the node, or on the nearest one above it. A new node has the
 * permissions of the one above it; an unprivileged creator owns it.
 * Returns 0, -EACCES, -ENOSPC (quota), -ENOMEM.
 */
int MUST_CHECK view_write(struct view *v, const struct subject *who,
                          const char *path, const void *value, size_t len);

/* The same without a value; a node that exists stays as it is. */
int MUST_CHECK view_mkdir(struct view *v, const struct subject *who,
                          const char *path);

/*
 * Remove a node and all below it. Needs WRITE on the node alone.
 * Returns 0 (also if the node does not exist but the one above it does),
 * -ENOENT, -EACCES, -EINVAL (the root), -ENOSPC (quota), -ENOMEM.
 */
int MUST_CHECK view_rm(struct view *v, const struct subject *who,
                       const char *path);

/*
 * Replace a node's permissions. Needs OWNER; only a privileged `who` may name
 * another owner.
 * Returns 0, -ENOENT, -EACCES, -EPERM (owner), -ENOSPC (quota), -ENOMEM.
 */
int MUST_CHECK view_set_perms(struct view *v, const struct subject *who,
                              const char *path, struct perms *perms);

/* Do a recorded change again. */
int MUST_CHECK view_replay(struct view *v, const struct subject *who,
                           const struct change *c);

/*
 * Take away all that a domain has once it is gone: the nodes it owns with all
 * below them, and each permission that names it. Acts on a view of privileged
 * making. Returns 0, -ENOMEM.
 */
int MUST_CHECK view_forget_domain(struct view *v, domid_t domid);

/* Permissions of an event, borrowed; `path` satisfies path_is_event(). */
struct perms *store_event_perms(struct store *s, const char *path);
void store_set_event_perms(struct store *s, const char *path,
                           struct perms *perms);

/*
 * Whether the store is as it must be: each directory in order and balanced,
 * names valid, generations plausible, and each account equal to the nodes that
 * its domain owns. Slow: for tests, fuzzing and CONTROL check.
 */
bool store_check(struct store *s);

#endif

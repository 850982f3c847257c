/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "transaction.h"

/*
 * Each operation looks up and checks, prepares the new node, the entry for the
 * list of changes and the accounts, and builds the new tree; only then, with
 * nothing left that can fail, does it change the view.
 */

/* Where a path leads. */
struct place {
    struct node *node;    /* the one at the path, or NULL */
    struct node *nearest; /* the deepest on the way that exists */
    unsigned missing;     /* components behind it */
};

static struct place look_up(const struct view *v, const char *path)
{
    struct place p;

    p.nearest = tree_nearest(v->root, path, &p.missing);
    p.node = p.missing ? NULL : p.nearest;
    return p;
}

/*
 * Note for the transaction that the path was looked at, and if it is not there,
 * each missing node above it and the nearest one: permissions come from there.
 */
static int note_seen(struct view *v, const struct subject *who,
                     const char *path, unsigned missing, unsigned what)
{
    size_t len = strlen(path);
    char above[PATH_BUF];
    int err;

    if (!v->seen)
        return 0;
    memcpy(above, path, len + 1);
    err = access_note(v->seen, &v->store->quota, who, path, len, what);
    while (!err && missing-- > 0) {
        len = path_parent_length(above);
        above[len] = '\0';
        err =
            access_note(v->seen, &v->store->quota, who, above, len, SEEN_NODE);
    }
    return err;
}

/* 0 with p->node set, or -ENOENT with the rest of *p set, or another error. */
static int find_place(struct view *v, const struct subject *who,
                      const char *path, unsigned need, unsigned what,
                      struct place *p)
{
    unsigned may;
    int err;

    *p = look_up(v, path);
    err = note_seen(v, who, path, p->missing, what);
    if (err)
        return err;
    may = perms_access(p->nearest->perms, who);
    if (p->node)
        return (may & need) == need ? 0 : -EACCES;
    return (may & need) ? -ENOENT : -EACCES;
}

int view_find(struct view *v, const struct subject *who, const char *path,
              unsigned need, struct node **out)
{
    struct place p;
    int err = find_place(v, who, path, need, SEEN_NODE, &p);

    if (!err)
        *out = p.node;
    return err;
}

int view_list(struct view *v, const struct subject *who, const char *path,
              struct node **out)
{
    struct place p;
    int err =
        find_place(v, who, path, ACCESS_READ, SEEN_NODE | SEEN_CHILDREN, &p);

    if (!err)
        *out = p.node;
    return err;
}

static struct change *change_new(enum change_kind kind, const char *path,
                                 struct blob *value, struct perms *perms)
{
    size_t len = strlen(path);
    struct change *c = malloc(sizeof(*c) + len + 1);

    if (!c)
        return NULL;
    c->kind = kind;
    c->value = blob_get(value);
    c->perms = perms ? perms_get(perms) : NULL;
    memcpy(c->path, path, len + 1);
    return c;
}

static void change_free(struct change *c)
{
    blob_put(c->value);
    perms_put(c->perms);
    free(c);
}

/* The point of no return. Takes over root and c. */
static void apply(struct view *v, struct node *root, struct change *c)
{
    node_put(v->root);
    v->root = root;
    STAILQ_INSERT_TAIL(&v->changes, c, link);
}

/* A domain may have `more` nodes than it has in the view. */
static int check_node_quota(struct view *v, const struct subject *who,
                            unsigned more)
{
    struct charge *c;

    if (more == 0 || who->privileged)
        return 0;
    c = ledger_charge(&v->ledger, &v->store->quota, who->domid);
    if (!c)
        return -ENOMEM;
    return quota_check(&v->store->quota, c->account, who, QUOTA_NODES,
                       (uint64_t)c->account->nodes + c->nodes + more);
}

static int check_entry_quota(struct view *v, const struct subject *who,
                             const struct node *n)
{
    struct quota *q = &v->store->quota;
    struct charge *c;
    int err;

    if (who->privileged)
        return 0;
    c = ledger_charge(&v->ledger, q, who->domid);
    if (!c)
        return -ENOMEM;
    err = quota_check(q, c->account, who, QUOTA_PERMISSIONS, n->perms->count);
    if (err)
        return err;
    return quota_check(q, c->account, who, QUOTA_ENTRY_BYTES,
                       node_entry_bytes(n));
}

/* What the nodes cost that tree_with() makes above a new leaf. */
static size_t bytes_above(const char *path, unsigned missing,
                          const struct node *leaf)
{
    size_t bytes = 0, len = strlen(path), parent;
    struct node bare = {.perms = leaf->perms};
    char above[PATH_BUF];

    memcpy(above, path, len + 1);
    for (unsigned i = 1; i < missing; i++) {
        above[path_parent_length(above)] = '\0';
        parent = path_parent_length(above);
        bare.name_len = strlen(above) - (parent == 1 ? 1 : parent + 1);
        bytes += node_bytes(&bare);
    }
    return bytes;
}

/* Link a prepared leaf; on success c belongs to the view. */
static int link_leaf(struct view *v, const struct subject *who, struct place *p,
                     struct node *leaf, struct change *c)
{
    struct quota *q = &v->store->quota;
    struct charge *gains, *pays = NULL;
    struct node *root;
    int err = check_entry_quota(v, who, leaf);

    if (!err)
        err = check_node_quota(v, who, p->missing);
    if (err)
        return err;
    gains = ledger_charge(&v->ledger, q, perms_owner(leaf->perms));
    if (p->node)
        pays = ledger_charge(&v->ledger, q, perms_owner(p->node->perms));
    if (!gains || (p->node && !pays))
        return -ENOMEM;
    err = tree_with(&root, v->root, c->path, leaf, v->store->generation + 1);
    if (err)
        return err;
    v->store->generation++;
    gains->nodes += p->node ? 1 : p->missing;
    gains->bytes += node_bytes(leaf) + bytes_above(c->path, p->missing, leaf);
    if (p->node) {
        pays->nodes -= 1;
        pays->bytes -= node_bytes(p->node);
    }
    apply(v, root, c);
    return 0;
}

/* A node for `path` with the permissions it inherits. */
static struct node *make_leaf(const struct place *p, const struct subject *who,
                              const char *path)
{
    struct perms *perms = perms_inherit(p->nearest->perms, who);
    const char *name = strrchr(path, '/') + 1;
    struct node *leaf;

    if (!perms)
        return NULL;
    leaf = node_new(name, strlen(name), perms);
    perms_put(perms);
    return leaf;
}

/* A leaf that the caller fills; of a new node all generations are set. */
static struct node *prepare_leaf(struct view *v, const struct place *p,
                                 const struct subject *who, const char *path)
{
    uint64_t generation = v->store->generation + 1;
    struct node *leaf = p->node ? node_copy(p->node) : make_leaf(p, who, path);

    if (!leaf)
        return NULL;
    leaf->generation = generation;
    if (!p->node)
        leaf->children_generation = generation;
    return leaf;
}

/* Make the leaf at a place and link it. */
static int put_leaf(struct view *v, const struct subject *who, struct place *p,
                    enum change_kind kind, const char *path, struct blob *value,
                    struct perms *perms)
{
    struct node *leaf = prepare_leaf(v, p, who, path);
    struct change *c = change_new(kind, path, value, perms);
    int err = -ENOMEM;

    if (leaf && c) {
        if (kind == CHANGE_WRITE)
            node_set_value(leaf, value);
        if (kind == CHANGE_PERMS)
            node_set_perms(leaf, perms);
        err = link_leaf(v, who, p, leaf, c);
    }
    if (err && c)
        change_free(c);
    node_put(leaf);
    return err;
}

static int write_blob(struct view *v, const struct subject *who,
                      const char *path, struct blob *value)
{
    struct place p;
    int err = find_place(v, who, path, ACCESS_WRITE, SEEN_NODE, &p);

    if (err && err != -ENOENT)
        return err;
    return put_leaf(v, who, &p, CHANGE_WRITE, path, value, NULL);
}

int view_write(struct view *v, const struct subject *who, const char *path,
               const void *value, size_t len)
{
    struct blob *blob = NULL;
    int err;

    if (len) {
        blob = blob_new(value, len);
        if (!blob)
            return -ENOMEM;
    }
    err = write_blob(v, who, path, blob);
    blob_put(blob);
    return err;
}

int view_mkdir(struct view *v, const struct subject *who, const char *path)
{
    struct place p;
    int err = find_place(v, who, path, ACCESS_WRITE, SEEN_NODE, &p);

    if (err != -ENOENT)
        return err;
    return put_leaf(v, who, &p, CHANGE_MKDIR, path, NULL, NULL);
}

/* Make sure that each owner below `path` has a charge in the ledger. */
static int reserve_charges(struct view *v, struct tree_walk *w,
                           const char *path)
{
    struct node *n = tree_walk_start(w, v->root, path);

    for (; n; n = tree_walk_next(w, true)) {
        if (!ledger_charge(&v->ledger, &v->store->quota, perms_owner(n->perms)))
            return -ENOMEM;
    }
    return 0;
}

/* Take the nodes off their owners' accounts; all charges exist. */
static void charge_removal(struct view *v, struct tree_walk *w,
                           const char *path)
{
    struct node *n = tree_walk_start(w, v->root, path);

    for (; n; n = tree_walk_next(w, true)) {
        struct charge *c =
            ledger_charge(&v->ledger, &v->store->quota, perms_owner(n->perms));

        c->nodes -= 1;
        c->bytes -= node_bytes(n);
    }
}

static int remove_subtree(struct view *v, struct tree_walk *w, const char *path)
{
    struct change *c = change_new(CHANGE_RM, path, NULL, NULL);
    struct node *root;
    int err = -ENOMEM;

    if (!c)
        return err;
    err = reserve_charges(v, w, path);
    if (!err)
        err = tree_without(&root, v->root, path, v->store->generation + 1);
    if (err) {
        change_free(c);
        return err;
    }
    v->store->generation++;
    charge_removal(v, w, path);
    apply(v, root, c);
    return 0;
}

int view_rm(struct view *v, const struct subject *who, const char *path)
{
    struct tree_walk *w;
    struct place p;
    int err;

    if (path_parent_length(path) == 0)
        return -EINVAL;
    err = find_place(v, who, path, ACCESS_WRITE, SEEN_NODE | SEEN_SUBTREE, &p);
    if (err == -ENOENT && p.missing == 1)
        return 0;
    if (err)
        return err;
    w = malloc(sizeof(*w));
    if (!w)
        return -ENOMEM;
    err = remove_subtree(v, w, path);
    free(w);
    return err;
}

int view_set_perms(struct view *v, const struct subject *who, const char *path,
                   struct perms *perms)
{
    struct place p;
    int err = find_place(v, who, path, ACCESS_OWNER, SEEN_NODE, &p);

    if (err)
        return err;
    if (!who->privileged && perms_owner(perms) != perms_owner(p.node->perms))
        return -EPERM;
    return put_leaf(v, who, &p, CHANGE_PERMS, path, NULL, perms);
}

int view_replay(struct view *v, const struct subject *who,
                const struct change *c)
{
    switch (c->kind) {
    case CHANGE_WRITE:
        return write_blob(v, who, c->path, c->value);
    case CHANGE_MKDIR:
        return view_mkdir(v, who, c->path);
    case CHANGE_RM:
        return view_rm(v, who, c->path);
    case CHANGE_PERMS:
        return view_set_perms(v, who, c->path, c->perms);
    }
    return -EINVAL;
}

/* SPDX-License-Identifier: MIT */
/*
 * The tree as a value: a root node stands for all that is below it.
 *
 * No function changes a tree; tree_with() and tree_without() make a new root
 * that shares with the old one all that is not on the path. Depth costs time,
 * never stack. Paths are resolved (path.h).
 */
#ifndef XENSTORED_TREE_H
#define XENSTORED_TREE_H

#include "base.h"
#include "node.h"
#include "path.h"

/* The node at `path`, borrowed from the tree, or NULL. */
struct node *tree_find(struct node *root, const char *path);

/*
 * The deepest node that exists on the way to `path`, the root at least.
 * *missing counts the components behind it: 0 if the path itself exists.
 */
struct node *tree_nearest(struct node *root, const char *path,
                          unsigned *missing);

/*
 * The tree in which `leaf` stands at `path`, in place of the node there.
 * Nodes missing above it are made, without a value, with leaf's permissions.
 *  leaf        borrowed; its name is the path's last component.
 *  generation  of this change; recorded in every node on the way.
 * Returns 0, -ENOMEM.
 */
int MUST_CHECK tree_with(struct node **out, struct node *root, const char *path,
                         struct node *leaf, uint64_t generation);

/* The tree without the node at `path`, which exists and is not the root. */
int MUST_CHECK tree_without(struct node **out, struct node *root,
                            const char *path, uint64_t generation);

/*
 * Visit a subtree, each node before its children, children by name.
 * The tree must stay referenced meanwhile. Large: not for the stack.
 */
struct tree_walk {
    unsigned depth;  /* levels below the top */
    size_t path_len; /* of the current node */
    struct node *level[PATH_DEPTH_MAX + 1];
    char path[PATH_BUF];
};

/* Begin at `path`; returns that node, NULL if it does not exist. */
struct node *tree_walk_start(struct tree_walk *w, struct node *root,
                             const char *path);
/* The next node, NULL at the end. `descend`: below the current one, too. */
struct node *tree_walk_next(struct tree_walk *w, bool descend);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Nodes and directories: immutable, shared by reference count.
 *
 * A node that has been linked into a tree never changes. Who wants a different
 * one makes a copy, and copies of the nodes above it up to the root (tree.h).
 * So one pointer to a root is a snapshot of the whole store: a transaction
 * begins without copying anything, and an operation that runs out of memory
 * half-way drops what it built and has changed nothing.
 *
 * A directory is a B+ tree of nodes by name, made with the same rule: adding or
 * removing one of n children makes O(log n) new entries and shares the others
 * with the old directory. The trees of sys/tree.h change in place, so they
 * cannot do this.
 *
 * References: *_get() takes one, *_put() drops it; both allow NULL in put. A
 * function that returns a new object returns a reference; arguments are
 * borrowed unless the comment says otherwise. No reference can form a circle.
 */
#ifndef XENSTORED_NODE_H
#define XENSTORED_NODE_H

#include "base.h"
#include "perms.h"

/* Bytes of a value. */
struct blob {
    unsigned refs;
    size_t len;
    char bytes[];
};

struct node {
    unsigned refs;
    struct perms *perms;
    struct blob *value;   /* NULL: empty */
    struct dir *children; /* NULL: none */
    /*
     * When, in the store's count of changes: the value or the permissions
     * changed; a child was added or removed; anything at or below this node.
     */
    uint64_t generation;
    uint64_t children_generation;
    uint64_t subtree_generation;
    struct node *next_dead; /* used only while a tree is being freed */
    size_t name_len;
    char name[]; /* NUL-terminated; "" for the root */
};

/* Parts of an entry of a directory, at most; all but the top have half. */
#define DIR_WIDTH 16

/* A node, or an entry and the first node in it. */
struct part {
    uint64_t prefix; /* the name's first bytes, as they compare */
    struct node *first;
    struct dir *below; /* NULL: the part is the node */
};

/* One entry of a directory, and the directory of which it is the top. */
struct dir {
    unsigned refs;
    unsigned height; /* 1: its parts are nodes */
    unsigned width;  /* parts */
    unsigned count;  /* nodes from here down */
    size_t bytes;    /* of their names, NULs included */
    struct part part[];
};

/* NULL without memory. `bytes` may be NULL if len is 0. */
struct blob *blob_new(const void *bytes, size_t len);
struct blob *blob_get(struct blob *b);
void blob_put(struct blob *b);

/*
 * A node without children or value. NULL without memory.
 * Until it is linked into a tree its maker may set its fields.
 */
struct node *node_new(const char *name, size_t len, struct perms *perms);
struct node *node_copy(const struct node *n);
struct node *node_get(struct node *n);
/* Never recurses along the path: the deepest tree needs no more stack. */
void node_put(struct node *n);

/* Replace a field of a node that is not linked yet. */
void node_set_value(struct node *n, struct blob *value);
void node_set_perms(struct node *n, struct perms *perms);
/* Takes over the reference to `children`. */
void node_set_children(struct node *n, struct dir *children);

static inline size_t node_value_length(const struct node *n)
{
    return n->value ? n->value->len : 0;
}

/* Bytes of value and permissions: what QUOTA_ENTRY_BYTES limits. */
size_t node_entry_bytes(const struct node *n);

/* Memory a node is charged for: its entry, its name and itself. */
size_t node_bytes(const struct node *n);

/* NULL if there is no such entry. */
struct node *dir_find(const struct dir *d, const char *name, size_t len);

/* The directory with `n` added, or in place of the node with its name. */
int MUST_CHECK dir_with(struct dir **out, const struct dir *d, struct node *n);

/* The directory without that name. */
int MUST_CHECK dir_without(struct dir **out, const struct dir *d,
                           const char *name, size_t len);

/* Both allow NULL, the directory without entries. */
struct dir *dir_get(struct dir *d);
void dir_put(struct dir *d);

/* First entry by name, and the one after a name; NULL at the end. */
struct node *dir_first(const struct dir *d);
struct node *dir_after(const struct dir *d, const char *name, size_t len);

/*
 * The entry whose name holds byte `offset` of the list of all names, each with
 * its NUL; *start is the byte where that name begins. NULL behind the end.
 */
struct node *dir_at(const struct dir *d, size_t offset, size_t *start);

static inline unsigned dir_count(const struct dir *d)
{
    return d ? d->count : 0;
}

static inline size_t dir_bytes(const struct dir *d)
{
    return d ? d->bytes : 0;
}

/* Order, balance, counts and sums of one directory. */
bool dir_check(const struct dir *d);

#endif

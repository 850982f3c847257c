/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct node *tree_nearest(struct node *root, const char *path,
                          unsigned *missing)
{
    struct node *n = root, *next = root;
    const char *name;
    size_t len;

    *missing = 0;
    while ((name = path_component(&path, &len))) {
        next = next ? dir_find(next->children, name, len) : NULL;
        if (next)
            n = next;
        else
            ++*missing;
    }
    return n;
}

struct node *tree_find(struct node *root, const char *path)
{
    unsigned missing;
    struct node *n = tree_nearest(root, path, &missing);

    return missing ? NULL : n;
}

/* One component of a path: its name, and the node above it if that exists. */
struct level {
    const char *name;
    size_t len;
    struct node *above;
};

/* The levels of `path` top down, in memory the caller frees. */
static int list_levels(struct level **out, size_t *count, struct node *root,
                       const char *path)
{
    const char *rest = path;
    struct node *n = root;
    struct level *levels;
    size_t len, i = 0;

    for (*count = 0; path_component(&rest, &len);)
        ++*count;
    levels = malloc((*count + 1) * sizeof(*levels));
    if (!levels)
        return -ENOMEM;
    for (rest = path; i < *count; i++) {
        levels[i].name = path_component(&rest, &levels[i].len);
        levels[i].above = n;
        if (n)
            n = dir_find(n->children, levels[i].name, levels[i].len);
    }
    *out = levels;
    return 0;
}

/* The node above level i as it will be: a copy, or a new one. */
static struct node *prepare_above(const struct level *levels, size_t i,
                                  struct perms *perms, uint64_t generation)
{
    struct node *n;

    if (levels[i].above)
        return node_copy(levels[i].above);
    n = node_new(levels[i - 1].name, levels[i - 1].len, perms);
    if (n)
        n->generation = n->children_generation = generation;
    return n;
}

/* A new version of the node above level i, with `child` there or nothing. */
static int rebuild(struct node **out, const struct level *levels, size_t i,
                   struct node *child, uint64_t generation)
{
    struct node *n =
        prepare_above(levels, i, child ? child->perms : NULL, generation);
    unsigned before;
    struct dir *dir;
    int err;

    if (!n)
        return -ENOMEM;
    before = dir_count(n->children);
    if (child)
        err = dir_with(&dir, n->children, child);
    else
        err = dir_without(&dir, n->children, levels[i].name, levels[i].len);
    if (err) {
        node_put(n);
        return err;
    }
    node_set_children(n, dir);
    if (dir_count(dir) != before)
        n->children_generation = generation;
    n->subtree_generation = generation;
    *out = n;
    return 0;
}

/* Replace what is at `path` by `leaf`, or by nothing if leaf is NULL. */
static int tree_replace(struct node **out, struct node *root, const char *path,
                        struct node *leaf, uint64_t generation)
{
    struct node *child = leaf ? node_get(leaf) : NULL;
    struct level *levels;
    size_t count;
    int err = list_levels(&levels, &count, root, path);

    if (err) {
        node_put(child);
        return err;
    }
    for (size_t i = count; i > 0 && !err; i--) {
        struct node *above;

        err = rebuild(&above, levels, i - 1, child, generation);
        node_put(child);
        child = err ? NULL : above;
    }
    free(levels);
    if (!err)
        *out = child;
    return err;
}

int tree_with(struct node **out, struct node *root, const char *path,
              struct node *leaf, uint64_t generation)
{
    leaf->subtree_generation = generation;
    return tree_replace(out, root, path, leaf, generation);
}

int tree_without(struct node **out, struct node *root, const char *path,
                 uint64_t generation)
{
    return tree_replace(out, root, path, NULL, generation);
}

struct node *tree_walk_start(struct tree_walk *w, struct node *root,
                             const char *path)
{
    w->depth = 0;
    w->level[0] = tree_find(root, path);
    w->path_len = strlen(path);
    memcpy(w->path, path, w->path_len + 1);
    return w->level[0];
}

/* Append a name to the path; the root's own slash is not doubled. */
static struct node *enter(struct tree_walk *w, struct node *n)
{
    if (w->path_len > 1)
        w->path[w->path_len++] = '/';
    memcpy(w->path + w->path_len, n->name, n->name_len + 1);
    w->path_len += n->name_len;
    w->level[++w->depth] = n;
    return n;
}

static void leave(struct tree_walk *w)
{
    w->path_len = path_parent_length(w->path);
    w->path[w->path_len] = '\0';
    w->depth--;
}

struct node *tree_walk_next(struct tree_walk *w, bool descend)
{
    struct node *n = w->level[w->depth];

    if (descend && n->children)
        return enter(w, dir_first(n->children));
    while (w->depth > 0) {
        n = w->level[w->depth];
        leave(w);
        n = dir_after(w->level[w->depth]->children, n->name, n->name_len);
        if (n)
            return enter(w, n);
    }
    return NULL;
}

/* SPDX-License-Identifier: MIT */
#include "node.h"

#include <stdlib.h>
#include <string.h>

struct blob *blob_new(const void *bytes, size_t len)
{
    struct blob *b = malloc(sizeof(*b) + len);

    if (!b)
        return NULL;
    b->refs = 1;
    b->len = len;
    if (len)
        memcpy(b->bytes, bytes, len);
    return b;
}

struct blob *blob_get(struct blob *b)
{
    if (b)
        b->refs++;
    return b;
}

void blob_put(struct blob *b)
{
    if (b && --b->refs == 0)
        free(b);
}

struct node *node_new(const char *name, size_t len, struct perms *perms)
{
    struct node *n = calloc(1, sizeof(*n) + len + 1);

    if (!n)
        return NULL;
    n->refs = 1;
    n->perms = perms_get(perms);
    n->name_len = len;
    memcpy(n->name, name, len);
    return n;
}

struct node *node_copy(const struct node *n)
{
    struct node *copy = node_new(n->name, n->name_len, n->perms);

    if (!copy)
        return NULL;
    copy->value = blob_get(n->value);
    copy->children = dir_get(n->children);
    copy->generation = n->generation;
    copy->children_generation = n->children_generation;
    copy->subtree_generation = n->subtree_generation;
    return copy;
}

struct node *node_get(struct node *n)
{
    n->refs++;
    return n;
}

/* Drop one reference; what nobody refers to any more goes on the list. */
static void drop_node(struct node *n, struct node **dead)
{
    if (--n->refs == 0) {
        n->next_dead = *dead;
        *dead = n;
    }
}

/* Recurses along one directory only, whose height is logarithmic. */
static void drop_dir(struct dir *d, struct node **dead)
{
    if (!d || --d->refs > 0)
        return;
    for (unsigned i = 0; i < d->width; i++) {
        if (d->height > 1)
            drop_dir(d->part[i].below, dead);
        else
            drop_node(d->part[i].first, dead);
    }
    free(d);
}

static void free_dead(struct node *dead)
{
    while (dead) {
        struct node *n = dead;

        dead = n->next_dead;
        drop_dir(n->children, &dead);
        perms_put(n->perms);
        blob_put(n->value);
        free(n);
    }
}

void node_put(struct node *n)
{
    struct node *dead = NULL;

    if (n)
        drop_node(n, &dead);
    free_dead(dead);
}

struct dir *dir_get(struct dir *d)
{
    if (d)
        d->refs++;
    return d;
}

void dir_put(struct dir *d)
{
    struct node *dead = NULL;

    drop_dir(d, &dead);
    free_dead(dead);
}

void node_set_value(struct node *n, struct blob *value)
{
    blob_get(value);
    blob_put(n->value);
    n->value = value;
}

void node_set_perms(struct node *n, struct perms *perms)
{
    perms_get(perms);
    perms_put(n->perms);
    n->perms = perms;
}

void node_set_children(struct node *n, struct dir *children)
{
    dir_put(n->children);
    n->children = children;
}

size_t node_entry_bytes(const struct node *n)
{
    return node_value_length(n) + n->perms->count * sizeof(n->perms->entry[0]);
}

size_t node_bytes(const struct node *n)
{
    return sizeof(*n) + n->name_len + node_entry_bytes(n);
}

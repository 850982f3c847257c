/* SPDX-License-Identifier: MIT */
#include "node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * A change builds new entries from the bottom up. It goes on to its end even
 * when memory has run out, with *failed set and parts missing, and the caller
 * drops the result: so no step needs a path of its own for the failure.
 */

static unsigned height(const struct dir *d)
{
    return d ? d->height : 0;
}

static struct dir *share(struct dir *d)
{
    if (d)
        d->refs++;
    return d;
}

static int compare(const char *name, size_t len, const struct node *n)
{
    size_t common = len < n->name_len ? len : n->name_len;
    int c = memcmp(name, n->name, common);

    if (c != 0)
        return c;
    return (len > n->name_len) - (len < n->name_len);
}

/* Takes over the references to l and r. */
static struct dir *entry(struct node *n, struct dir *l, struct dir *r,
                         bool *failed)
{
    struct dir *d = malloc(sizeof(*d));

    if (!d) {
        *failed = true;
        dir_put(l);
        dir_put(r);
        return NULL;
    }
    d->refs = 1;
    d->height = 1 + (height(l) > height(r) ? height(l) : height(r));
    d->count = 1 + dir_count(l) + dir_count(r);
    d->bytes = n->name_len + 1 + dir_bytes(l) + dir_bytes(r);
    d->node = node_get(n);
    d->left = l;
    d->right = r;
    return d;
}

/* entry() where l is higher by two; takes over l and r. */
static struct dir *lean_right(struct node *n, struct dir *l, struct dir *r,
                              bool *failed)
{
    struct dir *ll = l->left, *lr = l->right, *d;

    if (height(ll) >= height(lr)) {
        d = entry(l->node, share(ll), entry(n, share(lr), r, failed), failed);
    } else {
        struct dir *low = entry(l->node, share(ll), share(lr->left), failed);
        struct dir *high = entry(n, share(lr->right), r, failed);

        d = entry(lr->node, low, high, failed);
    }
    dir_put(l);
    return d;
}

/* The mirror image. */
static struct dir *lean_left(struct node *n, struct dir *l, struct dir *r,
                             bool *failed)
{
    struct dir *rl = r->left, *rr = r->right, *d;

    if (height(rr) >= height(rl)) {
        d = entry(r->node, entry(n, l, share(rl), failed), share(rr), failed);
    } else {
        struct dir *low = entry(n, l, share(rl->left), failed);
        struct dir *high = entry(r->node, share(rl->right), share(rr), failed);

        d = entry(rl->node, low, high, failed);
    }
    dir_put(r);
    return d;
}

/* entry() for two sides that one insertion or removal made uneven. */
static struct dir *balance(struct node *n, struct dir *l, struct dir *r,
                           bool *failed)
{
    if (height(l) > height(r) + 1)
        return lean_right(n, l, r, failed);
    if (height(r) > height(l) + 1)
        return lean_left(n, l, r, failed);
    return entry(n, l, r, failed);
}

static struct dir *with(const struct dir *d, struct node *n, bool *failed)
{
    int c;

    if (!d)
        return entry(n, NULL, NULL, failed);
    c = compare(n->name, n->name_len, d->node);
    if (c == 0)
        return entry(n, share(d->left), share(d->right), failed);
    if (c < 0)
        return balance(d->node, with(d->left, n, failed), share(d->right),
                       failed);
    return balance(d->node, share(d->left), with(d->right, n, failed), failed);
}

static struct dir *without_first(const struct dir *d, bool *failed)
{
    if (!d->left)
        return share(d->right);
    return balance(d->node, without_first(d->left, failed), share(d->right),
                   failed);
}

static struct dir *without(const struct dir *d, const char *name, size_t len,
                           bool *failed)
{
    int c;

    if (!d)
        return NULL;
    c = compare(name, len, d->node);
    if (c < 0)
        return balance(d->node, without(d->left, name, len, failed),
                       share(d->right), failed);
    if (c > 0)
        return balance(d->node, share(d->left),
                       without(d->right, name, len, failed), failed);
    if (!d->right)
        return share(d->left);
    return balance(dir_first(d->right), share(d->left),
                   without_first(d->right, failed), failed);
}

static int finish(struct dir **out, struct dir *d, bool failed)
{
    if (failed) {
        dir_put(d);
        return -ENOMEM;
    }
    *out = d;
    return 0;
}

int dir_with(struct dir **out, const struct dir *d, struct node *n)
{
    bool failed = false;
    struct dir *made = with(d, n, &failed);

    return finish(out, made, failed);
}

int dir_without(struct dir **out, const struct dir *d, const char *name,
                size_t len)
{
    bool failed = false;
    struct dir *made = without(d, name, len, &failed);

    return finish(out, made, failed);
}

struct node *dir_find(const struct dir *d, const char *name, size_t len)
{
    while (d) {
        int c = compare(name, len, d->node);

        if (c == 0)
            return d->node;
        d = c < 0 ? d->left : d->right;
    }
    return NULL;
}

struct node *dir_first(const struct dir *d)
{
    if (!d)
        return NULL;
    while (d->left)
        d = d->left;
    return d->node;
}

struct node *dir_after(const struct dir *d, const char *name, size_t len)
{
    struct node *next = NULL;

    while (d) {
        if (compare(name, len, d->node) < 0) {
            next = d->node;
            d = d->left;
        } else {
            d = d->right;
        }
    }
    return next;
}

struct node *dir_at(const struct dir *d, size_t offset, size_t *start)
{
    size_t before = 0;

    while (d) {
        size_t left = before + dir_bytes(d->left);

        if (offset < left) {
            d = d->left;
        } else if (offset < left + d->node->name_len + 1) {
            *start = left;
            return d->node;
        } else {
            before = left + d->node->name_len + 1;
            d = d->right;
        }
    }
    return NULL;
}

/* Each name behind the one before it; *previous begins as NULL. */
static bool in_order(const struct dir *d, const struct node **previous)
{
    if (!d)
        return true;
    if (!in_order(d->left, previous))
        return false;
    if (*previous &&
        compare((*previous)->name, (*previous)->name_len, d->node) >= 0)
        return false;
    *previous = d->node;
    return in_order(d->right, previous);
}

static bool in_balance(const struct dir *d)
{
    unsigned l, r;

    if (!d)
        return true;
    l = height(d->left);
    r = height(d->right);
    if (d->refs == 0 || d->node->refs == 0)
        return false;
    if (l > r + 1 || r > l + 1 || d->height != 1 + (l > r ? l : r))
        return false;
    if (d->count != 1 + dir_count(d->left) + dir_count(d->right))
        return false;
    if (d->bytes !=
        d->node->name_len + 1 + dir_bytes(d->left) + dir_bytes(d->right))
        return false;
    return in_balance(d->left) && in_balance(d->right);
}

bool dir_check(const struct dir *d)
{
    const struct node *previous = NULL;

    return in_balance(d) && in_order(d, &previous);
}

/* SPDX-License-Identifier: MIT */
#include "transaction.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int seen_compare(struct seen *a, struct seen *b)
{
    return path_compare(a->path, b->path);
}

RB_GENERATE(seen_tree, seen, by_path, seen_compare)

struct transaction *transaction_begin(struct store *s, struct account *account)
{
    struct transaction *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->began = s->commits;
    t->base = node_get(s->root);
    view_init(&t->view, s);
    RB_INIT(&t->seen.tree);
    t->seen.account = account;
    t->view.seen = &t->seen;
    return t;
}

static void drop_seen(struct access_set *set)
{
    struct seen *e;

    while ((e = RB_ROOT(&set->tree))) {
        RB_REMOVE(seen_tree, &set->tree, e);
        free(e);
    }
    set->count = 0;
}

/* Let go of the snapshot and of everything made from it. */
static void give_up(struct transaction *t)
{
    if (!t->base)
        return;
    view_drop(&t->view);
    drop_seen(&t->seen);
    node_put(t->base);
    t->base = NULL;
}

void transaction_drop(struct transaction *t)
{
    give_up(t);
    free(t);
}

bool transaction_expire(struct transaction *t)
{
    if (t->base && t->view.store->commits - t->began > TRANSACTION_COMMITS_MAX)
        give_up(t);
    return t->base == NULL;
}

int access_note(struct access_set *set, struct quota *q,
                const struct subject *who, const char *path, size_t len,
                unsigned what)
{
    struct seen *fresh = malloc(sizeof(*fresh) + len + 1), *old;
    int err;

    if (!fresh)
        return -ENOMEM;
    fresh->what = what;
    memcpy(fresh->path, path, len);
    fresh->path[len] = '\0';
    old = RB_FIND(seen_tree, &set->tree, fresh);
    if (old) {
        old->what |= what;
        free(fresh);
        return 0;
    }
    err = quota_check(q, set->account, who, QUOTA_TRANSACTION_NODES,
                      (uint64_t)set->count + 1);
    if (err) {
        free(fresh);
        return err;
    }
    RB_INSERT(seen_tree, &set->tree, fresh);
    set->count++;
    return 0;
}

/* Whether what was seen at one path is the same in the other tree. */
static bool same(const struct seen *e, struct node *base, struct node *now)
{
    const struct node *a = tree_find(base, e->path);
    const struct node *b = tree_find(now, e->path);

    if (a == b)
        return true;
    if (!a || !b)
        return false;
    if ((e->what & SEEN_NODE) && a->generation != b->generation)
        return false;
    if ((e->what & SEEN_CHILDREN) &&
        a->children_generation != b->children_generation)
        return false;
    return !(e->what & SEEN_SUBTREE) ||
           a->subtree_generation == b->subtree_generation;
}

static bool conflicts(struct transaction *t)
{
    struct seen *e;

    RB_FOREACH (e, seen_tree, &t->seen.tree) {
        if (!same(e, t->base, t->view.store->root))
            return true;
    }
    return false;
}

/* Make the changes again on top of what others committed. */
static int replay(struct transaction *t, const struct subject *who,
                  struct committed *done)
{
    struct change *c;
    struct view v;
    int err = 0;

    view_init(&v, t->view.store);
    STAILQ_FOREACH(c, &t->view.changes, link)
    {
        err = view_replay(&v, who, c);
        if (err) {
            view_drop(&v);
            return err;
        }
    }
    view_commit(&v, done);
    return 0;
}

int transaction_commit(struct transaction *t, const struct subject *who,
                       struct committed *done)
{
    if (!t->base)
        return -EAGAIN;
    if (STAILQ_EMPTY(&t->view.changes))
        return 0;
    if (t->base == t->view.store->root) {
        view_commit(&t->view, done);
        view_init(&t->view, t->view.store);
        return 0;
    }
    if (conflicts(t))
        return -EAGAIN;
    return replay(t, who, done);
}

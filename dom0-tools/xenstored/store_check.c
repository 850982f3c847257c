/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <stdlib.h>
#include <string.h>

static bool perms_valid(const struct perms *p)
{
    if (p->refs == 0 || p->count == 0)
        return false;
    for (unsigned i = 0; i < p->count; i++) {
        if (p->entry[i].domid >= DOMID_FIRST_RESERVED)
            return false;
        if (p->entry[i].access & ~(ACCESS_READ | ACCESS_WRITE))
            return false;
    }
    return true;
}

/* A change at a node was stamped on the way up. */
static bool generations_valid(const struct node *n, const struct node *above,
                              uint64_t now)
{
    return n->generation <= n->subtree_generation &&
           n->children_generation <= n->subtree_generation &&
           n->subtree_generation <= (above ? above->subtree_generation : now);
}

static bool node_valid(const struct tree_walk *w, uint64_t now)
{
    const struct node *n = w->level[w->depth];
    const struct node *above = w->depth ? w->level[w->depth - 1] : NULL;
    char resolved[PATH_BUF];

    return n->refs > 0 && n->name_len == strlen(n->name) &&
           perms_valid(n->perms) && dir_check(n->children) &&
           generations_valid(n, above, now) &&
           path_resolve(resolved, w->path, "") == 0 &&
           strcmp(resolved, w->path) == 0;
}

static bool tally(struct store *s, struct tree_walk *w, struct ledger *count)
{
    struct node *n = tree_walk_start(w, s->root, "/");

    for (; n; n = tree_walk_next(w, true)) {
        struct charge *c;

        if (!node_valid(w, s->generation))
            return false;
        c = ledger_charge(count, &s->quota, perms_owner(n->perms));
        if (!c)
            return false;
        c->nodes++;
        c->bytes += node_bytes(n);
    }
    return true;
}

/* The accounts hold what was counted, and nothing that was not. */
static bool accounts_match(struct store *s, const struct ledger *count)
{
    uint64_t counted = 0, held = 0;
    struct account *a;
    struct charge *c;

    SLIST_FOREACH (c, count, link) {
        if (c->account->nodes != (uint32_t)c->nodes ||
            c->account->node_bytes != (uint64_t)c->bytes)
            return false;
        counted += c->nodes;
    }
    RB_FOREACH (a, account_tree, &s->quota.accounts)
        held += a->nodes;
    return counted == held;
}

bool store_check(struct store *s)
{
    struct ledger count = SLIST_HEAD_INITIALIZER(count);
    struct tree_walk *w = malloc(sizeof(*w));
    bool ok;

    if (!w)
        return false;
    ok = quota_check_accounts(&s->quota) && perms_valid(s->introduce_perms) &&
         perms_valid(s->release_perms) && tally(s, w, &count) &&
         accounts_match(s, &count);
    ledger_drop(&count, &s->quota);
    free(w);
    return ok;
}

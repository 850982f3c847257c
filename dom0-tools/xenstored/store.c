/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int make_root(struct store *s)
{
    struct perms *perms = perms_new(0, ACCESS_READ);
    struct ledger ledger = SLIST_HEAD_INITIALIZER(ledger);
    struct charge *charge;

    if (!perms)
        return -ENOMEM;
    s->root = node_new("", 0, perms);
    perms_put(perms);
    charge = ledger_charge(&ledger, &s->quota, 0);
    if (!s->root || !charge) {
        ledger_drop(&ledger, &s->quota);
        return -ENOMEM;
    }
    charge->nodes = 1;
    charge->bytes = node_bytes(s->root);
    ledger_commit(&ledger, &s->quota);
    return 0;
}

int store_init(struct store *s)
{
    memset(s, 0, sizeof(*s));
    quota_init(&s->quota);
    s->introduce_perms = perms_new(0, ACCESS_NONE);
    s->release_perms = perms_new(0, ACCESS_NONE);
    if (!s->introduce_perms || !s->release_perms || make_root(s)) {
        store_destroy(s);
        return -ENOMEM;
    }
    return 0;
}

void store_destroy(struct store *s)
{
    node_put(s->root);
    perms_put(s->introduce_perms);
    perms_put(s->release_perms);
    quota_destroy(&s->quota);
}

static struct perms **event_perms(struct store *s, const char *path)
{
    if (strcmp(path, PATH_INTRODUCE) == 0)
        return &s->introduce_perms;
    return &s->release_perms;
}

struct perms *store_event_perms(struct store *s, const char *path)
{
    return *event_perms(s, path);
}

void store_set_event_perms(struct store *s, const char *path,
                           struct perms *perms)
{
    struct perms **place = event_perms(s, path);

    perms_get(perms);
    perms_put(*place);
    *place = perms;
}

static void drop_changes(struct change_list *changes)
{
    struct change *c;

    while ((c = STAILQ_FIRST(changes))) {
        STAILQ_REMOVE_HEAD(changes, link);
        blob_put(c->value);
        perms_put(c->perms);
        free(c);
    }
}

void view_init(struct view *v, struct store *s)
{
    v->store = s;
    v->root = node_get(s->root);
    SLIST_INIT(&v->ledger);
    STAILQ_INIT(&v->changes);
    v->seen = NULL;
}

void view_drop(struct view *v)
{
    node_put(v->root);
    ledger_drop(&v->ledger, &v->store->quota);
    drop_changes(&v->changes);
}

void view_commit(struct view *v, struct committed *done)
{
    struct store *s = v->store;

    if (STAILQ_EMPTY(&v->changes)) {
        view_drop(v);
        return;
    }
    done->before = s->root;
    done->after = node_get(v->root);
    STAILQ_CONCAT(&done->changes, &v->changes);
    s->root = v->root;
    s->commits++;
    ledger_commit(&v->ledger, &s->quota);
}

void committed_init(struct committed *done)
{
    done->before = done->after = NULL;
    STAILQ_INIT(&done->changes);
}

void committed_drop(struct committed *done)
{
    node_put(done->before);
    node_put(done->after);
    drop_changes(&done->changes);
    committed_init(done);
}

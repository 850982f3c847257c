/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <errno.h>
#include <stdlib.h>

static const struct subject control_domain = {
    .domid = 0, .target = DOMID_INVALID, .privileged = true};

/* One node of a tree that a domain leaves; *descend: go on below it. */
static int forget_at(struct view *v, const char *path, const struct node *n,
                     domid_t domid, bool *descend)
{
    bool owned = perms_owner(n->perms) == domid;
    struct perms *perms;
    int err;

    *descend = true;
    if (owned && path_parent_length(path) > 0) {
        *descend = false;
        return view_rm(v, &control_domain, path);
    }
    if (!owned && !perms_mentions(n->perms, domid))
        return 0;
    perms = owned ? perms_new(0, ACCESS_NONE) : perms_without(n->perms, domid);
    if (!perms)
        return -ENOMEM;
    err = view_set_perms(v, &control_domain, path, perms);
    perms_put(perms);
    return err;
}

int view_forget_domain(struct view *v, domid_t domid)
{
    /* Walk the tree as it was: it stays as it is while the view changes. */
    struct node *before = node_get(v->root), *n;
    struct tree_walk *w = malloc(sizeof(*w));
    bool descend = true;
    int err = 0;

    if (!w) {
        node_put(before);
        return -ENOMEM;
    }
    for (n = tree_walk_start(w, before, "/"); n && !err;
         n = tree_walk_next(w, descend))
        err = forget_at(v, w->path, n, domid, &descend);
    free(w);
    node_put(before);
    return err;
}

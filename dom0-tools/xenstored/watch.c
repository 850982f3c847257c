/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"

static int watch_point_compare(struct watch_point *a, struct watch_point *b)
{
    return path_compare(a->path, b->path);
}

RB_GENERATE(watch_point_tree, watch_point, by_path, watch_point_compare)

void watch_table_init(struct watch_table *t)
{
    RB_INIT(&t->points);
}

static struct watch_point *point_new(const char *path)
{
    size_t size = strlen(path) + 1;
    struct watch_point *p = malloc(sizeof(*p) + size);

    if (!p)
        return NULL;
    TAILQ_INIT(&p->watches);
    memcpy(p->path, path, size);
    return p;
}

/* The point of a path, or the first behind where it would be. */
static struct watch_point *point_at_or_after(struct watch_table *t,
                                             const char *path)
{
    struct watch_point *p = RB_ROOT(&t->points), *found = NULL;

    while (p) {
        int c = path_compare(path, p->path);

        if (c == 0)
            return p;
        if (c < 0)
            found = p;
        p = c < 0 ? RB_LEFT(p, by_path) : RB_RIGHT(p, by_path);
    }
    return found;
}

static struct watch_point *point_find(struct watch_table *t, const char *path)
{
    struct watch_point *p = point_at_or_after(t, path);

    return p && strcmp(p->path, path) == 0 ? p : NULL;
}

static struct watch *watch_find(struct watch_table *t, struct connection *conn,
                                const char *path, const char *token)
{
    struct watch_point *p = point_find(t, path);
    struct watch *w;

    if (!p)
        return NULL;
    TAILQ_FOREACH (w, &p->watches, of_point) {
        if (w->conn == conn && strcmp(w->token, token) == 0)
            return w;
    }
    return NULL;
}

static size_t watch_bytes(const struct watch *w)
{
    return sizeof(*w) + strlen(w->token) + strlen(w->point->path);
}

static struct watch *watch_new(struct watch_table *t, const char *path,
                               const char *token)
{
    size_t size = strlen(token) + 1;
    struct watch *w = calloc(1, sizeof(*w) + size);

    if (!w)
        return NULL;
    memcpy(w->token, token, size);
    w->point = point_find(t, path);
    if (w->point)
        return w;
    w->point = point_new(path);
    if (!w->point) {
        free(w);
        return NULL;
    }
    RB_INSERT(watch_point_tree, &t->points, w->point);
    return w;
}

int watch_add(struct watch_table *t, struct connection *conn, const char *path,
              const char *token, bool relative, struct watch **out)
{
    struct watch *w;
    int err;

    if (strlen(token) > WATCH_TOKEN_MAX)
        return -EINVAL;
    if (watch_find(t, conn, path, token))
        return -EEXIST;
    err = quota_check(connection_quota(conn), conn->account, &conn->who,
                      QUOTA_WATCHES, (uint64_t)conn->watch_count + 1);
    if (err)
        return err;
    w = watch_new(t, path, token);
    if (!w)
        return -ENOMEM;
    w->conn = conn;
    w->relative = relative;
    TAILQ_INSERT_TAIL(&w->point->watches, w, of_point);
    TAILQ_INSERT_TAIL(&conn->watches, w, of_connection);
    conn->watch_count++;
    quota_charge_bytes(connection_quota(conn), conn->account, watch_bytes(w));
    *out = w;
    return 0;
}

static void watch_free(struct watch_table *t, struct watch *w)
{
    struct connection *conn = w->conn;
    struct watch_point *p = w->point;

    quota_charge_bytes(connection_quota(conn), conn->account,
                       -(int64_t)watch_bytes(w));
    conn->watch_count--;
    TAILQ_REMOVE(&conn->watches, w, of_connection);
    TAILQ_REMOVE(&p->watches, w, of_point);
    if (TAILQ_EMPTY(&p->watches)) {
        RB_REMOVE(watch_point_tree, &t->points, p);
        free(p);
    }
    free(w);
}

int watch_remove(struct watch_table *t, struct connection *conn,
                 const char *path, const char *token)
{
    struct watch *w = watch_find(t, conn, path, token);

    if (!w)
        return -ENOENT;
    watch_free(t, w);
    return 0;
}

void watch_remove_all(struct watch_table *t, struct connection *conn)
{
    struct watch *w;

    while ((w = TAILQ_FIRST(&conn->watches)))
        watch_free(t, w);
}

const char *watch_event_path(const struct watch *w, const char *path)
{
    return w->relative ? path + strlen(w->conn->home) + 1 : path;
}

static bool may_read(const struct node *n, const struct subject *who)
{
    return n && (perms_access(n->perms, who) & ACCESS_READ);
}

static bool visible_in(struct node *root, const char *path,
                       const struct subject *who)
{
    char above[PATH_BUF];
    size_t len = path_parent_length(path);

    if (may_read(tree_find(root, path), who))
        return true;
    memcpy(above, path, len);
    above[len] = '\0';
    return may_read(tree_find(root, above), who);
}

/* Send an event about `path` to the watches at one point. */
static void fire_point(struct watch_point *p, const char *path,
                       const struct committed *done)
{
    struct watch *w;

    TAILQ_FOREACH (w, &p->watches, of_point) {
        if (w->conn->who.privileged ||
            visible_in(done->after, path, &w->conn->who) ||
            visible_in(done->before, path, &w->conn->who))
            connection_send_event(w->conn, w, path);
    }
}

static void fire_up(struct watch_table *t, const char *path,
                    const struct committed *done)
{
    char above[PATH_BUF];
    size_t len = strlen(path);

    memcpy(above, path, len + 1);
    while (len > 0) {
        struct watch_point *p = point_find(t, above);

        if (p)
            fire_point(p, path, done);
        len = path_parent_length(above);
        above[len] = '\0';
    }
}

/* Watches on nodes that went away with the one above them. */
static void fire_down(struct watch_table *t, const char *path,
                      const struct committed *done)
{
    struct watch_point *p = point_at_or_after(t, path);

    for (; p && path_is_within(p->path, path);
         p = RB_NEXT(watch_point_tree, &t->points, p)) {
        if (strcmp(p->path, path) != 0 && tree_find(done->before, p->path))
            fire_point(p, p->path, done);
    }
}

void watch_fire(struct watch_table *t, const struct committed *done)
{
    struct change *c;

    STAILQ_FOREACH(c, &done->changes, link)
    {
        fire_up(t, c->path, done);
        if (c->kind == CHANGE_RM)
            fire_down(t, c->path, done);
    }
}

void watch_fire_event(struct watch_table *t, const char *event,
                      const struct perms *perms)
{
    struct watch_point *p = point_find(t, event);
    struct watch *w;

    if (!p)
        return;
    TAILQ_FOREACH (w, &p->watches, of_point) {
        if (perms_access(perms, &w->conn->who) & ACCESS_READ)
            connection_send_event(w->conn, w, event);
    }
}

bool watch_table_check(struct watch_table *t)
{
    struct watch_point *p;
    struct watch *w;

    RB_FOREACH (p, watch_point_tree, &t->points) {
        if (TAILQ_EMPTY(&p->watches))
            return false;
        TAILQ_FOREACH (w, &p->watches, of_point) {
            if (w->point != p || strlen(w->token) > WATCH_TOKEN_MAX)
                return false;
        }
    }
    return true;
}

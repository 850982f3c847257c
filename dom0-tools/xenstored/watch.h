/* SPDX-License-Identifier: MIT */
/*
 * Watches: who wants to hear of which part of the store.
 *
 * A watch is a path and a token of a connection. It fires
 *  - once, when it is registered;
 *  - when the node, or one below it, was written, made, removed or got other
 *    permissions, with the path of that node;
 *  - when a node above it was removed and this one with it, with its own path.
 * An event is sent only to those who may read the node, as it was before or as
 * it is now, or the one above it. It names the path in the form of the watch:
 * relative for one that was given relative to the domain's own directory.
 * Events of one node may be merged or repeated; none is lost.
 *
 * Watches hang at points, one per path, in an order that keeps every subtree
 * contiguous (path_compare()): a change looks at the points on its own way up,
 * a removal also at the run of points below it, never at all of them.
 */
#ifndef XENSTORED_WATCH_H
#define XENSTORED_WATCH_H

#include <sys/queue.h>
#include <sys/tree.h>

#include "base.h"
#include "store.h"

struct connection;

/* With the longest path it still fits into an event. */
#define WATCH_TOKEN_MAX (XENSTORE_PAYLOAD_MAX - XENSTORE_ABS_PATH_MAX - 2)

struct watch {
    TAILQ_ENTRY(watch) of_connection;
    TAILQ_ENTRY(watch) of_point;
    struct watch_point *point;
    struct connection *conn;
    bool relative; /* event paths begin behind the connection's home */
    bool owed;     /* an event did not find memory; to be sent for its path */
    char token[];
};

TAILQ_HEAD(watch_list, watch);

struct watch_point {
    RB_ENTRY(watch_point) by_path;
    struct watch_list watches; /* at least one */
    char path[];
};

RB_HEAD(watch_point_tree, watch_point);

struct watch_table {
    struct watch_point_tree points;
};

void watch_table_init(struct watch_table *t);

/*
 * Register a watch; no event yet.
 *  path  resolved, or the name of an event.
 * Returns 0, -EEXIST (same connection, path and token), -EINVAL (token longer
 * than WATCH_TOKEN_MAX), -E2BIG (quota), -ENOMEM.
 */
int MUST_CHECK watch_add(struct watch_table *t, struct connection *conn,
                         const char *path, const char *token, bool relative,
                         struct watch **out);

/* Returns 0, -ENOENT. */
int MUST_CHECK watch_remove(struct watch_table *t, struct connection *conn,
                            const char *path, const char *token);
void watch_remove_all(struct watch_table *t, struct connection *conn);

/* The path of an event of this watch as its owner wants to see it. */
const char *watch_event_path(const struct watch *w, const char *path);

/* Tell everybody concerned what a commit changed. */
void watch_fire(struct watch_table *t, const struct committed *done);

/* Tell of an event (path.h) those whom its permissions let read. */
void watch_fire_event(struct watch_table *t, const char *event,
                      const struct perms *perms);

/* Every watch is at one point and at one connection; no point is empty. */
bool watch_table_check(struct watch_table *t);

RB_PROTOTYPE(watch_point_tree, watch_point, by_path, watch_point_compare)

#endif

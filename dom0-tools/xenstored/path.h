/* SPDX-License-Identifier: MIT */
/*
 * Names of nodes: what a client may write, and arithmetic on what it wrote.
 *
 * Inside xenstored every path is absolute, valid and without a trailing slash
 * (the root is "/"); path_resolve() is the only way in. The two events that a
 * client can watch have a name beginning with '@' and are never nodes.
 */
#ifndef XENSTORED_PATH_H
#define XENSTORED_PATH_H

#include "base.h"

/* Bytes that hold any path with its NUL. */
#define PATH_BUF (XENSTORE_ABS_PATH_MAX + 1)

/* Levels below the root that a path can name: "/a" repeated. */
#define PATH_DEPTH_MAX (XENSTORE_ABS_PATH_MAX / 2)

#define PATH_INTRODUCE "@introduceDomain"
#define PATH_RELEASE   "@releaseDomain"

/*
 * Make absolute what a client sent.
 *  in    NUL-terminated. Absolute: at most XENSTORE_ABS_PATH_MAX bytes.
 *        Relative: at most XENSTORE_REL_PATH_MAX, appended to `home`.
 *  home  absolute path with no trailing slash, "" for the root.
 * Returns 0, -EINVAL (empty, too long, a character outside
 * A-Z a-z 0-9 - / _ @, an empty component, a trailing slash, '@' in front).
 * Source: Xen public ABI, io/xs_wire.h; docs of the xenstore protocol.
 */
int MUST_CHECK path_resolve(char out[PATH_BUF], const char *in,
                            const char *home);

/* Like path_resolve(), and the name of an event stands for itself. */
int MUST_CHECK path_resolve_event(char out[PATH_BUF], const char *in,
                                  const char *home);

/* Whether a resolved path is the name of an event. */
bool path_is_event(const char *path);

/*
 * Walk the components: *rest begins as the path and moves behind the component
 * returned, whose length is stored in *len. NULL after the last one.
 */
const char *path_component(const char **rest, size_t *len);

/* Length of the parent's path; 1 for a child of the root, 0 for the root. */
size_t path_parent_length(const char *path);

/* Whether `path` is `top` or lies below it. */
bool path_is_within(const char *path, const char *top);

/* An order in which each subtree is contiguous, its top first; as strcmp(). */
int path_compare(const char *a, const char *b);

#endif

/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "handle.h"

static bool do_watch(struct xs_handle *h, uint32_t type, const char *path,
                     const char *token)
{
    struct piece pieces[] = {piece_string(path), piece_string(token)};

    return xs_do(h, type, XBT_NULL, pieces, 2);
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
    return do_watch(h, XS_WATCH, path, token);
}

/* The token of an event, NULL if the server sent something else. */
static const char *event_token(const struct incoming_message *m)
{
    size_t path_size = strlen(m->body) + 1;

    return path_size < m->header.len ? m->body + path_size : NULL;
}

/* Forget events of one watch that nobody has read. */
static void drop_events(struct xs_handle *h, const char *path,
                        const char *token)
{
    struct incoming_list kept = STAILQ_HEAD_INITIALIZER(kept);
    struct incoming_message *m;

    while ((m = STAILQ_FIRST(&h->events))) {
        const char *its = event_token(m);

        STAILQ_REMOVE_HEAD(&h->events, link);
        if (its && strcmp(its, token) == 0 && xs_path_is_subpath(path, m->body))
            free(m);
        else
            STAILQ_INSERT_TAIL(&kept, m, link);
    }
    STAILQ_CONCAT(&h->events, &kept);
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
    if (!do_watch(h, XS_UNWATCH, path, token))
        return false;
    if (h->flags & XS_UNWATCH_FILTER)
        drop_events(h, path, token);
    return true;
}

static char **next_event(struct xs_handle *h, bool wait)
{
    struct incoming_message *m = xs_next_event(h, wait);
    const char *token;
    char **vector;

    if (!m)
        return NULL;
    token = event_token(m);
    vector = malloc(2 * sizeof(*vector) + m->header.len + 1);
    if (!vector || !token) {
        errno = vector ? EIO : ENOMEM;
        free(vector);
        free(m);
        return NULL;
    }
    vector[XS_WATCH_PATH] = (char *)(vector + 2);
    vector[XS_WATCH_TOKEN] = vector[XS_WATCH_PATH] + (token - m->body);
    memcpy(vector[XS_WATCH_PATH], m->body, m->header.len + 1);
    free(m);
    return vector;
}

char **xs_read_watch(struct xs_handle *h, unsigned int *num)
{
    char **vector = next_event(h, true);

    if (vector)
        *num = 2;
    return vector;
}

char **xs_check_watch(struct xs_handle *h)
{
    return next_event(h, false);
}

/* SPDX-License-Identifier: MIT */
/*
 * Within a directory: how its names compare. Who uses directories wants node.h.
 */
#ifndef XENSTORED_DIR_H
#define XENSTORED_DIR_H

#include "node.h"

/* Parts of an entry that is not the top, at least. */
#define DIR_LEAST (DIR_WIDTH / 2)

/* A name that is looked for. */
struct name {
    const char *text;
    size_t len;
    uint64_t prefix;
};

struct name name_of(const char *text, size_t len);

/* Less than, equal to, greater than 0, as `name` is to the part's first. */
int dir_compare(const struct name *name, const struct part *p);

/* How many parts of d begin with that name or one before it. */
unsigned dir_place(const struct dir *d, const struct name *name);

static inline size_t part_bytes(const struct part *p)
{
    return p->below ? p->below->bytes : p->first->name_len + 1;
}

#endif

/* SPDX-License-Identifier: MIT */
#include "dir.h"

#include <string.h>

/*
 * The first eight bytes as a number that compares as they do. Names have no
 * NUL, so a shorter one, filled up with them, comes first; and two of at most
 * eight bytes are the same if their numbers are.
 */
static uint64_t prefix_of(const char *text, size_t len)
{
    uint64_t prefix = 0;

    memcpy(&prefix, text, len < sizeof(prefix) ? len : sizeof(prefix));
    return __builtin_bswap64(prefix);
}

struct name name_of(const char *text, size_t len)
{
    return (struct name){text, len, prefix_of(text, len)};
}

int dir_compare(const struct name *name, const struct part *p)
{
    const struct node *n = p->first;
    size_t common = name->len < n->name_len ? name->len : n->name_len;
    int c = 0;

    if (name->prefix != p->prefix)
        return name->prefix < p->prefix ? -1 : 1;
    if (common > sizeof(name->prefix))
        c = memcmp(name->text, n->name, common);
    return c ? c : (name->len > n->name_len) - (name->len < n->name_len);
}

unsigned dir_place(const struct dir *d, const struct name *name)
{
    unsigned low = 0, high = d->width;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (dir_compare(name, &d->part[middle]) < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

struct node *dir_find(const struct dir *d, const char *text, size_t len)
{
    struct name name = name_of(text, len);

    while (d) {
        unsigned place = dir_place(d, &name);

        if (place == 0)
            return NULL;
        if (d->height == 1 && dir_compare(&name, &d->part[place - 1]) == 0)
            return d->part[place - 1].first;
        d = d->part[place - 1].below;
    }
    return NULL;
}

struct node *dir_first(const struct dir *d)
{
    return d ? d->part[0].first : NULL;
}

struct node *dir_after(const struct dir *d, const char *text, size_t len)
{
    struct name name = name_of(text, len);
    struct node *next = NULL;

    while (d) {
        unsigned place = dir_place(d, &name);

        if (place < d->width)
            next = d->part[place].first;
        d = place ? d->part[place - 1].below : NULL;
    }
    return next;
}

struct node *dir_at(const struct dir *d, size_t offset, size_t *start)
{
    const struct part *p = NULL;
    size_t before = 0;

    if (offset >= dir_bytes(d))
        return NULL;
    for (; d; d = p->below) {
        for (p = d->part; offset >= before + part_bytes(p); p++)
            before += part_bytes(p);
    }
    *start = before;
    return p->first;
}

/* --------------------------------------------------------------- Check */

/* Each name behind the one before it; *previous begins as NULL. */
static bool in_order(const struct dir *d, const struct part **previous)
{
    for (const struct part *p = d->part; p < d->part + d->width; p++) {
        const struct node *n = p->first;

        if (n->refs == 0 || p->prefix != prefix_of(n->name, n->name_len))
            return false;
        if (p->below) {
            if (p->below->part->first != n || !in_order(p->below, previous))
                return false;
            continue;
        }
        if (*previous) {
            struct name before =
                name_of((*previous)->first->name, (*previous)->first->name_len);

            if (dir_compare(&before, p) >= 0)
                return false;
        }
        *previous = p;
    }
    return true;
}

static bool in_balance(const struct dir *d, unsigned least)
{
    unsigned count = 0;
    size_t bytes = 0;

    if (d->refs == 0 || d->width < least || d->width > DIR_WIDTH)
        return false;
    for (const struct part *p = d->part; p < d->part + d->width; p++) {
        if ((d->height > 1) != (p->below != NULL))
            return false;
        if (p->below && (p->below->height != d->height - 1 ||
                         !in_balance(p->below, DIR_LEAST)))
            return false;
        count += p->below ? p->below->count : 1;
        bytes += part_bytes(p);
    }
    return d->count == count && d->bytes == bytes;
}

bool dir_check(const struct dir *d)
{
    const struct part *previous = NULL;

    return !d ||
           (in_balance(d, d->height > 1 ? 2 : 1) && in_order(d, &previous));
}

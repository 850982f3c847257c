/* SPDX-License-Identifier: MIT */
/* Directories that differ from others by one name. */
#include "dir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * A change builds new entries from the bottom up. It goes on to its end even
 * when memory has run out, with `failed` set and parts missing, and the caller
 * drops the result: so no step needs a path of its own for the failure.
 */
struct change {
    struct name name;
    struct node *node; /* what the name shall be; NULL: nothing */
    bool failed;
};

/*
 * Parts on their way into entries, each with its reference. There is room for
 * those of an entry with one too many, or one too few and a neighbour's.
 */
struct parts {
    unsigned width;
    struct part part[DIR_WIDTH + DIR_LEAST];
};

static void add_shared(struct parts *to, const struct part *from,
                       unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (from[i].below)
            dir_get(from[i].below);
        else
            node_get(from[i].first);
        to->part[to->width++] = from[i];
    }
}

static void add_node(struct parts *to, const struct change *c)
{
    to->part[to->width++] = (struct part){
        .prefix = c->name.prefix, .first = node_get(c->node), .below = NULL};
}

/* One entry of these parts, added to those above it; takes them over. */
static void add_entry(struct parts *to, const struct part *from, unsigned width,
                      unsigned height, struct change *c)
{
    struct dir *d = malloc(sizeof(*d) + width * sizeof(*from));

    if (!d) {
        c->failed = true;
        for (unsigned i = 0; i < width; i++) {
            if (height > 1)
                dir_put(from[i].below);
            else
                node_put(from[i].first);
        }
        return;
    }
    d->refs = 1;
    d->height = height;
    d->width = width;
    d->count = 0;
    d->bytes = 0;
    for (unsigned i = 0; i < width; i++) {
        d->part[i] = from[i];
        d->count += height > 1 ? from[i].below->count : 1;
        d->bytes += part_bytes(&from[i]);
    }
    to->part[to->width++] =
        (struct part){.prefix = from->prefix, .first = from->first, .below = d};
}

/* As few entries of these parts as hold them. */
static void add_entries(struct parts *to, const struct parts *from,
                        unsigned height, struct change *c)
{
    unsigned first = from->width > DIR_WIDTH ? from->width / 2 : from->width;

    if (first)
        add_entry(to, from->part, first, height, c);
    if (first < from->width)
        add_entry(to, from->part + first, from->width - first, height, c);
}

static void change_parts(const struct dir *d, struct change *c,
                         struct parts *made);

/*
 * What the parts of d become when one of them changes; parts `first` to `last`
 * are those that are made anew.
 */
static void change_below(const struct dir *d, unsigned changed,
                         struct change *c, struct parts *made)
{
    struct parts below, all;
    unsigned first = changed, last = changed;

    below.width = all.width = 0;
    change_parts(d->part[changed].below, c, &below);
    /* One that has become too small is put together with a neighbour. */
    if (below.width < DIR_LEAST && changed > 0)
        first--;
    else if (below.width < DIR_LEAST)
        last++;
    add_shared(made, d->part, first);
    if (first < changed)
        add_shared(&all, d->part[first].below->part,
                   d->part[first].below->width);
    memcpy(all.part + all.width, below.part, below.width * sizeof(*below.part));
    all.width += below.width;
    if (last > changed)
        add_shared(&all, d->part[last].below->part, d->part[last].below->width);
    add_entries(made, &all, d->height - 1, c);
    add_shared(made, d->part + last + 1, d->width - last - 1);
}

/* What the parts of d become. */
static void change_parts(const struct dir *d, struct change *c,
                         struct parts *made)
{
    unsigned place = dir_place(d, &c->name);

    if (d->height > 1) {
        change_below(d, place ? place - 1 : 0, c, made);
        return;
    }
    bool found = place > 0 && dir_compare(&c->name, &d->part[place - 1]) == 0;

    add_shared(made, d->part, place - found);
    if (c->node)
        add_node(made, c);
    add_shared(made, d->part + place, d->width - place);
}

/* The directory of these parts, which it takes over. */
static struct dir *top_of(const struct parts *made, unsigned height,
                          struct change *c)
{
    struct parts top;

    if (height > 1 && made->width == 1) /* one level less is enough */
        return made->part->below;
    top.width = 0;
    add_entries(&top, made, height, c);
    if (top.width > 1)
        return top_of(&top, height + 1, c);
    return top.width ? top.part->below : NULL;
}

static int change(struct dir **out, const struct dir *d, struct change *c)
{
    struct parts made;
    struct dir *top;

    made.width = 0;
    if (d)
        change_parts(d, c, &made);
    else if (c->node)
        add_node(&made, c);
    top = top_of(&made, d ? d->height : 1, c);
    if (c->failed) {
        dir_put(top);
        return -ENOMEM;
    }
    *out = top;
    return 0;
}

int dir_with(struct dir **out, const struct dir *d, struct node *n)
{
    struct change c = {.name = name_of(n->name, n->name_len), .node = n};

    return change(out, d, &c);
}

int dir_without(struct dir **out, const struct dir *d, const char *name,
                size_t len)
{
    struct change c = {.name = name_of(name, len)};

    return change(out, d, &c);
}

/* SPDX-License-Identifier: MIT */
/*
 * Permissions of a node: an owner, what everybody else may do, and exceptions
 * for single domains.
 *
 * On the wire a permission is a letter and a domain number: n none, r read,
 * w write, b both. The first entry names the owner, who may do anything; its
 * letter is the rule for all domains that have no entry of their own.
 *
 * A list is immutable once made and shared by reference between nodes, their
 * older versions and requests under way.
 */
#ifndef XENSTORED_PERMS_H
#define XENSTORED_PERMS_H

#include "base.h"

enum access {
    ACCESS_NONE = 0,
    ACCESS_READ = 1,
    ACCESS_WRITE = 2,
    ACCESS_OWNER = 4,
    ACCESS_ALL = 7,
};

struct perm {
    domid_t domid;
    uint8_t access; /* READ and WRITE bits of enum access */
};

struct perms {
    unsigned refs;
    unsigned count; /* >= 1 */
    struct perm entry[];
};

/* One entry: `owner`, and `others` for everybody else. NULL without memory. */
struct perms *perms_new(domid_t owner, enum access others);

struct perms *perms_get(struct perms *p);
void perms_put(struct perms *p); /* NULL is allowed */

/*
 * Read the wire form: `len` bytes of NUL-terminated entries, the last byte a
 * NUL. A domain that is named twice counts by its first entry.
 * Returns 0, -EINVAL (malformed, no entry, no such domain number), -ENOMEM.
 */
int MUST_CHECK perms_parse(struct perms **out, const char *text, size_t len);

/* Wire form of one entry with its NUL; returns its length. */
#define PERM_TEXT_BUF 8
size_t perms_format(char out[PERM_TEXT_BUF], const struct perm *entry);

/* What `who` may do: bits of enum access. */
unsigned perms_access(const struct perms *p, const struct subject *who);

/*
 * Permissions of a node that `who` creates below one with `parent`: the same,
 * but an unprivileged creator becomes the owner. A new reference; NULL without
 * memory.
 */
struct perms *perms_inherit(struct perms *parent, const struct subject *who);

/* Whether an entry behind the first names the domain. */
bool perms_mentions(const struct perms *p, domid_t domid);

/* The list without those entries. NULL without memory. */
struct perms *perms_without(const struct perms *p, domid_t domid);

static inline domid_t perms_owner(const struct perms *p)
{
    return p->entry[0].domid;
}

#endif

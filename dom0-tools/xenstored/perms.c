/* SPDX-License-Identifier: MIT */
#include "perms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct perms *perms_alloc(unsigned count)
{
    struct perms *p = malloc(sizeof(*p) + count * sizeof(p->entry[0]));

    if (!p)
        return NULL;
    p->refs = 1;
    p->count = count;
    return p;
}

struct perms *perms_new(domid_t owner, enum access others)
{
    struct perms *p = perms_alloc(1);

    if (p)
        p->entry[0] = (struct perm){.domid = owner, .access = others};
    return p;
}

struct perms *perms_get(struct perms *p)
{
    p->refs++;
    return p;
}

void perms_put(struct perms *p)
{
    if (p && --p->refs == 0)
        free(p);
}

static bool letter_to_access(char letter, uint8_t *access)
{
    switch (letter) {
    case 'n':
        *access = ACCESS_NONE;
        return true;
    case 'r':
        *access = ACCESS_READ;
        return true;
    case 'w':
        *access = ACCESS_WRITE;
        return true;
    case 'b':
        *access = ACCESS_READ | ACCESS_WRITE;
        return true;
    default:
        return false;
    }
}

/* "b17" and its NUL; *text moves behind them. */
static bool parse_entry(struct perm *entry, const char **text)
{
    const char *s = *text;
    unsigned domid = 0;

    if (!letter_to_access(*s++, &entry->access))
        return false;
    if (*s == '\0')
        return false;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return false;
        domid = domid * 10 + (*s - '0');
        if (domid >= DOMID_FIRST_RESERVED)
            return false;
    }
    entry->domid = domid;
    *text = s + 1;
    return true;
}

int perms_parse(struct perms **out, const char *text, size_t len)
{
    unsigned count = 0;
    struct perms *p;

    if (len == 0 || text[len - 1] != '\0')
        return -EINVAL;
    for (size_t i = 0; i < len; i++)
        count += text[i] == '\0';
    p = perms_alloc(count);
    if (!p)
        return -ENOMEM;
    for (unsigned i = 0; i < count; i++) {
        if (!parse_entry(&p->entry[i], &text)) {
            perms_put(p);
            return -EINVAL;
        }
    }
    *out = p;
    return 0;
}

size_t perms_format(char out[PERM_TEXT_BUF], const struct perm *entry)
{
    static const char letters[] = {'n', 'r', 'w', 'b'};
    char digits[5];
    unsigned value = entry->domid;
    size_t n = 0, len = 0;

    do {
        digits[n++] = '0' + value % 10;
        value /= 10;
    } while (value);
    out[len++] = letters[entry->access & (ACCESS_READ | ACCESS_WRITE)];
    while (n > 0)
        out[len++] = digits[--n];
    out[len++] = '\0';
    return len;
}

/* A domain acts for itself and for its target. */
static bool is_subject(const struct subject *who, domid_t domid)
{
    return domid == who->domid || domid == who->target;
}

unsigned perms_access(const struct perms *p, const struct subject *who)
{
    if (who->privileged || is_subject(who, perms_owner(p)))
        return ACCESS_ALL;
    for (unsigned i = 1; i < p->count; i++) {
        if (is_subject(who, p->entry[i].domid))
            return p->entry[i].access;
    }
    return p->entry[0].access;
}

struct perms *perms_inherit(struct perms *parent, const struct subject *who)
{
    struct perms *p;

    if (who->privileged || perms_owner(parent) == who->domid)
        return perms_get(parent);
    p = perms_alloc(parent->count);
    if (!p)
        return NULL;
    memcpy(p->entry, parent->entry, p->count * sizeof(p->entry[0]));
    p->entry[0].domid = who->domid;
    return p;
}

bool perms_mentions(const struct perms *p, domid_t domid)
{
    for (unsigned i = 1; i < p->count; i++) {
        if (p->entry[i].domid == domid)
            return true;
    }
    return false;
}

struct perms *perms_without(const struct perms *p, domid_t domid)
{
    struct perms *copy = perms_alloc(p->count);
    unsigned kept = 1;

    if (!copy)
        return NULL;
    copy->entry[0] = p->entry[0];
    for (unsigned i = 1; i < p->count; i++) {
        if (p->entry[i].domid != domid)
            copy->entry[kept++] = p->entry[i];
    }
    copy->count = kept;
    return copy;
}

/* SPDX-License-Identifier: MIT */
#include "vireo/domains.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <guest/thread.h>
#include <pv-abi/errno.h>

#include "libpv/pv.h"
#include "vireo/command.h"

/* Domains asked for in one call. */
#define LIST_STEP 64

/* A handle serves one request at a time, so each thread has its own. */
struct store {
    LIST_ENTRY(store) link;
    struct thread *thread;
    struct xs_handle *handle;
};

static LIST_HEAD(, store) stores = LIST_HEAD_INITIALIZER(stores);
static struct mutex stores_lock = MUTEX_INIT(stores_lock);

static struct store *open_store(void)
{
    struct store *s = malloc(sizeof(*s));

    if (!s)
        return NULL;
    s->thread = thread_current();
    s->handle = xs_open(0);
    if (!s->handle) {
        free(s);
        return NULL;
    }
    LIST_INSERT_HEAD(&stores, s, link);
    return s;
}

struct xs_handle *domains_store(void)
{
    struct store *s;

    mutex_lock(&stores_lock);
    LIST_FOREACH (s, &stores, link)
        if (s->thread == thread_current())
            break;
    if (!s)
        s = open_store();
    mutex_unlock(&stores_lock);
    return s ? s->handle : NULL;
}

char *domains_name(domid_t domid)
{
    char path[48];
    unsigned int length;
    char *name;

    snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
    name = xs_read(domains_store(), XBT_NULL, path, &length);
    return name ? name : strdup("(null)");
}

int domains_list(struct xen_domctl_getdomaininfo **list)
{
    struct xen_domctl_getdomaininfo *all = NULL, *more;
    int count = 0, n;

    do {
        domid_t first = count ? (domid_t)(all[count - 1].domain + 1) : 0;

        more = realloc(all, (size_t)(count + LIST_STEP) * sizeof(*all));
        n = more ? pv_domain_list(first, LIST_STEP, more + count) : -XEN_ENOMEM;
        if (n < 0) {
            free(more ? more : all);
            return n;
        }
        all = more;
        count += n;
    } while (n == LIST_STEP);
    *list = all;
    return count;
}

bool domains_find(const char *name, domid_t *domid)
{
    struct xen_domctl_getdomaininfo *list;
    int count = domains_list(&list);
    bool found = false;

    for (int i = 0; i < count && !found; i++) {
        char *other = domains_name(list[i].domain);

        found = other && !strcmp(name, other);
        if (found)
            *domid = list[i].domain;
        free(other);
    }
    if (count >= 0)
        free(list);
    return found;
}

static bool parse_domid(const char *word, domid_t *domid)
{
    char *end;
    unsigned long number;

    if (*word < '0' || *word > '9')
        return false;
    errno = 0;
    number = strtoul(word, &end, 10);
    if (*end || errno || number >= DOMID_FIRST_RESERVED)
        return false;
    *domid = (domid_t)number;
    return true;
}

bool domains_resolve(const char *word, domid_t *domid)
{
    struct xen_domctl_getdomaininfo info;

    if (parse_domid(word, domid) ? pv_domain_info(*domid, &info) == 0
                                 : domains_find(word, domid))
        return true;
    command_fail("no domain '%s'; 'vireo list' shows them", word);
    return false;
}

bool domains_has_ended(domid_t domid)
{
    struct xen_domctl_getdomaininfo info;

    return pv_domain_info(domid, &info) ||
           (info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying));
}

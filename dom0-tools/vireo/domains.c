/* SPDX-License-Identifier: MIT */
#include "vireo/domains.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <guest/clock.h>
#include <guest/thread.h>
#include <pv-abi/errno.h>

#include "libpv/pv.h"
#include "vireo/command.h"
#include "vireo/json.h"

/* Domains asked for in one call. */
#define LIST_STEP 64

#define PATH_BYTES 128

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

static void key_path(char path[PATH_BYTES], domid_t domid, const char *key)
{
    snprintf(path, PATH_BYTES, "/local/domain/%u/%s", domid, key);
}

bool domains_write(domid_t domid, const char *key, const char *value)
{
    char path[PATH_BYTES];

    key_path(path, domid, key);
    return xs_write(domains_store(), XBT_NULL, path, value,
                    (unsigned)strlen(value));
}

char *domains_read(domid_t domid, const char *key)
{
    char path[PATH_BYTES];
    unsigned int length;

    key_path(path, domid, key);
    return xs_read(domains_store(), XBT_NULL, path, &length);
}

char *domains_name(domid_t domid)
{
    char *name = domains_read(domid, "name");

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

/* The store says when domains were made; nobody made the control domain. */
uint64_t domains_start_time(domid_t domid)
{
    char *vm = domid ? domains_read(domid, "vm") : NULL, *text = NULL;
    uint64_t start = 0;
    char path[PATH_BYTES];
    unsigned int length;

    if (domid == 0)
        return (clock_wall_ns() - clock_ns()) / NS_PER_SEC;
    if (vm) {
        snprintf(path, sizeof(path), "%s/start_time", vm);
        text = xs_read(domains_store(), XBT_NULL, path, &length);
    }
    if (text)
        start = strtoull(text, NULL, 10);
    free(text);
    free(vm);
    return start;
}

bool domains_has_ended(domid_t domid)
{
    struct xen_domctl_getdomaininfo info;

    return pv_domain_info(domid, &info) ||
           (info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying));
}

int domains_each(char **words, int count,
                 int (*each)(const struct xen_domctl_getdomaininfo *info,
                             void *arg),
                 void *arg)
{
    struct xen_domctl_getdomaininfo *list, one;
    int status = STATUS_OK, n;
    domid_t domid;

    for (int i = 0; i < count && status == STATUS_OK; i++)
        status = domains_resolve(words[i], &domid) &&
                         pv_domain_info(domid, &one) == 0
                     ? each(&one, arg)
                     : STATUS_FAIL;
    if (count > 0)
        return status;
    n = domains_list(&list);
    if (n < 0)
        return command_fail("cannot list domains: %s", xen_strerror(n));
    for (int i = 0; i < n && status == STATUS_OK; i++)
        status = each(&list[i], arg);
    free(list);
    return status;
}

int domains_each_json(char **words, int count,
                      int (*each)(const struct xen_domctl_getdomaininfo *info,
                                  void *arg),
                      void *arg, struct json *j)
{
    int status;

    json_begin(j, stdout);
    json_array(j, NULL);
    status = domains_each(words, count, each, arg);
    json_close(j);
    json_end(j);
    return status;
}

/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <pv-abi/errno.h>

#include "libpv/pv.h"
#include "vireo/command.h"
#include "vireo/domains.h"
#include "vireo/format.h"

static void show_text(const struct xen_domctl_getdomaininfo *list, int count)
{
    format_list_head(stdout);
    for (int i = 0; i < count; i++) {
        char *name = domains_name(list[i].domain);

        format_list_row(stdout, name, &list[i]);
        free(name);
    }
}

static void show_json(const struct xen_domctl_getdomaininfo *list, int count)
{
    struct json j;

    json_begin(&j, stdout);
    json_array(&j, NULL);
    for (int i = 0; i < count; i++) {
        char *name = domains_name(list[i].domain);

        format_list_json(&j, name, &list[i]);
        free(name);
    }
    json_close(&j);
    json_end(&j);
}

/* The domains that words name. Returns how many, or -1: one was unknown. */
static int select_domains(char **words, int count,
                          struct xen_domctl_getdomaininfo **list)
{
    *list = calloc((size_t)count, sizeof(**list));
    for (int i = 0; i < count; i++) {
        domid_t domid;

        if (!domains_resolve(words[i], &domid) ||
            pv_domain_info(domid, *list + i)) {
            free(*list);
            return -1;
        }
    }
    return count;
}

int cmd_list(int argc, char **argv)
{
    struct xen_domctl_getdomaininfo *list;
    struct options o;
    int count;

    if (!command_options(&o, argc, argv, 0, -1))
        return STATUS_USAGE;
    if (o.count > 0) {
        count = select_domains(o.words, o.count, &list);
        if (count < 0)
            return STATUS_FAIL;
    } else {
        count = domains_list(&list);
        if (count < 0)
            return command_fail("cannot list domains: %s", xen_strerror(count));
    }
    if (options_has(&o, "json") || options_has(&o, "long"))
        show_json(list, count);
    else
        show_text(list, count);
    free(list);
    return STATUS_OK;
}

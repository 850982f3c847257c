/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "vireo/command.h"
#include "vireo/domains.h"
#include "vireo/format.h"

/* How it is shown: as JSON, or with more columns than xl's six. */
struct view {
    struct json *j;
    bool verbose, pool, numa;
};

static void show_more(const struct view *v,
                      const struct xen_domctl_getdomaininfo *info)
{
    char uuid[FORMAT_UUID_LEN];

    if (v->verbose) {
        format_uuid(info->handle, uuid);
        printf(" %s ", uuid);
        if (info->flags & XEN_DOMINF_shutdown)
            printf("%8x", (info->flags >> XEN_DOMINF_shutdownshift) &
                              XEN_DOMINF_shutdownmask);
        else
            printf("%8s", "-");
        printf(" %16s", "-");
    }
    if (v->pool)
        printf(" %16s", "Pool-0");
    if (v->numa)
        printf(" all");
}

static int show(const struct xen_domctl_getdomaininfo *info, void *arg)
{
    const struct view *v = arg;
    char *name = domains_name(info->domain);

    if (v->j) {
        format_list_json(v->j, name, info);
    } else {
        format_list_row(stdout, name, info);
        show_more(v, info);
        putchar('\n');
    }
    free(name);
    return STATUS_OK;
}

int cmd_list(int argc, char **argv)
{
    struct options o;
    struct view v = {NULL};
    struct json j;

    if (!command_options(&o, argc, argv, 0, -1))
        return STATUS_USAGE;
    v.verbose = options_has(&o, "verbose");
    v.pool = options_has(&o, "cpupool");
    v.numa = options_has(&o, "numa");
    if (options_has(&o, "json") || options_has(&o, "long")) {
        v.j = &j;
        return domains_each_json(o.words, o.count, show, &v, &j);
    }
    format_list_head(stdout);
    printf("%s%s%s\n",
           v.verbose ? "   UUID                            Reason-Code"
                       "\tSecurity Label"
                     : "",
           v.pool ? "         Cpupool" : "", v.numa ? " NODE Affinity" : "");
    return domains_each(o.words, o.count, show, &v);
}

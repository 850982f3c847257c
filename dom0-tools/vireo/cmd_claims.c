/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "vireo/command.h"
#include "vireo/domains.h"
#include "vireo/format.h"

#define PAGES_PER_MIB 256

static int show(const struct xen_domctl_getdomaininfo *info, void *arg)
{
    struct json *j = arg;
    char *name = domains_name(info->domain);

    if (j) {
        json_object(j, NULL);
        json_string(j, "name", name);
        json_uint(j, "domid", info->domain);
        json_uint(j, "claimed_kib", info->outstanding_pages * 4);
        json_close(j);
    } else {
        format_list_row(stdout, name, info);
        printf(" %8lu\n",
               (unsigned long)info->outstanding_pages / PAGES_PER_MIB);
    }
    free(name);
    return STATUS_OK;
}

int cmd_claims(int argc, char **argv)
{
    struct options o;
    struct json j;

    if (!command_options(&o, argc, argv, 0, 0))
        return STATUS_USAGE;
    if (!options_has(&o, "json")) {
        format_list_head(stdout);
        printf(" %8s\n", "Claimed");
        return domains_each(NULL, 0, show, NULL);
    }
    return domains_each_json(NULL, 0, show, &j, &j);
}

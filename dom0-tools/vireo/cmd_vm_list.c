/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "vireo/command.h"
#include "vireo/domains.h"
#include "vireo/format.h"

static int show(const struct xen_domctl_getdomaininfo *info, void *arg)
{
    struct json *j = arg;
    char uuid[FORMAT_UUID_LEN];
    char *name = domains_name(info->domain);

    format_uuid(info->handle, uuid);
    if (j) {
        json_object(j, NULL);
        json_string(j, "uuid", uuid);
        json_uint(j, "domid", info->domain);
        json_string(j, "name", name);
        json_close(j);
    } else {
        printf("%s  %d    %-30s\n", uuid, info->domain, name);
    }
    free(name);
    return STATUS_OK;
}

int cmd_vm_list(int argc, char **argv)
{
    struct options o;
    struct json j;

    if (!command_options(&o, argc, argv, 0, 0))
        return STATUS_USAGE;
    if (!options_has(&o, "json")) {
        puts("UUID                                  ID    name");
        return domains_each(NULL, 0, show, NULL);
    }
    return domains_each_json(NULL, 0, show, &j, &j);
}

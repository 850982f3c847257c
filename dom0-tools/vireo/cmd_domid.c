/* SPDX-License-Identifier: MIT */
/* domid and domname: from a name to a number, and back. */
#include <stdlib.h>

#include "vireo/command.h"
#include "vireo/domains.h"
#include "vireo/json.h"

int cmd_domid(int argc, char **argv)
{
    struct options o;
    struct json j;
    domid_t domid;

    if (!command_options(&o, argc, argv, 1, 1))
        return STATUS_USAGE;
    if (!domains_find(o.words[0], &domid))
        return command_fail("no domain '%s'; 'vireo list' shows them",
                            o.words[0]);
    if (options_has(&o, "json")) {
        json_begin(&j, stdout);
        json_uint(&j, NULL, domid);
        json_end(&j);
    } else {
        printf("%u\n", domid);
    }
    return STATUS_OK;
}

int cmd_domname(int argc, char **argv)
{
    struct options o;
    struct json j;
    domid_t domid;
    char *name;

    if (!command_options(&o, argc, argv, 1, 1))
        return STATUS_USAGE;
    if (!domains_resolve(o.words[0], &domid))
        return STATUS_FAIL;
    name = domains_name(domid);
    if (options_has(&o, "json")) {
        json_begin(&j, stdout);
        json_string(&j, NULL, name);
        json_end(&j);
    } else {
        puts(name);
    }
    free(name);
    return STATUS_OK;
}

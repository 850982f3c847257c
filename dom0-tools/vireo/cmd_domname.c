/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdlib.h>

#include "vireo/command.h"
#include "vireo/domains.h"
#include "vireo/json.h"

int cmd_domname(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    bool json = false;
    domid_t domid;
    char *name;
    int option;

    while ((option = getopt_long(argc, argv, "j", options, NULL)) != -1) {
        if (option == '?')
            return command_usage("domname");
        json = true;
    }
    if (argc - optind != 1)
        return command_usage("domname");
    if (!domains_resolve(argv[optind], &domid))
        return STATUS_FAIL;
    name = domains_name(domid);
    if (json) {
        struct json j;

        json_begin(&j, stdout);
        json_string(&j, NULL, name);
        json_end(&j);
    } else {
        puts(name);
    }
    free(name);
    return STATUS_OK;
}

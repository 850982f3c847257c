/* SPDX-License-Identifier: MIT */
#include <getopt.h>

#include "vireo/command.h"
#include "vireo/domains.h"
#include "vireo/json.h"

int cmd_domid(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    bool json = false;
    domid_t domid;
    int option;

    while ((option = getopt_long(argc, argv, "j", options, NULL)) != -1) {
        if (option == '?')
            return command_usage("domid");
        json = true;
    }
    if (argc - optind != 1)
        return command_usage("domid");
    if (!domains_find(argv[optind], &domid))
        return command_fail("no domain '%s'; 'vireo list' shows them",
                            argv[optind]);
    if (json) {
        struct json j;

        json_begin(&j, stdout);
        json_uint(&j, NULL, domid);
        json_end(&j);
    } else {
        printf("%u\n", domid);
    }
    return STATUS_OK;
}

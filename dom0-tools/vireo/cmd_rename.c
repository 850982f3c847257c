/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "vireo/command.h"
#include "vireo/domains.h"
#include "vireo/lifecycle.h"

int cmd_rename(int argc, char **argv)
{
    struct options o;
    domid_t domid;
    char error[LIFECYCLE_ERROR_MAX];

    if (!command_options(&o, argc, argv, 2, 2))
        return STATUS_USAGE;
    if (!domains_resolve(o.words[0], &domid))
        return STATUS_FAIL;
    if (domain_rename(domid, o.words[1], error))
        return command_fail("cannot rename '%s': %s", o.words[0], error);
    return STATUS_OK;
}

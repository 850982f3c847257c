/* SPDX-License-Identifier: MIT */
#include <pv-abi/errno.h>

#include "vireo/command.h"
#include "vireo/domains.h"
#include "vireo/lifecycle.h"

static int destroy(const char *word)
{
    domid_t domid;
    int rc;

    if (!domains_resolve(word, &domid))
        return STATUS_FAIL;
    if (domid == 0)
        return command_fail("the control domain cannot destroy itself; "
                            "'poweroff' turns the machine off");
    rc = domain_stop(domid);
    return rc ? command_fail("cannot destroy '%s': %s", word, xen_strerror(rc))
              : STATUS_OK;
}

int cmd_destroy(int argc, char **argv)
{
    int status = STATUS_OK;

    if (argc < 2)
        return command_usage("destroy");
    for (int i = 1; i < argc; i++)
        if (destroy(argv[i]))
            status = STATUS_FAIL;
    return status;
}

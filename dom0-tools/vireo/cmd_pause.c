/* SPDX-License-Identifier: MIT */
#include <pv-abi/errno.h>

#include "libpv/pv.h"
#include "vireo/command.h"
#include "vireo/domains.h"

int cmd_pause(int argc, char **argv)
{
    domid_t domid;
    int rc;

    if (argc != 2)
        return command_usage("pause");
    if (!domains_resolve(argv[1], &domid))
        return STATUS_FAIL;
    if (domid == 0)
        return command_fail("the control domain cannot pause itself");
    rc = pv_domain_pause(domid);
    return rc ? command_fail("cannot pause '%s': %s", argv[1], xen_strerror(rc))
              : STATUS_OK;
}

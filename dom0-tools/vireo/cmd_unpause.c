/* SPDX-License-Identifier: MIT */
#include <pv-abi/errno.h>

#include "libpv/pv.h"
#include "vireo/command.h"
#include "vireo/domains.h"

int cmd_unpause(int argc, char **argv)
{
    struct xen_domctl_getdomaininfo info;
    domid_t domid;
    int rc;

    if (argc != 2)
        return command_usage("unpause");
    if (!domains_resolve(argv[1], &domid))
        return STATUS_FAIL;
    rc = pv_domain_info(domid, &info);
    if (!rc && !(info.flags & XEN_DOMINF_paused))
        return command_fail("'%s' is not paused", argv[1]);
    if (!rc)
        rc = pv_domain_unpause(domid);
    return rc ? command_fail("cannot unpause '%s': %s", argv[1],
                             xen_strerror(rc))
              : STATUS_OK;
}

/* SPDX-License-Identifier: MIT */
/* trigger and sysrq: what is said to a domain's kernel itself. */
#include <string.h>

#include <pv-abi/errno.h>

#include "libpv/pv.h"
#include "vireo/command.h"
#include "vireo/domains.h"

int cmd_trigger(int argc, char **argv)
{
    unsigned long vcpu = 0;
    struct options o;
    domid_t domid;
    int rc;

    if (!command_options(&o, argc, argv, 2, 3))
        return STATUS_USAGE;
    if (strcmp(o.words[1], "nmi"))
        return command_fail("no trigger '%s' for a PV domain; there is 'nmi'",
                            o.words[1]);
    if (!domains_resolve(o.words[0], &domid) ||
        (o.count > 2 &&
         !command_number(o.words[2], "the vCPU", 0, 1023, &vcpu)))
        return STATUS_FAIL;
    rc = pv_vcpu_nmi(domid, (unsigned int)vcpu);
    return rc == -XEN_ESRCH || rc == -XEN_EINVAL
               ? command_fail("domain %u has no vCPU %lu", domid, vcpu)
           : rc ? command_fail("cannot send an NMI: %s", xen_strerror(rc))
                : STATUS_OK;
}

int cmd_sysrq(int argc, char **argv)
{
    struct options o;
    domid_t domid;

    if (!command_options(&o, argc, argv, 2, 2))
        return STATUS_USAGE;
    if (strlen(o.words[1]) != 1)
        return command_fail("one key, not '%s'", o.words[1]);
    if (!domains_resolve(o.words[0], &domid))
        return STATUS_FAIL;
    return domains_write(domid, "control/sysrq", o.words[1])
               ? STATUS_OK
               : command_fail("cannot reach domain %u through the xenstore",
                              domid);
}

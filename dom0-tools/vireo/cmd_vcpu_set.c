/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "libpv/pv.h"
#include "vireo/command.h"
#include "vireo/domains.h"

/* Tell a domain which of its vCPUs it shall use: it brings them up or down. */
int cmd_vcpu_set(int argc, char **argv)
{
    struct xen_domctl_getdomaininfo info;
    unsigned long wanted;
    struct options o;
    domid_t domid;

    if (!command_options(&o, argc, argv, 2, 2))
        return STATUS_USAGE;
    if (!domains_resolve(o.words[0], &domid) || pv_domain_info(domid, &info) ||
        !command_number(o.words[1], "the number of vCPUs", 1,
                        info.max_vcpu_id + 1ul, &wanted))
        return STATUS_FAIL;
    for (unsigned int i = 0; i <= info.max_vcpu_id; i++) {
        char key[40];

        snprintf(key, sizeof(key), "cpu/%u/availability", i);
        if (!domains_write(domid, key, i < wanted ? "online" : "offline"))
            return command_fail("cannot reach domain %u through the xenstore",
                                domid);
    }
    return STATUS_OK;
}

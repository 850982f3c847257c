/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <pv-abi/errno.h>

#include "libpv/pv.h"
#include "vireo/command.h"
#include "vireo/config/cpuset.h"
#include "vireo/domains.h"

/* A set, or "-": as it is. *set is NULL then. False: it has been said why. */
static bool read_set(const char *word, uint64_t *bits, const uint64_t **set)
{
    const char *why;

    *set = NULL;
    if (!strcmp(word, "-"))
        return true;
    if (!cpuset_read(word, bits, &why)) {
        command_fail("'%s' %s", word, why);
        return false;
    }
    *set = bits;
    return true;
}

static int pin(domid_t domid, unsigned int vcpu, const uint64_t *hard,
               const uint64_t *soft)
{
    int rc = pv_vcpu_affinity_set(domid, vcpu, hard, soft);

    return rc == -XEN_EINVAL
               ? command_fail("domain %u has no vCPU %u, or none of the "
                              "processors is there",
                              domid, vcpu)
           : rc ? command_fail("cannot pin vCPU %u: %s", vcpu, xen_strerror(rc))
                : STATUS_OK;
}

int cmd_vcpu_pin(int argc, char **argv)
{
    uint64_t hard_bits, soft_bits;
    const uint64_t *hard, *soft = NULL;
    struct xen_domctl_getdomaininfo info;
    unsigned long vcpu;
    struct options o;
    domid_t domid;

    if (!command_options(&o, argc, argv, 3, 4))
        return STATUS_USAGE;
    if (!domains_resolve(o.words[0], &domid) ||
        !read_set(o.words[2], &hard_bits, &hard) ||
        (o.count > 3 && !read_set(o.words[3], &soft_bits, &soft)))
        return STATUS_FAIL;
    if (!hard && !soft)
        return command_fail("nothing to change: both sets are '-'");
    if (strcmp(o.words[1], "all"))
        return command_number(o.words[1], "the vCPU", 0, 1023, &vcpu)
                   ? pin(domid, (unsigned int)vcpu, hard, soft)
                   : STATUS_FAIL;
    if (pv_domain_info(domid, &info))
        return command_fail("domain %u has gone", domid);
    for (vcpu = 0; vcpu <= info.max_vcpu_id; vcpu++)
        if (pin(domid, (unsigned int)vcpu, hard, soft))
            return STATUS_FAIL;
    return STATUS_OK;
}

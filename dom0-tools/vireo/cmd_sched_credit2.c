/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <pv-abi/errno.h>

#include "libpv/pv.h"
#include "vireo/command.h"
#include "vireo/domains.h"
#include "vireo/json.h"

static int show(const struct xen_domctl_getdomaininfo *info, void *arg)
{
    struct xen_domctl_sched_credit2 shares;
    int rc = pv_shares_get(info->domain, &shares);
    struct json *j = arg;
    char *name;

    if (rc)
        return command_fail("cannot ask for the shares of domain %u: %s",
                            info->domain, xen_strerror(rc));
    name = domains_name(info->domain);
    if (j) {
        json_object(j, NULL);
        json_string(j, "name", name);
        json_uint(j, "domid", info->domain);
        json_uint(j, "weight", shares.weight);
        json_uint(j, "cap", shares.cap);
        json_close(j);
    } else {
        printf("%-33s %4d %6d %4d\n", name, info->domain, shares.weight,
               shares.cap);
    }
    free(name);
    return STATUS_OK;
}

static int set(const struct options *o, char *domain)
{
    const char *weight = options_value(o, "weight");
    const char *cap = options_value(o, "cap");
    struct xen_domctl_sched_credit2 shares;
    unsigned long number;
    domid_t domid;
    int rc;

    if (!domains_resolve(domain, &domid))
        return STATUS_FAIL;
    rc = pv_shares_get(domid, &shares);
    if (rc)
        return command_fail("cannot ask for the shares: %s", xen_strerror(rc));
    if (weight) {
        if (!command_number(weight, "the weight", 1, UINT16_MAX, &number))
            return STATUS_FAIL;
        shares.weight = (uint16_t)number;
    }
    if (cap) {
        if (!command_number(cap, "the cap", 0, 6400, &number))
            return STATUS_FAIL;
        shares.cap = (uint16_t)number;
    }
    rc = pv_shares_set(domid, &shares);
    return rc ? command_fail("cannot set the shares: %s", xen_strerror(rc))
              : STATUS_OK;
}

int cmd_sched_credit2(int argc, char **argv)
{
    char *domain;
    struct options o;
    struct json j;

    if (!command_options(&o, argc, argv, 0, 0))
        return STATUS_USAGE;
    domain = (char *)options_value(&o, "domain");
    if (options_has(&o, "weight") || options_has(&o, "cap"))
        return domain ? set(&o, domain)
                      : command_fail("of which domain? add -d DOMAIN");
    if (!options_has(&o, "json")) {
        if (!domain)
            puts("Cpupool Pool-0:");
        printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
        return domains_each(&domain, domain != NULL, show, NULL);
    }
    return domains_each_json(&domain, domain != NULL, show, &j, &j);
}

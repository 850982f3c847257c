/* SPDX-License-Identifier: MIT */
/* shutdown and reboot: the same words, another request. */
#include <stdlib.h>

#include <pv-abi/errno.h>

#include "vireo/command.h"
#include "vireo/domains.h"
#include "vireo/lifecycle.h"

static int ask(domid_t domid, const char *request)
{
    if (domid == 0)
        return command_fail("the control domain does not end itself this "
                            "way; 'poweroff' turns the machine off");
    if (domains_has_ended(domid))
        return STATUS_OK;
    if (!domain_ask(domid, request))
        return command_fail("cannot reach domain %u through the xenstore",
                            domid);
    return STATUS_OK;
}

/* Ask each of them, then wait for each. */
static int ask_all(const domid_t *domids, int count, const char *request,
                   bool wait)
{
    int status = STATUS_OK;

    for (int i = 0; i < count; i++)
        if (ask(domids[i], request))
            status = STATUS_FAIL;
    if (status == STATUS_OK && wait)
        for (int i = 0; i < count; i++)
            domain_wait_end(domids[i]);
    return status;
}

/* All domains but this one. Returns how many, or -1 and has said why. */
static int everybody(domid_t **domids)
{
    struct xen_domctl_getdomaininfo *list;
    int count = domains_list(&list), n = 0;

    if (count < 0) {
        command_fail("cannot list domains: %s", xen_strerror(count));
        return -1;
    }
    *domids = calloc((size_t)count, sizeof(**domids));
    for (int i = 0; i < count && *domids; i++)
        if (list[i].domain != 0)
            (*domids)[n++] = list[i].domain;
    free(list);
    return n;
}

/* The domains that the words name. Returns how many, or -1. */
static int named(char **words, int count, domid_t **domids)
{
    *domids = calloc((size_t)count, sizeof(**domids));
    for (int i = 0; i < count; i++)
        if (!*domids || !domains_resolve(words[i], *domids + i)) {
            free(*domids);
            return -1;
        }
    return count;
}

static int end_domains(int argc, char **argv, const char *request)
{
    domid_t *domids;
    struct options o;
    int count, status;

    if (!command_options(&o, argc, argv, 0, -1))
        return STATUS_USAGE;
    if (options_has(&o, "all") == (o.count > 0))
        return command_usage(argv[0]);
    count = o.count ? named(o.words, o.count, &domids) : everybody(&domids);
    if (count < 0)
        return STATUS_FAIL;
    status = ask_all(domids, count, request, options_has(&o, "wait"));
    free(domids);
    return status;
}

int cmd_shutdown(int argc, char **argv)
{
    return end_domains(argc, argv, "poweroff");
}

int cmd_reboot(int argc, char **argv)
{
    return end_domains(argc, argv, "reboot");
}

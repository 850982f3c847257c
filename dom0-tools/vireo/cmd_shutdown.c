/* SPDX-License-Identifier: MIT */
/* shutdown and reboot: the same words, another request. */
#include <getopt.h>
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
    static const struct option options[] = {
        {"wait", no_argument, NULL, 'w'},
        {"all", no_argument, NULL, 'a'},
        {NULL, 0, NULL, 0},
    };
    bool wait = false, all = false;
    domid_t *domids;
    int option, count, status;

    while ((option = getopt_long(argc, argv, "wa", options, NULL)) != -1) {
        if (option == '?')
            return command_usage(argv[0]);
        *(option == 'w' ? &wait : &all) = true;
    }
    if (all == (optind < argc))
        return command_usage(argv[0]);
    count =
        all ? everybody(&domids) : named(argv + optind, argc - optind, &domids);
    if (count < 0)
        return STATUS_FAIL;
    status = ask_all(domids, count, request, wait);
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

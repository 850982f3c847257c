/* SPDX-License-Identifier: MIT */
/* A domain's life: create, describe, pause, destroy. */
#include "libpv/pv.h"

#include <string.h>

#include <pv-abi/errno.h>
#include <pv-abi/sched.h>

#include "libpv/call.h"

/* As many ports as an xl-made domain gets. */
#define MAX_EVTCHN_PORT 1023

/* A domctl that takes nothing but the domain. */
static int domctl_plain(uint32_t cmd, domid_t domid)
{
    struct xen_domctl op = {0};

    return call_domctl_on(&op, cmd, domid);
}

static int set_max_vcpus(domid_t domid, unsigned int count)
{
    struct xen_domctl op = {.u.max_vcpus.max = count};

    return call_domctl_on(&op, XEN_DOMCTL_max_vcpus, domid);
}

int pv_domain_create(const struct pv_create *c, domid_t *domid)
{
    struct xen_domctl op = {0};
    struct xen_domctl_createdomain *create = &op.u.createdomain;
    int rc;

    memcpy(create->handle, c->uuid, sizeof(create->handle));
    create->max_vcpus = c->max_vcpus;
    create->max_evtchn_port = MAX_EVTCHN_PORT;
    create->max_grant_frames = -1;
    create->max_maptrack_frames = -1;
    create->grant_opts = 1; /* grant table version 1 */
    rc = call_domctl_on(&op, XEN_DOMCTL_createdomain, *domid);
    if (rc)
        return rc;
    *domid = op.domain;
    rc = set_max_vcpus(*domid, c->max_vcpus);
    if (rc)
        pv_domain_destroy(*domid);
    return rc;
}

int pv_domain_destroy(domid_t domid)
{
    return domctl_plain(XEN_DOMCTL_destroydomain, domid);
}

int pv_domain_pause(domid_t domid)
{
    return domctl_plain(XEN_DOMCTL_pausedomain, domid);
}

int pv_domain_unpause(domid_t domid)
{
    return domctl_plain(XEN_DOMCTL_unpausedomain, domid);
}

int pv_domain_remote_shutdown(domid_t domid, unsigned int reason)
{
    struct sched_remote_shutdown op = {.domain_id = domid, .reason = reason};

    return call_sched(SCHEDOP_remote_shutdown, &op);
}

int pv_domain_set_max_mem(domid_t domid, uint64_t kib)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = kib};

    return call_domctl_on(&op, XEN_DOMCTL_max_mem, domid);
}

int pv_domain_info(domid_t domid, struct xen_domctl_getdomaininfo *info)
{
    struct xen_domctl op = {0};
    int rc = call_domctl_on(&op, XEN_DOMCTL_getdomaininfo, domid);

    if (rc)
        return rc;
    /* The call answers with the first domain at or above the id. */
    if (op.domain != domid)
        return -XEN_ESRCH;
    *info = op.u.getdomaininfo;
    return 0;
}

int pv_domain_list(domid_t first, unsigned int max,
                   struct xen_domctl_getdomaininfo *info)
{
    struct xen_sysctl op = {0};
    int rc;

    op.cmd = XEN_SYSCTL_getdomaininfolist;
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    op.u.getdomaininfolist.first_domain = first;
    op.u.getdomaininfolist.max_domains = max;
    op.u.getdomaininfolist.buffer = info;
    rc = call_sysctl(&op);
    return rc ? rc : (int)op.u.getdomaininfolist.num_domains;
}

/* SPDX-License-Identifier: MIT */
/* Shares of processor time, and where vCPUs run. */
#include "libpv/pv.h"

#include <string.h>

#include <pv-abi/errno.h>

#include "libpv/call.h"

static int scheduler_op(domid_t domid, uint32_t cmd,
                        struct xen_domctl_sched_credit2 *shares)
{
    struct xen_domctl op = {.u.scheduler_op = {
                                .sched_id = XEN_SCHEDULER_CREDIT2,
                                .cmd = cmd,
                                .u.credit2 = *shares,
                            }};
    int rc = call_domctl_on(&op, XEN_DOMCTL_scheduler_op, domid);

    if (!rc)
        *shares = op.u.scheduler_op.u.credit2;
    return rc;
}

int pv_shares_get(domid_t domid, struct xen_domctl_sched_credit2 *shares)
{
    memset(shares, 0, sizeof(*shares));
    return scheduler_op(domid, XEN_DOMCTL_SCHEDOP_getinfo, shares);
}

int pv_shares_set(domid_t domid, const struct xen_domctl_sched_credit2 *shares)
{
    struct xen_domctl_sched_credit2 wanted = *shares;

    return scheduler_op(domid, XEN_DOMCTL_SCHEDOP_putinfo, &wanted);
}

static int affinity(uint32_t cmd, domid_t domid, unsigned int vcpu,
                    uint64_t *hard, uint64_t *soft)
{
    struct xen_domctl op = {0};
    struct xen_domctl_vcpuaffinity *a = &op.u.vcpuaffinity;

    a->vcpu = vcpu;
    a->flags =
        (hard ? XEN_VCPUAFFINITY_HARD : 0) | (soft ? XEN_VCPUAFFINITY_SOFT : 0);
    a->cpumap_hard.bitmap = (uint8_t *)hard;
    a->cpumap_soft.bitmap = (uint8_t *)soft;
    a->cpumap_hard.nr_bits = hard ? 64 : 0;
    a->cpumap_soft.nr_bits = soft ? 64 : 0;
    return call_domctl_on(&op, cmd, domid);
}

int pv_vcpu_affinity_get(domid_t domid, unsigned int vcpu, uint64_t *hard,
                         uint64_t *soft)
{
    *hard = *soft = 0;
    return affinity(XEN_DOMCTL_getvcpuaffinity, domid, vcpu, hard, soft);
}

int pv_vcpu_affinity_set(domid_t domid, unsigned int vcpu, const uint64_t *hard,
                         const uint64_t *soft)
{
    uint64_t h = hard ? *hard : 0, s = soft ? *soft : 0;

    return affinity(XEN_DOMCTL_setvcpuaffinity, domid, vcpu, hard ? &h : NULL,
                    soft ? &s : NULL);
}

int pv_vcpu_nmi(domid_t domid, unsigned int vcpu)
{
    struct xen_domctl op = {
        .u.sendtrigger = {.trigger = XEN_DOMCTL_SENDTRIGGER_NMI, .vcpu = vcpu}};

    return call_domctl_on(&op, XEN_DOMCTL_sendtrigger, domid);
}

int pv_vcpu_info(domid_t domid, unsigned int vcpu,
                 struct xen_domctl_getvcpuinfo *info)
{
    struct xen_domctl op = {.u.getvcpuinfo.vcpu = vcpu};
    int rc = call_domctl_on(&op, XEN_DOMCTL_getvcpuinfo, domid);

    if (!rc)
        *info = op.u.getvcpuinfo;
    return rc;
}

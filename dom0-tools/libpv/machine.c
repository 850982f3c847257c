/* SPDX-License-Identifier: MIT */
/* The machine as a whole: memory, processors, log, version. */
#include "libpv/pv.h"

#include <string.h>

#include <pv-abi/version.h>

#include "libpv/call.h"

static int sysctl(struct xen_sysctl *op, uint32_t cmd)
{
    op->cmd = cmd;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return call_sysctl(op);
}

int pv_physinfo(struct xen_sysctl_physinfo *info)
{
    struct xen_sysctl op = {0};
    int rc = sysctl(&op, XEN_SYSCTL_physinfo);

    if (!rc)
        *info = op.u.physinfo;
    return rc;
}

int pv_node(struct xen_sysctl_meminfo *memory, uint32_t *distance)
{
    struct xen_sysctl op = {.u.numainfo = {
                                .num_nodes = 1,
                                .meminfo = memory,
                                .distance = distance,
                            }};

    return sysctl(&op, XEN_SYSCTL_numainfo);
}

int pv_scheduler_id(uint32_t *id)
{
    struct xen_sysctl op = {0};
    int rc = sysctl(&op, XEN_SYSCTL_sched_id);

    if (!rc)
        *id = op.u.sched_id.sched_id;
    return rc;
}

int pv_log_read(char *buffer, size_t size, uint32_t *index, bool clear)
{
    struct xen_sysctl op = {0};
    int rc;

    op.u.readconsole.clear = clear;
    op.u.readconsole.incremental = 1;
    op.u.readconsole.index = *index;
    op.u.readconsole.buffer = buffer;
    op.u.readconsole.count = (uint32_t)size;
    rc = sysctl(&op, XEN_SYSCTL_readconsole);
    if (rc)
        return rc;
    *index = op.u.readconsole.index;
    return (int)op.u.readconsole.count;
}

int pv_version(void)
{
    return call_version(XENVER_version, NULL);
}

int pv_version_text(unsigned int which, char *text, size_t size)
{
    /* The longest of the texts; the hypervisor writes the whole of it. */
    char whole[XEN_CAPABILITIES_INFO_LEN > XEN_COMMANDLINE_LEN
                   ? XEN_CAPABILITIES_INFO_LEN
                   : XEN_COMMANDLINE_LEN];
    int rc;

    memset(whole, 0, sizeof(whole));
    rc = call_version(which, whole);
    if (rc < 0)
        return rc;
    strncpy(text, whole, size - 1);
    text[size - 1] = '\0';
    return 0;
}

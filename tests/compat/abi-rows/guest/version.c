/* SPDX-License-Identifier: MIT */
/* xen_version and vm_assist. */
#include <string.h>
#include "calls.h"

static char buffer[4096];

static long version(uint32_t cmd, void *arg)
{
    return hypercall_xen_version(cmd, arg);
}

static long features(uint32_t submap)
{
    struct xen_feature_info info = {.submap_idx = submap};
    long error = version(XENVER_get_features, &info);

    return error ? error : info.submap;
}

/* Whether the text that a command gives begins so, and ends in its buffer. */
static long text_begins(uint32_t cmd, const char *start, size_t size)
{
    memset(buffer, 'x', sizeof(buffer));
    if (version(cmd, buffer) < 0)
        return version(cmd, buffer);
    return memchr(buffer, 0, size) && !strncmp(buffer, start, strlen(start));
}

static long platform_parameters(void)
{
    struct xen_platform_parameters p = {0};
    long error = version(XENVER_platform_parameters, &p);

    return error ? error : p.virt_start == HYPERVISOR_VIRT_START;
}

static long assist(uint32_t cmd, uint32_t type)
{
    return hypercall_vm_assist(cmd, type);
}

/* Switch one on, and what was off before off again. */
static long assist_on_off(uint32_t type)
{
    long on = assist(VMASST_CMD_enable, type);
    long off = assist(VMASST_CMD_disable, type);

    return on ? on : off;
}

static long feature_of_pae(void)
{
    long on;

    assist(VMASST_CMD_enable, VMASST_TYPE_pae_extended_cr3);
    on = features(0) >> XENFEAT_pae_pgdir_above_4gb & 1;
    assist(VMASST_CMD_disable, VMASST_TYPE_pae_extended_cr3);
    return on;
}

#define AREA      version
#define AREA_ROWS "version.def"
#include "area.h"

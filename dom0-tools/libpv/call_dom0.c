/* SPDX-License-Identifier: MIT */
/*
 * The way to the hypervisor of the own control domain: libpv runs in the
 * guest kernel itself, so a call is a call and a pointer is a pointer.
 */
#include "libpv/call.h"

#include <guest/hypercall.h>
#include <guest/memory.h>

int call_domctl(struct xen_domctl *op)
{
    return (int)hypercall_domctl(op);
}

int call_sysctl(struct xen_sysctl *op)
{
    return (int)hypercall_sysctl(op);
}

long call_memory(unsigned int cmd, void *arg)
{
    return hypercall_memory_op(cmd, arg);
}

int call_mmuext(struct mmuext_op *op, domid_t foreign)
{
    return (int)hypercall_mmuext_op(op, 1, NULL, foreign);
}

int call_evtchn(unsigned int cmd, void *arg)
{
    return (int)hypercall_event_channel_op(cmd, arg);
}

int call_sched(unsigned int cmd, void *arg)
{
    return (int)hypercall_sched_op(cmd, arg);
}

int call_grant(unsigned int cmd, void *op, unsigned int count)
{
    return (int)hypercall_grant_table_op(cmd, op, count);
}

int call_version(unsigned int cmd, void *arg)
{
    return (int)hypercall_xen_version(cmd, arg);
}

void *call_map(domid_t owner, const uint64_t *mfns, size_t count)
{
    return kmap_frames(mfns, count, PTE_KERNEL, owner, NULL);
}

void call_unmap(void *va, size_t count)
{
    kmap_release(va, count);
}

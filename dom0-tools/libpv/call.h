/* SPDX-License-Identifier: MIT */
/*
 * The way to the hypervisor: raw calls. Inner header of libpv; call_dom0.c
 * implements it upon the guest kernel.
 *
 * Structures are passed as they are, complete with their version. Returns
 * what the hypervisor returns.
 */
#ifndef LIBPV_CALL_H
#define LIBPV_CALL_H

#include <stddef.h>
#include <stdint.h>

#include <pv-abi/domctl.h>
#include <pv-abi/event_channel.h>
#include <pv-abi/mmu.h>
#include <pv-abi/sysctl.h>

int call_domctl(struct xen_domctl *op);

/* The same for operation cmd on a domain. */
static inline int call_domctl_on(struct xen_domctl *op, uint32_t cmd,
                                 domid_t domid)
{
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domid;
    return call_domctl(op);
}

int call_sysctl(struct xen_sysctl *op);
long call_memory(unsigned int cmd, void *arg);
int call_mmuext(struct mmuext_op *op, domid_t foreign);
int call_evtchn(unsigned int cmd, void *arg);
int call_sched(unsigned int cmd, void *arg);
int call_grant(unsigned int cmd, void *op, unsigned int count);
int call_version(unsigned int cmd, void *arg);

/* Map frames of `owner` behind each other; NULL when one is refused. */
void *call_map(domid_t owner, const uint64_t *mfns, size_t count);
void call_unmap(void *va, size_t count);

#endif

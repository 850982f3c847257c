/* SPDX-License-Identifier: MIT */
/*
 * domctl: dom0 creates, inspects, changes and destroys domains.
 *
 * One row of pv-abi/domctl_ops.def each; the handlers are in
 * domctl_domain.c and domctl_vcpu.c. Locks: none held.
 * Source: abi/control.md 1.
 */
#ifndef DOMAIN_DOMCTL_H
#define DOMAIN_DOMCTL_H

#include <pv-abi/domctl.h>

#include "domain/domain.h"

/*
 * arg: struct xen_domctl. Returns what the operation's row says, -EFAULT,
 * -EACCES, -EPERM, -ESRCH (no such domain), -ENOSYS (cmd), -ERESTART; in
 * this order.
 */
int64_t do_domctl(struct vcpu *v, guest_ptr_t arg, struct effects *fx);

/* Fill *info, padding included, with what tools may know of d. */
void domain_info(struct domain *d, uint64_t now_ns,
                 struct xen_domctl_getdomaininfo *info);

#endif

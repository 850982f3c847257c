/* SPDX-License-Identifier: MIT */
/*
 * domctl, sysctl, platform_op: by them dom0 creates, inspects, changes and
 * destroys domains, looks at the machine as a whole, sets its clock and turns
 * it off.
 *
 * Locks: none held.
 * Source: abi/control.md 1 - 3; abi/traps-and-privops.md 9.
 */
#ifndef DOMAIN_CONTROL_H
#define DOMAIN_CONTROL_H

#include <pv-abi/domctl.h>
#include <pv-abi/platform.h>
#include <pv-abi/sysctl.h>

#include "domain/domain.h"

/*
 * arg: struct xen_domctl, xen_sysctl, xen_platform_op. They are refused in an
 * order by which tools find out the version: -EFAULT (unreadable), -EACCES
 * (not the interface's version), -EPERM (not dom0), domctl -ESRCH (no such
 * domain), -ENOSYS (cmd), then what the operation's row says. -EFAULT (not
 * writable) or -ERESTART may come later.
 */
int64_t do_domctl(struct vcpu *v, guest_ptr_t arg, struct effects *fx);
int64_t do_sysctl(struct vcpu *v, guest_ptr_t arg, struct effects *fx);
int64_t do_platform_op(struct vcpu *v, guest_ptr_t arg, struct effects *fx);

/* Fill *info, padding included, with what tools may know of d. */
void domain_info(struct domain *d, uint64_t now_ns,
                 struct xen_domctl_getdomaininfo *info);

/* One call on its way to the function of its row. */
struct control_call {
    struct vcpu *v; /* the caller, of dom0 */
    struct hv *hv;
    struct domain *d; /* domctl's, held; NULL for createdomain */
    struct effects *fx;
    /* Private copy of the argument; OUT and INOUT go back on success. */
    union {
        struct {
            uint32_t cmd, version;
        };
        struct xen_domctl domctl;
        struct xen_sysctl sysctl; /* .u is zero where the row has OUT */
        struct xen_platform_op platform;
    };
};

/*
 * Each returns 0 or an error. State is unchanged on error, except for
 * progress before -ERESTART.
 */
#define DOMCTL_OP(nr, name, field, direction, doc)                             \
    int64_t domctl_##name(struct control_call *c);
#include <pv-abi/domctl_ops.def>
#define SYSCTL_OP(nr, name, field, direction, doc)                             \
    int64_t sysctl_##name(struct control_call *c);
#include <pv-abi/sysctl_ops.def>

/*
 * Sets of CPUs or nodes as tools pass them; at most 64 mean anything here.
 * Read the first 64 members of *arg (missing ones are not in it), or write
 * the first n <= 64 of set as far as there is room, and zeroes behind them.
 * Return 0, -EFAULT.
 */
must_check int bitmap_read(const struct xenctl_bitmap *arg, uint64_t *set);
must_check int bitmap_write(const struct xenctl_bitmap *arg, uint64_t set,
                            unsigned int n);

#endif

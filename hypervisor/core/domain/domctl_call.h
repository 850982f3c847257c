/* SPDX-License-Identifier: MIT */
/*
 * One domctl on its way: inner header of domctl*.c. Every row of the table
 * has a function domctl_<name>, which finds its arguments checked for
 * privilege and its domain held, and returns 0 or an error. State is
 * unchanged on error, except for progress before -ERESTART.
 */
#ifndef DOMAIN_DOMCTL_CALL_H
#define DOMAIN_DOMCTL_CALL_H

#include "domain/domctl.h"

struct domctl_call {
    struct vcpu *v;        /* the caller */
    struct domain *d;      /* op->domain; NULL for createdomain only */
    struct xen_domctl *op; /* private copy; copied back by OUT and INOUT */
    struct effects *fx;
};

#define DOMCTL_OP(nr, name, field, direction, doc)                             \
    int64_t domctl_##name(struct domctl_call *c);
#include <pv-abi/domctl_ops.def>

#endif

/* SPDX-License-Identifier: MIT */
#include "mm/foreign.h"

#include <errno.h>

#include "domain.h"
#include "vcpu.h"

int foreign_domain(struct vcpu *v, domid_t id, struct domain **d)
{
    if (id == DOMID_SELF || id == v->d->domid) {
        *d = v->d;
        return 0;
    }
    *d = domain_find(v->d->hv, id);
    if (!*d)
        return -ESRCH;
    if (!v->d->privileged) {
        domain_put(*d);
        return -EPERM;
    }
    return 0;
}

void foreign_release(struct vcpu *v, struct domain *d)
{
    if (d != v->d)
        domain_put(d);
}

int foreign_target(struct vcpu *v, domid_t id, struct target *t)
{
    *t = (struct target){.d = v->d};
    switch (id) {
    case DOMID_IO:
        t->io = true;
        return 0;
    case DOMID_XEN:
        t->xen = true;
        return v->d->privileged ? 0 : -EPERM;
    default:
        return foreign_domain(v, id, &t->d);
    }
}

void foreign_target_release(struct vcpu *v, struct target *t)
{
    foreign_release(v, t->d);
}

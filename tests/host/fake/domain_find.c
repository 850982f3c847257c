/* SPDX-License-Identifier: MIT */
/* What core/mm needs of core/domain, for suites that test mm alone. */
#include "domain.h"
#include "hv.h"

struct domain *domain_find(struct hv *hv, domid_t id)
{
    struct domain *d = id < DOMID_FIRST_RESERVED ? hv->by_domid[id] : NULL;

    if (d)
        d->refs++;
    return d;
}

void domain_put(struct domain *d)
{
    d->refs--;
}

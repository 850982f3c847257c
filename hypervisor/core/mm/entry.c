/* SPDX-License-Identifier: MIT */
#include "mm/entry.h"

#include <errno.h>

#include "bug.h"
#include "domain.h"
#include "mm/pte.h"
#include "mm/type.h"

static bool io_is_denied(const struct hv *hv, mfn_t m)
{
    for (unsigned int i = 0; i < hv->machine.io_deny_count; i++) {
        const struct mfn_range *r = &hv->machine.io_deny[i];

        if (m.n - r->first.n < r->count)
            return true;
    }
    return false;
}

/*
 * Device memory is never cached, whatever the guest asks: write-back,
 * write-through and write-protect become uncached; write-combining stays.
 */
static uint64_t uncached(uint64_t e)
{
    uint64_t cache = e & PTE_CACHE;

    if (cache == 0 || cache == PTE_PWT || cache == (PTE_PAT | PTE_PWT))
        return (e & ~PTE_CACHE) | PTE_PCD | PTE_PWT;
    return e;
}

/* What a guest writes for "no frame": all the bits of an entry's address. */
#define INVALID_MFN (PTE_FRAME_MASK >> PAGE_SHIFT)

static int io_entry(struct domain *d, const struct target *t, uint64_t *e)
{
    mfn_t m = pte_mfn(*e);

    if (m.n == INVALID_MFN)
        return -EINVAL;
    if (!d->device_access || !t->d->device_access || t->xen)
        return -EPERM;
    if (m.n >> (d->hv->machine.phys_bits - PAGE_SHIFT))
        return -EPERM;
    if (io_is_denied(d->hv, m))
        return -EPERM;
    *e = pte_adjust(1, uncached(*e));
    return 0;
}

int l1_entry_get(struct domain *d, const struct target *t, uint64_t *e)
{
    mfn_t m = pte_mfn(*e);
    struct frame *f;
    int rc;

    if (!pte_is_present(*e))
        return 0;
    if (!pte_flags_ok(1, *e, d->device_access))
        return -EINVAL;
    if (!frame_of(d->hv, m))
        return io_entry(d, t, e);
    /* RAM is cached. Whoever could make it otherwise would show us other
     * contents than the processor's table walker sees. */
    if (*e & PTE_CACHE)
        return -EINVAL;
    if (t->xen && (*e & PTE_RW))
        return -EPERM;
    if (t->io)
        return -EBUSY;
    if (t->xen)
        rc = frame_get_public(d->hv, m, &f);
    else if (*e & PTE_RW)
        rc = frame_get_writable(t->d, m, &f);
    else
        rc = frame_get(t->d, m, &f);
    if (rc)
        return -EBUSY;
    *e = pte_adjust(1, *e);
    return 0;
}

void l1_entry_put(struct hv *hv, uint64_t e)
{
    struct frame *f = frame_of(hv, pte_mfn(e));

    if (!pte_is_present(e) || !f)
        return;
    if (e & PTE_RW)
        frame_put_writable(hv, f);
    else
        frame_put(hv, f);
}

int table_entry_get(struct domain *d, unsigned int level, uint64_t *e,
                    struct effects *fx)
{
    struct frame *f;
    int rc;

    if (!pte_is_present(*e))
        return 0;
    if (!pte_flags_ok(level, *e, d->device_access))
        return -EINVAL;
    rc = type_get(d, pte_mfn(*e), type_of_level(level - 1), fx, &f);
    if (rc)
        return rc;
    *e = pte_adjust(level, *e);
    return 0;
}

void table_entry_put(struct domain *d, unsigned int level, uint64_t e)
{
    struct frame *f = frame_of(d->hv, pte_mfn(e));

    if (!pte_is_present(e))
        return;
    BUG_ON(!f || type_level(frame_type(f)) != level - 1);
    type_put(d, f);
}

void entry_put(struct domain *d, unsigned int level, uint64_t e)
{
    if (level == 1)
        l1_entry_put(d->hv, e);
    else
        table_entry_put(d, level, e);
}

/* SPDX-License-Identifier: MIT */
#include "mm/base.h"

#include <errno.h>
#include <pv-abi/arch.h>

#include "bug.h"
#include "domain.h"
#include "mm/flush.h"
#include "mm/pte.h"
#include "mm/type.h"
#include "vcpu.h"

/*
 * The M2P's slot: kernel roots have it; user roots lose it if the guest asked
 * for strictness, else they keep what they have.
 */
static void set_m2p_slot(const struct domain *d, mfn_t root,
                         enum vcpu_base which, struct effects *fx)
{
    bool strict = d->vm_assist & (1ul << VMASST_TYPE_m2p_strict);
    uint64_t *table;

    if (which == BASE_USER && !strict)
        return;
    table = hal_map(root);
    __atomic_store_n(&table[PTE_L4_HV_FIRST],
                     which == BASE_KERNEL ? d->hv->l4_template[0] : 0,
                     __ATOMIC_SEQ_CST);
    hal_unmap(table);
    if (which == BASE_USER)
        effects_flush(fx, flush_all(d));
}

static void replace(struct vcpu *v, enum vcpu_base which, mfn_t m)
{
    mfn_t *base =
        which == BASE_KERNEL ? &v->mmu.kernel_base : &v->mmu.user_base;
    mfn_t old = *base;

    *base = m;
    /* The processor leaves the old tree before it may fall apart. */
    hal_reload(v, RELOAD_BASE);
    if (mfn_is_valid(old))
        type_put(v->d, frame_of(v->d->hv, old));
}

static int set_base(struct vcpu *v, enum vcpu_base which, mfn_t m,
                    struct effects *fx)
{
    struct frame *f;
    int rc;

    rc = debris_drain(v->d, fx);
    if (rc)
        return rc;
    if (mfn_is_valid(m)) {
        rc = type_get(v->d, m, FRAME_L4, fx, &f);
        if (rc)
            return rc == -ERESTART ? rc : -EINVAL;
        set_m2p_slot(v->d, m, which, fx);
    }
    replace(v, which, m);
    return 0;
}

int vcpu_set_base(struct vcpu *v, enum vcpu_base which, mfn_t m,
                  struct effects *fx)
{
    mfn_t now = which == BASE_KERNEL ? v->mmu.kernel_base : v->mmu.user_base;
    int rc;

    if (which == BASE_KERNEL && !mfn_is_valid(m))
        return -EINVAL;
    if (mfn_eq(m, now)) {
        if (which == BASE_KERNEL)
            effects_flush(fx, cpumask_of(hal_cpu()));
        return 0;
    }
    spin_lock(&v->d->mm_lock);
    rc = set_base(v, which, m, fx);
    spin_unlock(&v->d->mm_lock);
    return rc;
}

void vcpu_drop_bases(struct vcpu *v)
{
    spin_lock(&v->d->mm_lock);
    if (mfn_is_valid(v->mmu.user_base))
        replace(v, BASE_USER, MFN_INVALID);
    if (mfn_is_valid(v->mmu.kernel_base))
        replace(v, BASE_KERNEL, MFN_INVALID);
    spin_unlock(&v->d->mm_lock);
}

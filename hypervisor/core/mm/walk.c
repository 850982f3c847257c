/* SPDX-License-Identifier: MIT */
#include "mm/walk.h"

#include <errno.h>

#include "bug.h"
#include "domain.h"
#include "mm/pte.h"
#include "vcpu.h"

static uint64_t read_entry(mfn_t table, unsigned int index)
{
    uint64_t *page = hal_map(table);
    uint64_t e = __atomic_load_n(&page[index], __ATOMIC_SEQ_CST);

    hal_unmap(page);
    return e;
}

int walk(const struct vcpu *v, uint64_t va, struct walk *w)
{
    mfn_t table = v->mmu.kernel_base;

    ASSERT(spin_is_held(&v->d->mm_lock));
    if (!va_is_guest(va) || !mfn_is_valid(table))
        return -EINVAL;
    for (unsigned int level = 4; level > 1; level--) {
        uint64_t e = read_entry(table, pte_index(va, level));

        if (!pte_is_present(e))
            return -EINVAL;
        /* The type system lets no other frame, and no PSE, stand here. */
        table = pte_mfn(e);
    }
    w->table = table;
    w->index = pte_index(va, 1);
    w->entry = read_entry(table, w->index);
    return 0;
}

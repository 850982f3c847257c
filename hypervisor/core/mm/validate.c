/* SPDX-License-Identifier: MIT */
#include "mm/validate.h"

#include <errno.h>
#include <pv-abi/arch.h>

#include "bug.h"
#include "domain.h"
#include "mm/descriptor.h"
#include "mm/entry.h"
#include "mm/pte.h"
#include "mm/type.h"

/*
 * 512 entries are half a budget: done in one go, so that there are no partial
 * L1 tables and half of this file is not needed.
 */
static int validate_l1(struct domain *d, uint64_t *table, struct effects *fx)
{
    const struct target self = {.d = d};

    effects_spend(fx, PTE_COUNT);
    for (unsigned int i = 0; i < PTE_COUNT; i++) {
        uint64_t e = table[i];
        int rc = l1_entry_get(d, &self, &e);

        if (rc) {
            while (i-- > 0)
                l1_entry_put(d->hv, table[i]);
            return rc;
        }
        if (e != table[i])
            table[i] = e;
    }
    return 0;
}

/* Slot 256 is the M2P: entered when the table becomes a kernel root, unless
 * the guest asked for strictness (abi/start-of-day.md 9). */
static void fill_hv_slots(const struct domain *d, uint64_t *table)
{
    bool strict = d->vm_assist & (1ul << VMASST_TYPE_m2p_strict);

    for (unsigned int i = PTE_L4_HV_FIRST; i <= PTE_L4_HV_LAST; i++)
        table[i] = d->hv->l4_template[i - PTE_L4_HV_FIRST];
    if (!strict)
        table[PTE_L4_HV_FIRST] = 0;
}

static int validate_table(struct domain *d, struct frame *f, unsigned int level,
                          uint64_t *table, struct effects *fx)
{
    for (unsigned int i = f->validated; i < PTE_COUNT; i++) {
        uint64_t e = table[i];
        int rc;

        f->validated = (uint16_t)i;
        if (fx->budget <= 0)
            return -ERESTART;
        effects_spend(fx, 1);
        if (pte_slot_is_hv(level, i))
            continue;
        rc = table_entry_get(d, level, &e, fx);
        if (rc)
            return rc;
        if (e != table[i])
            table[i] = e;
    }
    if (level == 4)
        fill_hv_slots(d, table);
    return 0;
}

static int validate_descriptors(uint64_t *page, struct effects *fx)
{
    effects_spend(fx, PTE_COUNT);
    for (unsigned int i = 0; i < PTE_COUNT; i++) {
        uint64_t descriptor = page[i];

        if (!descriptor_fix(&descriptor))
            return -EINVAL;
        if (descriptor != page[i])
            page[i] = descriptor;
    }
    return 0;
}

int validate(struct domain *d, struct frame *f, uint32_t type,
             struct effects *fx)
{
    uint64_t *page = hal_map(frame_mfn(d->hv, f));
    unsigned int level = type_level(type);
    int rc;

    if (level > 1)
        rc = validate_table(d, f, level, page, fx);
    else if (level == 1)
        rc = validate_l1(d, page, fx);
    else
        rc = validate_descriptors(page, fx);
    hal_unmap(page);
    return rc;
}

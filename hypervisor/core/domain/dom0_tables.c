/* SPDX-License-Identifier: MIT */
#include "domain/dom0_memory.h"

#include "bug.h"
#include "hal.h"
#include "mm/table.h"

/* What a domain builder writes; the hypervisor adds its own bits later. */
#define LEAF_FLAGS  (PTE_P | PTE_RW | PTE_A)
#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

/* Tables are taken from a part of the layout, in order. */
struct tables {
    const struct dom0_memory *m;
    mfn_t root;
    uint64_t next; /* pfn */
    uint64_t end;
};

static mfn_t take_table(struct tables *t)
{
    BUG_ON(t->next >= t->end);
    return dom0_mfn(t->m, t->next++);
}

static uint64_t read_entry(mfn_t table, unsigned int index)
{
    uint64_t *page = hal_map(table), e = page[index];

    hal_unmap(page);
    return e;
}

static void write_entry(mfn_t table, unsigned int index, uint64_t e)
{
    uint64_t *page = hal_map(table);

    page[index] = e;
    hal_unmap(page);
}

/*
 * The L1 table for va. Missing ones are made from the lowest level up: the
 * order L4, L1, L2, L3, L1 ... of dom0's first tables is part of the ABI.
 */
static mfn_t find_l1(struct tables *t, uint64_t va)
{
    mfn_t at[5] = {[4] = t->root};
    unsigned int level = 4; /* the lowest that is there */

    while (level > 1) {
        uint64_t e = read_entry(at[level], pte_index(va, level));

        if (!pte_is_present(e))
            break;
        at[--level] = pte_mfn(e);
    }
    for (unsigned int i = 1; i < level; i++)
        at[i] = take_table(t);
    for (unsigned int i = 1; i < level; i++)
        write_entry(at[i + 1], pte_index(va, i + 1),
                    pte_make(at[i], TABLE_FLAGS));
    return at[1];
}

/* Whether pfn is one of part's. */
static bool part_has(const struct dom0_part *part, uint64_t pfn)
{
    return pfn - part->pfn < part->count;
}

/* Map count frames from pfn on at va. */
static void map_range(struct tables *t, const struct dom0_layout *l,
                      uint64_t va, uint64_t pfn, uint64_t count)
{
    while (count > 0) {
        uint64_t *table = hal_map(find_l1(t, va));

        for (unsigned int i = pte_index(va, 1); i < PTE_COUNT && count > 0;
             i++) {
            uint64_t flags = LEAF_FLAGS;

            if (part_has(&l->tables, pfn) || part_has(&l->p2m_tables, pfn))
                flags &= ~PTE_RW;
            table[i] = pte_make(dom0_mfn(t->m, pfn), flags);
            va += PAGE_SIZE;
            pfn++;
            count--;
        }
        hal_unmap(table);
    }
}

void dom0_write_tables(const struct dom0_memory *m, const struct dom0_layout *l)
{
    struct tables t = {
        .m = m,
        .root = dom0_mfn(m, l->tables.pfn),
        .next = l->tables.pfn + 1,
        .end = l->tables.pfn + l->tables.count,
    };

    map_range(&t, l, l->virt_base, 0, (l->virt_end - l->virt_base) / PAGE_SIZE);
    if (l->p2m_tables.count == 0)
        return;
    t.next = l->p2m_tables.pfn;
    t.end = l->p2m_tables.pfn + l->p2m_tables.count;
    map_range(&t, l, l->p2m.va, l->p2m.pfn, l->p2m.count);
}

/* SPDX-License-Identifier: MIT */
#include <pv-abi/image/layout.h>

#include <string.h>

#include <pv-abi/mmu.h>

#define LEAF  (PTE_P | PTE_RW | PTE_A)
#define TABLE (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

#define ENTRIES 512

#define RFLAGS_IF 0x200 /* reads as set; upcalls are masked nevertheless */

static bool in_range(const struct layout_range *r, uint64_t pfn)
{
    return pfn >= r->first && pfn - r->first < r->count;
}

/* Guests may write all but the tables, which the hypervisor watches. */
static uint64_t leaf_flags(const struct layout *l, uint64_t pfn)
{
    if (in_range(&l->tables, pfn) || in_range(&l->p2m_tables, pfn))
        return LEAF & ~PTE_RW;
    return LEAF;
}

/* How many of the tables t, of `level`, map something below L1 table l1. */
static uint64_t begun_before(const struct layout_tables *t, int level,
                             uint64_t l1)
{
    uint64_t n = ((l1 - 1) >> 9 * (level - 1)) - t->slot + 1;

    return n < t->count ? n : t->count;
}

/*
 * The pfn of a table of m. They lie by level, highest first; but in dom0 each
 * lies right behind the first L1 table that it is there for.
 */
static uint64_t table_pfn(const struct layout *l, const struct layout_map *m,
                          int level, uint64_t slot)
{
    const struct layout_tables *t = m->tables;
    uint64_t pfn = m->tables_pfn, l1 = slot << 9 * (level - 1);

    if (!l->want.dom0) {
        for (int above = 4; above > level; above--)
            pfn += t[above - 1].count;
        return pfn + slot - t[level - 1].slot;
    }
    if (level == 4)
        return pfn;
    pfn += t[3].count + (uint64_t)level - 1;
    for (int i = 1; l1 > t[0].slot && i <= 3; i++)
        pfn += begun_before(&t[i - 1], i, l1);
    return pfn;
}

/*
 * The pfn and flags behind `slot` (address >> 12 + 9 * level: a page at
 * level 0, else a table of that level); false: nothing there.
 */
static bool target(const struct layout *l, int level, uint64_t slot,
                   uint64_t *pfn, uint64_t *flags)
{
    for (unsigned int i = 0; i < l->map_count; i++) {
        const struct layout_map *m = &l->map[i];
        struct layout_tables t = {m->va / LAYOUT_PAGE, m->pages};

        if (level > 0)
            t = m->tables[level - 1];
        if (slot < t.slot || slot - t.slot >= t.count)
            continue;
        *pfn =
            level > 0 ? table_pfn(l, m, level, slot) : m->pfn + slot - t.slot;
        *flags = level > 0 ? TABLE : leaf_flags(l, *pfn);
        return true;
    }
    return false;
}

/*
 * Slots of an L4 are counted without sign extension; put it back, so that
 * they compare with addresses.
 */
static uint64_t slot_below_l4(uint64_t index)
{
    return index < 256 ? index : index | (~0ul << 9 & (~0ul >> 39));
}

/* The table at pfn that covers `slot` at `level`. */
static void write_table(const struct layout *l, const uint64_t *p2m, int level,
                        uint64_t slot, uint64_t *entries)
{
    memset(entries, 0, LAYOUT_PAGE);
    for (uint64_t i = 0; i < ENTRIES; i++) {
        uint64_t below = level == 4 ? slot_below_l4(i) : slot * ENTRIES + i;
        uint64_t pfn, flags;

        if (target(l, level - 1, below, &pfn, &flags))
            entries[i] = p2m[pfn] << 12 | flags;
    }
}

/* Write the table at pfn; false: there is none. */
static bool table_page(const struct layout *l, const uint64_t *p2m,
                       uint64_t pfn, void *page)
{
    const struct layout_map *m = &l->map[in_range(&l->p2m_tables, pfn)];

    if (m == &l->map[0] && !in_range(&l->tables, pfn))
        return false;
    for (int level = 4; level > 0; level--) {
        const struct layout_tables *t = &m->tables[level - 1];

        for (uint64_t slot = t->slot; slot < t->slot + t->count; slot++)
            if (table_pfn(l, m, level, slot) == pfn) {
                write_table(l, p2m, level, slot, page);
                return true;
            }
    }
    return false;
}

/* Page `index` of a list of `total` bytes, and `fill` behind its end. */
static bool list_page(const void *list, size_t total, uint64_t index, int fill,
                      void *page)
{
    size_t at = index * LAYOUT_PAGE;
    size_t n = total - at < LAYOUT_PAGE ? total - at : LAYOUT_PAGE;

    memcpy(page, (const char *)list + at, n);
    memset((char *)page + n, fill, LAYOUT_PAGE - n);
    return true;
}

static void start_info_module(const struct layout *l, struct start_info *si)
{
    if (!l->ramdisk.count)
        return;
    si->mod_len = l->want.ramdisk_bytes;
    si->mod_start = layout_va(l, l->ramdisk.first);
    if (l->want.image->mod_start_pfn) {
        si->mod_start = l->ramdisk.first;
        si->flags |= SIF_MOD_START_PFN;
    }
}

/* Who answers at the other end of the two rings; dom0 has none. */
static void start_info_rings(const struct layout *l,
                             const struct layout_facts *facts,
                             struct start_info *si)
{
    static const char pae_magic[] = XEN_START_MAGIC "p";

    if (l->want.dom0) {
        si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
        si->console.dom0.info_off = sizeof(*si);
        if (l->want.image->extended_cr3)
            memcpy(si->magic, pae_magic, sizeof(pae_magic));
        return;
    }
    si->store_mfn = facts->p2m[l->store.first];
    si->store_evtchn = facts->store_port;
    si->console.domU.mfn = facts->p2m[l->console.first];
    si->console.domU.evtchn = facts->console_port;
}

static void start_info_page(const struct layout *l,
                            const struct layout_facts *facts, void *page)
{
    struct start_info *si = page;

    memset(page, 0, LAYOUT_PAGE);
    memcpy(si->magic, XEN_START_MAGIC, sizeof(XEN_START_MAGIC));
    si->nr_pages = l->want.nr_pages;
    si->shared_info = facts->shared_info_mfn << 12;
    start_info_rings(l, facts, si);
    si->pt_base = layout_va(l, l->tables.first);
    si->nr_pt_frames = l->tables.count;
    si->mfn_list = layout_va(l, l->p2m.first);
    start_info_module(l, si);
    memcpy(si->cmd_line, l->want.cmdline, strlen(l->want.cmdline) + 1);
    if (l->map_count > 1) {
        si->mfn_list = l->map[1].va;
        si->first_p2m_pfn = l->p2m.first;
        si->nr_p2m_frames = l->p2m.count + l->p2m_tables.count;
    }
}

bool layout_page(const struct layout *l, const struct layout_facts *facts,
                 uint64_t pfn, void *page)
{
    if (in_range(&l->kernel, pfn)) {
        elf_fill(l->want.image, layout_va(l, pfn), page, LAYOUT_PAGE);
        return true;
    }
    if (in_range(&l->ramdisk, pfn))
        return list_page(l->want.ramdisk, l->want.ramdisk_bytes,
                         pfn - l->ramdisk.first, 0, page);
    if (in_range(&l->p2m, pfn)) /* ~0: no memory */
        return list_page(facts->p2m, l->want.nr_pages * 8, pfn - l->p2m.first,
                         0xff, page);
    if (in_range(&l->start_info, pfn)) {
        start_info_page(l, facts, page);
        return true;
    }
    return table_page(l, facts->p2m, pfn, page);
}

void layout_context(const struct layout *l, const struct layout_facts *facts,
                    struct vcpu_guest_context *c)
{
    c->flags = VGCF_in_kernel | VGCF_online;
    c->user_regs.rip = l->want.image->entry;
    c->user_regs.rsp = layout_va(l, l->stack.first + l->stack.count);
    c->user_regs.rsi = layout_va(l, l->start_info.first);
    c->user_regs.rflags = RFLAGS_IF;
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = FLAT_KERNEL_SS;
    c->kernel_ss = c->user_regs.ss;
    c->kernel_sp = c->user_regs.rsp;
    c->ctrlreg[3] = xen_pfn_to_cr3(facts->p2m[l->tables.first]);
    if (l->want.dom0 && l->want.image->extended_cr3)
        c->vm_assist = 1ul << VMASST_TYPE_pae_extended_cr3;
}

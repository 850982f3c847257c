/* SPDX-License-Identifier: MIT */
/*
 * The invariants of core/mm: counts, lists, and all references counted again,
 * from what holds them.
 */
#include "fake/check.h"

#include "bug.h"
#include "domain.h"
#include "mm/frame.h"
#include "mm/table.h"
#include "vcpu.h"

static void check_frame(const struct hv *hv, const struct frame *f)
{
    uint32_t references = f->count & FRAME_COUNT_MASK;
    uint32_t uses = f->type & FRAME_TYPE_COUNT;
    uint32_t kind = f->type & FRAME_TYPE_MASK;

    BUG_ON(uses > references);
    BUG_ON(references == 0 &&
           (f->owner != FRAME_NO_OWNER || f->type != FRAME_NONE));
    BUG_ON(references > 0 && f->owner == FRAME_NO_OWNER);
    BUG_ON((f->count & FRAME_ALLOCATED) && references == 0);
    BUG_ON(kind == FRAME_NONE && f->type != FRAME_NONE);
    BUG_ON((f->type & FRAME_PINNED) && (uses == 0 || type_level(f->type) == 0));
    BUG_ON((f->type & FRAME_PARTIAL) &&
           (uses > 0 || references == 0 || type_level(f->type) == 0));
    BUG_ON(uses > 0 && !(f->type & FRAME_VALIDATED));
}

void heap_check(struct hv *hv)
{
    uint64_t free_frames = 0;

    spin_lock(&hv->heap.lock);
    for (unsigned int order = 0; order < HEAP_ORDERS; order++) {
        uint32_t before = FRAME_LIST_END;

        for (uint32_t i = hv->heap.free[order]; i != FRAME_LIST_END;
             before = i, i = hv->frames[i].next) {
            BUG_ON(hv->frames[i].count != FRAME_FREE ||
                   hv->frames[i].order != order);
            BUG_ON(hv->frames[i].prev != before);
            BUG_ON(i & ((1u << order) - 1));
            for (uint32_t j = i; j < i + (1u << order); j++)
                BUG_ON((j > i && hv->frames[j].count) || hv->frames[j].type);
            free_frames += 1ul << order;
        }
    }
    BUG_ON(free_frames != hv->heap.free_frames);
    BUG_ON(free_frames > hv->heap.total_frames);
    spin_unlock(&hv->heap.lock);
}

static void found(struct hv *hv, struct frame_refs *refs, mfn_t m)
{
    BUG_ON(!frame_of(hv, m));
    refs[m.n].general++;
}

static void found_type(struct hv *hv, struct frame_refs *refs, mfn_t m,
                       uint32_t kind)
{
    found(hv, refs, m);
    refs[m.n].type++;
    BUG_ON(refs[m.n].kind != FRAME_NONE && refs[m.n].kind != kind);
    refs[m.n].kind = kind;
}

static void walk_entry(struct hv *hv, struct frame_refs *refs,
                       unsigned int level, uint64_t e)
{
    mfn_t m = pte_mfn(e);

    if (!pte_is_present(e))
        return;
    BUG_ON(level > 1 && (e & PTE_PSE));
    if (level > 1)
        found_type(hv, refs, m, type_of_level(level - 1));
    else if (!frame_of(hv, m))
        return;
    else if (e & PTE_RW)
        found_type(hv, refs, m, FRAME_WRITABLE);
    else
        found(hv, refs, m);
}

/* Entries that hold references: all of a live table, some of a partial. */
static void walk_table(struct hv *hv, struct frame_refs *refs, struct frame *f)
{
    unsigned int level = type_level(f->type);
    unsigned int held = PTE_COUNT;
    uint64_t *table;

    if (level == 0)
        return;
    if (f->type & FRAME_PARTIAL)
        held = f->validated & ~FRAME_DEBRIS;
    else if ((f->type & FRAME_TYPE_COUNT) == 0)
        return;
    table = hal_map(frame_mfn(hv, f));
    for (unsigned int i = 0; i < held; i++)
        if (!pte_slot_is_hv(level, i))
            walk_entry(hv, refs, level, table[i]);
    hal_unmap(table);
}

/* What a frame's own flags say. */
static void count_own(struct hv *hv, struct frame_refs *refs, struct frame *f)
{
    mfn_t m = frame_mfn(hv, f);

    check_frame(hv, f);
    if ((f->count & FRAME_ALLOCATED) && (f->count & FRAME_SPECIAL))
        found_type(hv, refs, m, FRAME_WRITABLE);
    else if (f->count & FRAME_ALLOCATED)
        found(hv, refs, m);
    if (f->type & FRAME_PARTIAL)
        found(hv, refs, m);
    if (f->type & FRAME_PINNED)
        found_type(hv, refs, m, f->type & FRAME_TYPE_MASK);
    walk_table(hv, refs, f);
}

static void count_vcpu(struct hv *hv, struct frame_refs *refs,
                       const struct vcpu *v)
{
    if (mfn_is_valid(v->mmu.kernel_base))
        found_type(hv, refs, v->mmu.kernel_base, FRAME_L4);
    if (mfn_is_valid(v->mmu.user_base))
        found_type(hv, refs, v->mmu.user_base, FRAME_L4);
    for (unsigned int i = 0; i < VCPU_GDT_FRAMES; i++)
        if (mfn_is_valid(v->mmu.gdt_frames[i]))
            found_type(hv, refs, v->mmu.gdt_frames[i], FRAME_SEGDESC);
    for (unsigned int i = 0; i < VCPU_LDT_FRAMES; i++)
        if (mfn_is_valid(v->mmu.ldt_frames[i]))
            found_type(hv, refs, v->mmu.ldt_frames[i], FRAME_SEGDESC);
}

/* Length of a list of d; every frame in it is d's. */
static uint64_t check_list(const struct domain *d, uint32_t head, bool special)
{
    uint32_t before = FRAME_LIST_END;
    uint64_t n = 0;

    for (uint32_t i = head; i != FRAME_LIST_END;
         before = i, i = d->hv->frames[i].next, n++) {
        const struct frame *f = &d->hv->frames[i];

        BUG_ON(f->owner != d->domid || f->prev != before);
        BUG_ON(!(f->count & FRAME_SPECIAL) != !special);
    }
    return n;
}

void mm_check(struct hv *hv, struct frame_refs *refs)
{
    struct domain *d;
    struct vcpu *v;

    for (uint64_t i = 0; i < hv->frame_count; i++)
        count_own(hv, refs, &hv->frames[i]);
    LIST_FOREACH (d, &hv->domains, link) {
        BUG_ON(check_list(d, d->pages.first, false) != d->pages.total);
        check_list(d, d->pages.special, true);
        domain_for_each_vcpu (d, v)
            count_vcpu(hv, refs, v);
    }
    for (uint64_t i = 0; i < hv->frame_count; i++) {
        const struct frame *f = &hv->frames[i];

        BUG_ON((f->count & FRAME_COUNT_MASK) != refs[i].general);
        BUG_ON((f->type & FRAME_TYPE_COUNT) != refs[i].type);
        BUG_ON(refs[i].type && (f->type & FRAME_TYPE_MASK) != refs[i].kind);
    }
    heap_check(hv);
}

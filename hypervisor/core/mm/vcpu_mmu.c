/* SPDX-License-Identifier: MIT */
#include "mm/vcpu_mmu.h"

#include <errno.h>
#include <pv-abi/arch.h>

#include "hal.h"
#include "mm/table.h"
#include "mm/tlb.h"

/*
 * Put pages[n], NULL for none, in the place of slots[n], each with the type
 * references it holds. The processor leaves the old ones before we do: a tree
 * it walks may not fall apart. mm_lock held, as for all static functions here.
 */
static void replace_pages(struct vcpu *v, mfn_t *slots, const mfn_t *pages,
                          unsigned int n, unsigned int reload)
{
    mfn_t old[VCPU_LDT_FRAMES];

    memcpy(old, slots, n * sizeof(*old));
    for (unsigned int i = 0; i < n; i++)
        slots[i] = pages ? pages[i] : MFN_INVALID;
    hal_reload(v, reload);
    for (unsigned int i = 0; i < n; i++)
        if (mfn_is_valid(old[i]))
            type_put(v->d, frame_of(v->d->hv, old[i]));
}

/*
 * The M2P's slot: kernel roots have it; user roots lose it if the guest asked
 * for strictness, else they keep what they have.
 */
static void set_m2p_slot(const struct domain *d, mfn_t root,
                         enum vcpu_base which, struct effects *fx)
{
    bool strict = d->vm_assist & (1ul << VMASST_TYPE_m2p_strict);

    if (which == BASE_KERNEL) {
        entry_swap(root, PTE_L4_HV_FIRST, d->hv->l4_template[0]);
    } else if (strict) {
        entry_swap(root, PTE_L4_HV_FIRST, 0);
        effects_flush(fx, flush_all(d));
    }
}

int vcpu_set_base(struct vcpu *v, enum vcpu_base which, mfn_t m,
                  struct effects *fx)
{
    mfn_t *base =
        which == BASE_KERNEL ? &v->mmu.kernel_base : &v->mmu.user_base;
    struct frame *f;
    int rc;

    if (which == BASE_KERNEL && !mfn_is_valid(m))
        return -EINVAL;
    if (mfn_eq(m, *base)) {
        if (which == BASE_KERNEL)
            effects_flush(fx, cpumask_of(hal_cpu()));
        return 0;
    }
    spin_guard(&v->d->mm_lock);
    rc = debris_drain(v->d, fx);
    if (!rc && mfn_is_valid(m))
        rc = type_get(v->d, m, FRAME_L4, fx, &f);
    if (rc)
        return rc == -ERESTART ? rc : -EINVAL;
    if (mfn_is_valid(m))
        set_m2p_slot(v->d, m, which, fx);
    replace_pages(v, base, &m, 1, RELOAD_BASE);
    return 0;
}

#define DESC_TYPE      (15ul << 40)
#define DESC_CALL_GATE (12ul << 40)
#define DESC_S         (1ul << 44) /* code or data, else system */
#define DESC_DPL       (3ul << 45)
#define DESC_P         (1ul << 47)

/* GDT or LDT entries of the guest, and the two flat code segments. */
static bool gate_selector_ok(uint16_t selector)
{
    uint16_t flat = selector & (uint16_t)~3;

    return (selector & 4) || (selector >> 3) < FIRST_RESERVED_GDT_ENTRY ||
           flat == (FLAT_RING3_CS64 & ~3) || flat == (FLAT_RING3_CS32 & ~3);
}

bool descriptor_fix(uint64_t *descriptor)
{
    uint64_t d = *descriptor;

    if (!(d & DESC_P))
        return true;
    if (d & DESC_S) {
        /* Ring 3 is where guests run; any other level is only trouble. */
        *descriptor = d | DESC_DPL;
        return true;
    }
    /* 0 faults when used. It is also the upper half of a call gate. */
    if ((d & DESC_TYPE) == 0)
        return true;
    if ((d & DESC_TYPE) != DESC_CALL_GATE ||
        !gate_selector_ok((uint16_t)(d >> 16)))
        return false;
    /* A gate of level 0 faults in ring 3, and the fault names the gate. */
    *descriptor = d & ~DESC_DPL;
    return true;
}

int vcpu_set_gdt(struct vcpu *v, const uint64_t *frames, unsigned int entries)
{
    /* A table page is checked in one piece: this budget is never spent. */
    struct effects fx;
    mfn_t got[VCPU_GDT_FRAMES];
    struct frame *f;

    if (entries > FIRST_RESERVED_GDT_ENTRY)
        return -EINVAL;
    effects_init(&fx);
    spin_guard(&v->d->mm_lock);
    for (unsigned int i = 0; i < VCPU_GDT_FRAMES; i++)
        got[i] = i * 512 < entries ? mfn_of(frames[i]) : MFN_INVALID;
    for (unsigned int i = 0; i * 512 < entries; i++) {
        if (type_get(v->d, got[i], FRAME_SEGDESC, &fx, &f)) {
            while (i-- > 0)
                type_put(v->d, frame_of(v->d->hv, got[i]));
            return -EINVAL;
        }
    }
    v->mmu.gdt_entries = entries;
    replace_pages(v, v->mmu.gdt_frames, got, VCPU_GDT_FRAMES, RELOAD_GDT);
    return 0;
}

int vcpu_set_ldt(struct vcpu *v, uint64_t va, unsigned int entries)
{
    uint64_t bytes = entries * 8ul;

    if (entries > VCPU_LDT_FRAMES * 512)
        return -EINVAL;
    if (entries > 0 &&
        ((va & ~PAGE_MASK) || !va_is_guest(va) || !va_is_guest(va + bytes - 1)))
        return -EINVAL;
    spin_guard(&v->d->mm_lock);
    v->mmu.ldt_mapped = 0;
    v->mmu.ldt_base = entries ? va : 0;
    v->mmu.ldt_entries = entries;
    replace_pages(v, v->mmu.ldt_frames, NULL, VCPU_LDT_FRAMES, RELOAD_LDT);
    return 0;
}

int vcpu_map_ldt_page(struct vcpu *v, unsigned int page)
{
    uint64_t va = v->mmu.ldt_base + page * PAGE_SIZE;
    struct effects fx;
    struct frame *f;
    struct walk w;

    if (page * 512u >= v->mmu.ldt_entries)
        return -EINVAL;
    effects_init(&fx);
    spin_guard(&v->d->mm_lock);
    if (v->mmu.ldt_mapped & (1u << page))
        return 0;
    if (walk(v, va, &w) || !pte_is_present(w.entry) ||
        type_get(v->d, pte_mfn(w.entry), FRAME_SEGDESC, &fx, &f))
        return -EINVAL;
    v->mmu.ldt_frames[page] = pte_mfn(w.entry);
    v->mmu.ldt_mapped |= 1u << page;
    hal_reload(v, RELOAD_LDT);
    return 0;
}

int64_t do_set_gdt(struct vcpu *v, guest_ptr_t frames, uint32_t entries,
                   struct effects *fx)
{
    uint64_t list[VCPU_GDT_FRAMES];
    size_t n = (entries + 511ul) / 512;
    int rc;

    if (entries > FIRST_RESERVED_GDT_ENTRY)
        return -EINVAL;
    if (hal_copy_from_guest(list, frames.va, n * sizeof(*list)))
        return -EFAULT;
    spin_lock(&v->d->mm_lock);
    rc = debris_drain(v->d, fx);
    spin_unlock(&v->d->mm_lock);
    if (rc)
        return rc;
    return vcpu_set_gdt(v, list, entries);
}

/* A descriptor is 8 bytes: a processor that reads it sees the old or the new
 * one. Its page is a descriptor page, or one that may become none meanwhile. */
int64_t do_update_descriptor(struct vcpu *v, uint64_t address, uint64_t value,
                             struct effects *fx)
{
    mfn_t m = mfn_of(address >> PAGE_SHIFT);
    struct domain *d = v->d;
    struct frame *f = frame_of(d->hv, m);
    bool live;

    if (address & 7 || !descriptor_fix(&value) || !f)
        return -EINVAL;
    spin_guard(&d->mm_lock);
    live = frame_is(f, FRAME_SEGDESC);
    if (live ? type_get(d, m, FRAME_SEGDESC, fx, &f)
             : frame_get_writable(d, m, &f))
        return -EINVAL;
    entry_swap(m, (address & ~PAGE_MASK) / 8, value);
    if (live)
        type_put(d, f);
    else
        frame_put_writable(d->hv, f);
    return 0;
}

void vcpu_mm_init(struct vcpu *v)
{
    v->mmu = (struct vcpu_mmu){
        .kernel_base = MFN_INVALID,
        .user_base = MFN_INVALID,
    };
    for (unsigned int i = 0; i < VCPU_GDT_FRAMES; i++)
        v->mmu.gdt_frames[i] = MFN_INVALID;
    for (unsigned int i = 0; i < VCPU_LDT_FRAMES; i++)
        v->mmu.ldt_frames[i] = MFN_INVALID;
}

void vcpu_mm_drop(struct vcpu *v)
{
    (void)!vcpu_set_gdt(v, NULL, 0);
    (void)!vcpu_set_ldt(v, 0, 0);
    spin_guard(&v->d->mm_lock);
    replace_pages(v, &v->mmu.user_base, NULL, 1, RELOAD_BASE);
    replace_pages(v, &v->mmu.kernel_base, NULL, 1, RELOAD_BASE);
}

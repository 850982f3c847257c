/* SPDX-License-Identifier: MIT */
#include "mm/mm.h"

#include <string.h>

#include "bug.h"
#include "domain.h"
#include "mm/alloc.h"
#include "mm/frame.h"
#include "mm/m2p.h"
#include "vcpu.h"

/* The M2P's own frames: anybody privileged may read them (DOMID_XEN). */
static void publish_m2p(struct hv *hv)
{
    uint64_t pages =
        (hv->frame_count * sizeof(*hv->m2p) + PAGE_SIZE - 1) / PAGE_SIZE;

    memset(hv->m2p, 0xff, pages * PAGE_SIZE);
    for (uint64_t i = 0; i < pages; i++) {
        mfn_t m = hal_mfn_of((uint8_t *)hv->m2p + i * PAGE_SIZE);
        struct frame *f = &hv->frames[m.n];

        f->owner = DOMID_XEN;
        f->count = FRAME_ALLOCATED | 1;
    }
}

void mm_init(struct hv *hv, struct frame *frames, uint64_t frame_count,
             uint64_t *m2p)
{
    BUG_ON(frame_count > FRAME_LIST_END);
    hv->frames = frames;
    hv->frame_count = frame_count;
    hv->m2p = m2p;
    memset(frames, 0, frame_count * sizeof(*frames));
    for (uint64_t i = 0; i < frame_count; i++)
        frames[i].owner = FRAME_NO_OWNER;
    hv->heap = (struct heap){0};
    spin_lock_init(&hv->heap.lock, LOCK_HEAP);
    for (unsigned int order = 0; order < HEAP_ORDERS; order++)
        hv->heap.free[order] = FRAME_LIST_END;
    /* CPU times start at 1: greater than the stamp of an unused frame. */
    hv->tlb.clock = 1;
    for (unsigned int cpu = 0; cpu < CONFIG_MAX_CPUS; cpu++)
        hv->tlb.cpu[cpu] = 1;
    publish_m2p(hv);
}

void mm_mark_io(struct hv *hv, mfn_t first, uint64_t n)
{
    for (uint64_t i = first.n; i < first.n + n && i < hv->frame_count; i++) {
        BUG_ON(hv->frames[i].count);
        hv->frames[i].count = FRAME_IO;
    }
}

void domain_mm_init(struct domain *d)
{
    spin_lock_init(&d->mm_lock, LOCK_MM);
    d->pages = (struct domain_pages){
        .cursor = FRAME_LIST_END,
        .first = FRAME_LIST_END,
        .special = FRAME_LIST_END,
    };
    spin_lock_init(&d->pages.lock, LOCK_PAGES);
    d->debris = FRAME_LIST_END;
    d->e820 = NULL;
    d->e820_count = 0;
}

void domain_mm_destroy(struct domain *d)
{
    BUG_ON(domain_owns_frames(d));
    hv_free(d->hv, d->e820, sizeof(*d->e820) * HV_E820_MAX);
    d->e820 = NULL;
}

void vcpu_mm_init(struct vcpu *v)
{
    v->mmu = (struct vcpu_mmu){0};
    v->mmu.kernel_base = MFN_INVALID;
    v->mmu.user_base = MFN_INVALID;
    for (unsigned int i = 0; i < VCPU_GDT_FRAMES; i++)
        v->mmu.gdt_frames[i] = MFN_INVALID;
    for (unsigned int i = 0; i < VCPU_LDT_FRAMES; i++)
        v->mmu.ldt_frames[i] = MFN_INVALID;
}

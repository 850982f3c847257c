/* SPDX-License-Identifier: MIT */
/*
 * The buddy heap. A free block of 2^k frames is aligned to its size; its
 * buddy is the block whose number differs in bit k. The first frame of a free
 * block carries its order and hangs in the list of that order.
 */
#include <string.h>

#include "bug.h"
#include "mm/alloc.h"
#include "mm/frame.h"
#include "mm/tlb.h"

void frame_list_add(struct hv *hv, uint32_t *head, struct frame *f)
{
    f->prev = FRAME_LIST_END;
    f->next = *head;
    if (*head != FRAME_LIST_END)
        hv->frames[*head].prev = frame_index(hv, f);
    *head = frame_index(hv, f);
}

void frame_list_remove(struct hv *hv, uint32_t *head, struct frame *f)
{
    if (f->prev == FRAME_LIST_END)
        *head = f->next;
    else
        hv->frames[f->prev].next = f->next;
    if (f->next != FRAME_LIST_END)
        hv->frames[f->next].prev = f->prev;
}

/* Lock held for all that follow but take(), which takes it. */
static void put_block(struct hv *hv, uint32_t i, unsigned int order)
{
    struct frame *f = &hv->frames[i];

    f->order = order;
    frame_list_add(hv, &hv->heap.free[order], f);
    __atomic_store_n(&f->count, FRAME_FREE, __ATOMIC_RELAXED);
}

static void take_block(struct hv *hv, uint32_t i)
{
    struct frame *f = &hv->frames[i];

    frame_list_remove(hv, &hv->heap.free[f->order], f);
    __atomic_store_n(&f->count, 0, __ATOMIC_RELAXED);
}

/* Whether frame i, which may be anybody's, begins a free block. */
static bool is_free(const struct hv *hv, uint32_t i)
{
    return i < hv->frame_count &&
           __atomic_load_n(&hv->frames[i].count, __ATOMIC_RELAXED) ==
               FRAME_FREE;
}

/* Join with free buddies as far as possible. */
static void give(struct hv *hv, uint32_t i, unsigned int order)
{
    hv->heap.free_frames += 1ul << order;
    for (; order < HEAP_ORDER_MAX; order++) {
        uint32_t buddy = i ^ (1u << order);

        if (!is_free(hv, buddy) || hv->frames[buddy].order != order)
            break;
        take_block(hv, buddy);
        i &= ~(1u << order);
    }
    put_block(hv, i, order);
}

void heap_add(struct hv *hv, mfn_t first, uint64_t n)
{
    BUG_ON(first.n + n > hv->frame_count);
    spin_guard(&hv->heap.lock);
    hv->heap.total_frames += n;
    for (uint64_t i = first.n; i < first.n + n;) {
        unsigned int order = HEAP_ORDER_MAX;

        while ((i & ((1ul << order) - 1)) || i + (1ul << order) > first.n + n)
            order--;
        give(hv, (uint32_t)i, order);
        i += 1ul << order;
    }
}

/* The first of a block, halved until it fits. */
static uint32_t take(struct hv *hv, unsigned int order)
{
    unsigned int have = order;
    uint32_t i;

    spin_guard(&hv->heap.lock);
    while (have <= HEAP_ORDER_MAX && hv->heap.free[have] == FRAME_LIST_END)
        have++;
    if (have > HEAP_ORDER_MAX)
        return FRAME_LIST_END;
    i = hv->heap.free[have];
    take_block(hv, i);
    while (have > order) {
        have--;
        put_block(hv, i + (1u << have), have);
    }
    hv->heap.free_frames -= 1ul << order;
    return i;
}

mfn_t heap_alloc(struct hv *hv, unsigned int order)
{
    uint64_t stamp = 0;
    uint32_t first;

    BUG_ON(order > HEAP_ORDER_MAX);
    first = take(hv, order);
    if (first == FRAME_LIST_END)
        return MFN_INVALID;
    for (uint32_t i = first; i < first + (1u << order); i++)
        if (hv->frames[i].stamp > stamp)
            stamp = hv->frames[i].stamp;
    tlb_flush_stale(hv, stamp);
    return mfn_of(first);
}

void heap_free(struct hv *hv, mfn_t first, unsigned int order)
{
    BUG_ON(first.n + (1ul << order) > hv->frame_count);
    BUG_ON(__atomic_load_n(&hv->frames[first.n].count, __ATOMIC_RELAXED));
    spin_guard(&hv->heap.lock);
    give(hv, (uint32_t)first.n, order);
}

void frames_clear(mfn_t first, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        void *page = hal_map(mfn_of(first.n + i));

        memset(page, 0, PAGE_SIZE);
        hal_unmap(page);
    }
}

void *hv_alloc(struct hv *hv, size_t bytes)
{
    uint64_t frames = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
    unsigned int order = 0;
    mfn_t first = MFN_INVALID;
    void *p = NULL;

    while ((1ul << order) < frames)
        order++;
    if (frames > 0 && order <= HEAP_ORDER_MAX)
        first = heap_alloc(hv, order);
    if (!mfn_is_valid(first))
        return NULL;
    for (uint64_t i = frames; i < 1ul << order; i++)
        heap_free(hv, mfn_of(first.n + i), 0);
    frames_clear(first, frames);
    for (uint64_t i = frames; i-- > 0;)
        p = hal_map(mfn_of(first.n + i));
    return p;
}

/*
 * Whoever reads what we freed shall not find what he expects. Only our own
 * memory: a frame of a guest may still be walked as a page table by a CPU
 * that has not flushed, and its contents must stay what they were.
 */
#ifdef CONFIG_DEBUG
#define POISON(page) memset(page, 0xdb, PAGE_SIZE)
#else
#define POISON(page) ((void)(page))
#endif

void hv_free(struct hv *hv, void *p, size_t bytes)
{
    for (size_t at = 0; p && at < bytes; at += PAGE_SIZE) {
        uint8_t *page = (uint8_t *)p + at;
        mfn_t m = hal_mfn_of(page);

        POISON(page);
        hal_unmap(page);
        heap_free(hv, m, 0);
    }
}

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

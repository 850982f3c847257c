/* SPDX-License-Identifier: MIT */
/* See guest/balloon.h. A page that was given back counts as used. */
#include <guest/balloon.h>
#include <guest/clock.h>
#include <guest/console.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/thread.h>
#include <guest/xenbus.h>
#include <pv-abi/errno.h>
#include <pv-abi/memory.h>
#include "internal.h"

/* Pages the domain keeps for its own needs, tables and stacks. */
#define KEPT_PAGES   64
#define RETRY_NS     NS_PER_SEC
#define KIB_PER_PAGE 4

static uint64_t pages, next_absent;

static struct xen_memory_reservation one_frame(uint64_t *number)
{
    return (struct xen_memory_reservation){
        .extent_start = number, .nr_extents = 1, .domid = DOMID_SELF};
}

/* Unmapped first: a frame that is mapped is in use. */
static bool give_page(void)
{
    void *page = page_alloc(1);
    uint64_t pfn = page ? virt_to_pfn(page) : 0, mfn;
    struct xen_memory_reservation r = one_frame(&mfn);

    if (!page)
        return false;
    mfn = pfn_to_mfn(pfn);
    if (pt_set(pt_root_mfn(), (uint64_t)(uintptr_t)page, 0))
        panic("cannot unmap page %lx", pfn);
    if (hypercall_memory_op(XENMEM_decrease_reservation, &r) == 1) {
        memory_set_frame(pfn, MFN_INVALID);
        next_absent = MIN(next_absent, pfn);
        return true;
    }
    if (pt_set(pt_root_mfn(), (uint64_t)(uintptr_t)page,
               PTE(mfn, PTE_KERNEL | PTE_NX)))
        panic("cannot map page %lx again", pfn);
    page_free(page, 1);
    return false;
}

uint64_t balloon_give(uint64_t count)
{
    uint64_t done = 0;

    while (done < count && page_free_count() > KEPT_PAGES && give_page())
        done++;
    pages -= done;
    return done;
}

/* A frame behind pfn, which has none. */
static bool get_page(uint64_t pfn)
{
    uint64_t number = pfn;
    struct xen_memory_reservation r = one_frame(&number);
    void *page = pfn_to_virt(pfn);

    if (hypercall_memory_op(XENMEM_populate_physmap, &r) != 1)
        return false;
    memory_set_frame(pfn, number);
    if (!pt_set(pt_root_mfn(), (uint64_t)(uintptr_t)page,
                PTE(number, PTE_KERNEL | PTE_NX))) {
        page_free(page, 1);
        return true;
    }
    /* No page for a table: let it go again. */
    memory_set_frame(pfn, MFN_INVALID);
    r = one_frame(&number);
    hypercall_memory_op(XENMEM_decrease_reservation, &r);
    return false;
}

uint64_t balloon_get(uint64_t count)
{
    uint64_t done = 0;

    for (; done < count && next_absent < page_limit(); next_absent++) {
        if (pfn_to_mfn(next_absent) != MFN_INVALID)
            continue;
        if (!get_page(next_absent))
            break;
        done++;
    }
    pages += done;
    return done;
}

uint64_t balloon_pages(void)
{
    return pages;
}

/* Whether there is nothing to wait for: memory that others have now. */
static bool follow_target(void)
{
    uint64_t kib, target;

    if (xenbus_read_u64(XENBUS_NO_TX, "memory/target", &kib))
        return true;
    target = MIN(kib / KIB_PER_PAGE, page_limit());
    if (target < pages)
        balloon_give(pages - target);
    else
        balloon_get(target - pages);
    return pages >= target;
}

/* What is refused now may be possible when others have given. */
static void follow(void *arg)
{
    struct xenbus_watch *watch = arg;
    bool met = true;

    for (;;) {
        xenbus_watch_wait(watch, met ? WAIT_FOREVER : clock_ns() + RETRY_NS);
        met = follow_target();
    }
}

int balloon_start(void)
{
    static struct xenbus_watch watch;
    struct thread *thread;
    int error;

    pages = next_absent = page_total();
    error = xenbus_watch(&watch, "memory/target");
    if (error)
        return error;
    thread = thread_create("balloon", follow, &watch);
    if (!thread)
        return -XEN_ENOMEM;
    thread_detach(thread);
    return 0;
}

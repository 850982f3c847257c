/* SPDX-License-Identifier: MIT */
#include "state.h"

#include <stdio.h>
#include <string.h>

#include "domain.h"
#include "fake/fake.h"
#include "grant/grant.h"
#include "mm/frame.h"
#include "spinlock.h"
#include "vcpu.h"
#include "../oracle/walker.h"

static struct {
    struct hv hv;
    bool held[ORACLE_FRAMES]; /* the hypervisor has it for itself */
    uint64_t contents[ORACLE_FRAMES][512];
} before, after;

/* ------------------------------------------------------------- tickets */

static void reset_ticket(struct spinlock *l)
{
    if (l->next != l->owner || l->holder != 0)
        oracle_fail("a lock of level %u is held after the call", l->level);
    l->next = l->owner = 0;
}

static void reset_tickets(struct hv *hv)
{
    struct domain *d;

    reset_ticket(&hv->domains_lock);
    reset_ticket(&hv->heap.lock);
    reset_ticket(&hv->console.lock);
    for (unsigned int cpu = 0; cpu < CONFIG_MAX_CPUS; cpu++) {
        reset_ticket(&hv->cpus[cpu].sched_lock);
        reset_ticket(&hv->cpus[cpu].timer_lock);
    }
    LIST_FOREACH (d, &hv->domains, link) {
        reset_ticket(&d->lock);
        reset_ticket(&d->mm_lock);
        reset_ticket(&d->pages.lock);
        reset_ticket(&d->event.lock);
        reset_ticket(&d->event.fifo_lock);
        reset_ticket(&d->grant->lock);
    }
}

/* ---------------------------------------------------------------- take */

static void find_held(struct hv *hv, bool held[ORACLE_FRAMES])
{
    for (uint64_t i = 0; i < hv->frame_count; i++)
        held[i] = hv->frames[i].owner == FRAME_NO_OWNER &&
                  !(hv->frames[i].count & FRAME_IO);
    for (unsigned int order = 0; order < HEAP_ORDERS; order++)
        for (uint32_t i = hv->heap.free[order]; i != FRAME_LIST_END;
             i = hv->frames[i].next)
            memset(&held[i], 0, 1ul << order);
}

static void take_hv(struct hv *hv, struct hv *copy)
{
    memcpy(copy, hv, sizeof(*hv));
    memset(&copy->console, 0, sizeof(copy->console));
    memset(&copy->tlb, 0, sizeof(copy->tlb));
    memset(copy->heap.free, 0, sizeof(copy->heap.free));
    copy->last_domid = 0;
#ifdef CONFIG_TRACE
    for (unsigned int cpu = 0; cpu < CONFIG_MAX_CPUS; cpu++)
        memset(&copy->cpus[cpu].trace, 0, sizeof(copy->cpus[cpu].trace));
#endif
}

void state_take(struct hv *hv)
{
    reset_tickets(hv);
    take_hv(hv, &before.hv);
    find_held(hv, before.held);
    for (uint64_t i = 0; i < hv->frame_count; i++)
        if (before.held[i])
            fake_frame_copy(mfn_of(i), before.contents[i]);
}

/* ------------------------------------------------------------- compare */

/* Whose page it is: for the message. */
static void name_page(struct hv *hv, mfn_t m, char *text, size_t size)
{
    struct domain *d;
    struct vcpu *v;

    snprintf(text, size, "page %lu", m.n);
    LIST_FOREACH (d, &hv->domains, link) {
        if (mfn_eq(hal_mfn_of(d), m))
            snprintf(text, size, "struct domain of %u", d->domid);
        if (mfn_eq(hal_mfn_of(d->grant), m))
            snprintf(text, size, "struct grant_table of %u", d->domid);
        domain_for_each_vcpu (d, v)
            if (mfn_eq(hal_mfn_of(v), m))
                snprintf(text, size, "struct vcpu %u of %u", v->id, d->domid);
    }
}

static void compare_page(struct hv *hv, uint64_t page)
{
    char name[64];

    if (memcmp(before.contents[page], after.contents[page], PAGE_SIZE) == 0)
        return;
    name_page(hv, mfn_of(page), name, sizeof(name));
    for (unsigned int i = 0; i < 512; i++)
        if (before.contents[page][i] != after.contents[page][i])
            oracle_fail("refused, but byte %u of %s went from "
                        "%#lx to %#lx",
                        i * 8, name, before.contents[page][i],
                        after.contents[page][i]);
}

void state_compare(struct hv *hv)
{
    reset_tickets(hv);
    take_hv(hv, &after.hv);
    find_held(hv, after.held);
    for (size_t i = 0; i < sizeof(struct hv); i++)
        if (((char *)&before.hv)[i] != ((char *)&after.hv)[i])
            oracle_fail("refused, but byte %zu of struct hv "
                        "changed",
                        i);
    for (uint64_t i = 0; i < hv->frame_count; i++) {
        if (before.held[i] != after.held[i])
            oracle_fail("refused, but page %lu is %s", i,
                        after.held[i] ? "allocated" : "free");
        if (!after.held[i])
            continue;
        fake_frame_copy(mfn_of(i), after.contents[i]);
        compare_page(hv, i);
    }
}

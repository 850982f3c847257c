/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <pv-abi/hypercalls.h>
#include <pv-abi/memory.h>

#include "../oracle/snapshot.h"
#include "domain/domain.h"
#include "event/channel.h"
#include "event/upcall.h"
#include "fake/check.h"
#include "grant/grant.h"
#include "mm/alloc.h"
#include "mm/table.h"
#include "play.h"
#include "sched/runqueue.h"
#include "sched/timer.h"
#include "state.h"

/* Calls between two looks at everything. */
#define WALK_EVERY 64

static struct snapshot before;

/* ---------------------------------------------------------- references */

/* To whom each frame is lent, as the mappers have it. */
static void note_lent(const struct domain *d)
{
    const struct grant_table *t = d->grant;

    for (grant_handle_t h = 0; h < t->mapping_frame_count * MAPPINGS_PER_FRAME;
         h++) {
        const struct grant_mapping *m = grant_mapping_of(t, h);

        if (m->flags & (GNTMAP_host_map | GNTMAP_device_map))
            oracle_lend(&scene.oracle,
                        grant_active_of(m->granter->grant, m->ref)->frame,
                        d->domid);
    }
}

static void note_pins(void)
{
    for (uint64_t i = 0; i < scene.hv->frame_count; i++) {
        uint32_t type = scene.hv->frames[i].type;

        scene.oracle.pinned[i] = type & FRAME_PINNED ? type_level(type) : 0;
    }
}

/* Guests may set what bits they like; here only those of ports count. */
static void clear_stray_bits(struct domain *d)
{
    for (evtchn_port_t p = 0; p < d->event.port_count && d->shared_info; p++)
        if (port_find(d, p) == NULL)
            port_clear(d, p);
}

void judge_all(void)
{
    static struct frame_refs refs[ORACLE_FRAMES];
    struct domain *d;

    memset(refs, 0, sizeof(refs));
    memset(scene.oracle.lent, 0, sizeof(scene.oracle.lent));
    LIST_FOREACH (d, &scene.hv->domains, link) {
        clear_stray_bits(d);
        evtchn_check(d);
        grant_check(d);
        domain_refs(d, refs);
        note_lent(d);
    }
    sched_check(scene.hv);
    for (unsigned int cpu = 0; cpu < WORLD_CPUS; cpu++)
        timers_check(scene.hv, cpu);
    domains_check(scene.hv);
    note_pins();
    oracle_walk(&scene.oracle);
    mm_check(scene.hv, refs);
}

/* ------------------------------------------------------------ refusals */

/* What one call left to be emptied is not the next one's business. */
static void settle(void)
{
    struct domain *d;
    struct effects fx;

    LIST_FOREACH (d, &scene.hv->domains, link) {
        effects_init(&fx);
        fx.budget = 1 << 30;
        spin_lock(&d->mm_lock);
        if (debris_drain(d, &fx))
            oracle_fail("debris without end");
        spin_unlock(&d->mm_lock);
    }
}

void judge_before(void)
{
    /* So are dead domains, for whoever looks at domains. */
    domains_reap(scene.hv);
    settle();
    snapshot_take(&before, scene.hv);
    state_take(scene.hv);
}

/* Or how much could not be told. */
static bool exchanged_some(const struct call *c)
{
    struct xen_memory_exchange x;

    return hal_copy_from_guest(&x, c->args[1], sizeof(x)) || x.nr_exchanged > 0;
}

/* The elements were read, so they may have been worked on. */
static bool elements_were_read(const struct call *c)
{
    uint64_t first;

    return !hal_copy_from_guest(&first, c->args[1], sizeof(first));
}

/* Refusals that come when part of the work is done: the ABI says so. */
static bool may_be_partial(const struct call *c, int64_t result)
{
    switch (c->nr) {
    case __HYPERVISOR_mmu_update:
    case __HYPERVISOR_mmuext_op:
        /* Or all of it, but how much could not be told. */
        return c->elements != 1 || (result == -EFAULT && c->args[2] != 0);
    case __HYPERVISOR_multicall:
    case __HYPERVISOR_set_trap_table:
        return true;
    case __HYPERVISOR_memory_op:
        return c->args[0] == XENMEM_exchange && exchanged_some(c);
    case __HYPERVISOR_grant_table_op:
        return result == -EFAULT && elements_were_read(c);
    case __HYPERVISOR_event_channel_op:
        return result == -EFAULT && c->args[0] == EVTCHNOP_init_control;
    default:
        return false;
    }
}

/*
 * Two that look at a vCPU's registers take it off its CPU for the time, which
 * the scheduler counts; and vCPUs that could be made stay.
 */
static bool leaves_traces(const struct call *c)
{
    uint32_t cmd = c->nr == __HYPERVISOR_domctl ? call_command(c) : 0;

    return cmd == XEN_DOMCTL_setvcpucontext ||
           cmd == XEN_DOMCTL_getvcpucontext || cmd == XEN_DOMCTL_max_vcpus;
}

void judge_compare(struct vcpu *v, const struct call *c, int64_t result)
{
    if (may_be_partial(c, result) || !before.settled)
        return;
    settle();
    v->regs->rax = c->nr;
    snapshot_compare(&before, scene.hv);
    if (!leaves_traces(c))
        state_compare(scene.hv);
    v->regs->rax = (uint64_t)result;
}

void judge_after(bool refused)
{
    tlb_check(&scene.tlb);
    scene.calls++;
    if (refused || scene.calls % WALK_EVERY == 0)
        judge_all();
}

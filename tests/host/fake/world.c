/* SPDX-License-Identifier: MIT */
#include "fake/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "domain/console.h"
#include "domain/control.h"
#include "fake/check.h"
#include "fake/machine.h"
#include "mm/alloc.h"
#include "sched/runqueue.h"
#include "sched/timer.h"

struct effects world_fx;
unsigned int world_restarts;

static uint64_t frames_at_first;

struct hv *world_empty(uint64_t frames)
{
    struct hv *hv = machine(frames);

    frames_at_first = hv->heap.free_frames;
    free(hv->by_domid);
    console_init(hv);
    for (unsigned int cpu = 0; cpu < WORLD_CPUS; cpu++) {
        sched_init_cpu(hv, cpu);
        timer_init_cpu(hv, cpu);
    }
    if (domains_init(hv))
        abort();
    return hv;
}

void world_schedule(struct hv *hv, unsigned int cpu)
{
    struct vcpu *before = hv->cpus[cpu].current, *next;
    struct effects fx;

    fake_set_cpu(cpu);
    effects_init(&fx);
    next = sched_pick(hv, cpu, fake.now_ns, &fx);
    if (before && before != next)
        sched_switched(before, &fx);
    fake_set_cpu(0);
}

struct hv *world(uint64_t frames)
{
    struct hv *hv = world_empty(frames);
    struct domain_config config = {
        .max_vcpus = 1,
        .max_evtchn_port = UINT32_MAX,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .max_pages = UINT64_MAX,
        .privileged = true,
    };
    struct domain *d;
    struct effects fx;

    effects_init(&fx);
    if (domain_create(hv, 0, &config, &d))
        abort();
    spin_lock(&d->lock);
    BUG_ON(vcpu_create(d, 0));
    spin_unlock(&d->lock);
    vcpu_up(d->vcpus[0], fake.now_ns, &fx);
    BUG_ON(domain_unpause(d, &fx));
    world_schedule(hv, 0);
    BUG_ON(hv->cpus[0].current != d->vcpus[0]);
    domain_put(d);
    return hv;
}

struct domain *world_domain(struct hv *hv, unsigned int vcpus,
                            unsigned int frames)
{
    struct domain_config config = {
        .max_vcpus = vcpus,
        .max_evtchn_port = 1023,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .max_pages = UINT64_MAX,
    };
    struct domain *d;
    mfn_t m;

    if (domain_create(hv, 0, &config, &d))
        abort();
    spin_lock(&d->lock);
    for (unsigned int i = 0; i < vcpus; i++)
        BUG_ON(vcpu_create(d, i));
    spin_unlock(&d->lock);
    while (frames-- > 0)
        BUG_ON(domain_frame_alloc(d, 0, &m));
    domain_put(d);
    return d;
}

static void destroy(struct domain *d)
{
    struct hv *hv = d->hv;
    int error;

    do {
        effects_init(&world_fx);
        error = domain_destroy(d, &world_fx);
        for (unsigned int cpu = 0; cpu < WORLD_CPUS; cpu++)
            world_schedule(hv, cpu);
    } while (error == -ERESTART);
    if (error)
        hal_panic("dom%u is not destroyed: %d in step %u", d->domid, error,
                  d->teardown_step);
}

void world_end(struct hv *hv)
{
    struct domain *d;

    domains_check(hv);
    /* dom0 as well: here it is a domain like any other. */
    if (hv->dom0)
        hv->dom0->privileged = false;
    hv->dom0 = NULL;
    /* Each once: one may stay until another lets go of its frames. */
    for (domid_t id = 0; (d = domain_find_next(hv, id)); domain_put(d)) {
        id = (domid_t)(d->domid + 1);
        destroy(d);
    }
    domains_reap(hv);
    if (!LIST_EMPTY(&hv->domains))
        hal_panic("dom%u never goes", LIST_FIRST(&hv->domains)->domid);
    hv_free(hv, hv->by_domid, DOMID_FIRST_RESERVED * sizeof(*hv->by_domid));
    heap_check(hv);
    if (hv->heap.free_frames != frames_at_first)
        hal_panic("%lu frames leaked", frames_at_first - hv->heap.free_frames);
    free(hv->frames);
    free(hv);
    fake_stop();
}

int64_t call_domctl(struct hv *hv, uint32_t cmd, domid_t id,
                    struct xen_domctl *op)
{
    int64_t result;

    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = id;
    memcpy(fake_guest(WORLD_ARG), op, sizeof(*op));
    world_restarts = 0;
    for (;;) {
        effects_init(&world_fx);
        result =
            do_domctl(hv->dom0->vcpus[0], (guest_ptr_t){WORLD_ARG}, &world_fx);
        if (result != -ERESTART)
            break;
        world_restarts++;
        for (unsigned int cpu = 1; cpu < WORLD_CPUS; cpu++)
            world_schedule(hv, cpu);
    }
    memcpy(op, fake_guest(WORLD_ARG), sizeof(*op));
    return result;
}

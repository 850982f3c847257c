/* SPDX-License-Identifier: MIT */
#include "guests.h"

#include <stdlib.h>
#include <string.h>

#include <pv-abi/hypercalls.h>

#include "bug.h"
#include "domain/domain.h"
#include "fake/check.h"
#include "fake/machine.h"
#include "fake/world.h"
#include "grant/grant.h"
#include "mm/alloc.h"
#include "mm/vcpu_mmu.h"
#include "sched/runqueue.h"
#include "sched/timer.h"

#define MACHINE_FRAMES 2048

struct guest guests[GUESTS];

int64_t call_op(struct cpu *c, uint64_t nr, uint64_t cmd, void *arg,
                size_t bytes, unsigned int count)
{
    int64_t result;

    if (bytes > 0)
        memcpy(fake_guest(c->arg_va), arg, bytes);
    result = cpu_call(c, nr, cmd, bytes > 0 ? c->arg_va : 0, count, 0);
    if (bytes > 0)
        memcpy(arg, fake_guest(c->arg_va), bytes);
    return result;
}

int64_t domctl(struct cpu *c, uint32_t cmd, domid_t id, struct xen_domctl *op)
{
    int64_t result;

    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = id;
    memcpy(fake_guest(c->arg_va), op, sizeof(*op));
    result = cpu_call(c, __HYPERVISOR_domctl, c->arg_va, 0, 0, 0);
    memcpy(op, fake_guest(c->arg_va), sizeof(*op));
    return result;
}

mfn_t any_frame(struct cpu *c, domid_t id)
{
    mfn_t *m = &guests[id % GUESTS].frame[chance(c, GUEST_FRAMES)];

    return mfn_of(__atomic_load_n(&m->n, __ATOMIC_RELAXED));
}

uint64_t host_address(struct cpu *c)
{
    return (uint64_t)(FIRST_SLOT + chance(c, SLOTS)) << PAGE_SHIFT;
}

/* ---------------------------------------------------------------- make */

/* A tree that maps all frames: tables read-only, data writable. */
static void write_maps(struct guest *g, unsigned int tree)
{
    const mfn_t *t = &g->frame[tree * 4];

    for (unsigned int i = 0; i < 3; i++)
        poke(t[i], 0, pte_make(t[i + 1], PTE_TABLE));
    for (unsigned int i = 0; i < GUEST_FRAMES; i++)
        poke(t[3], i,
             pte_make(g->frame[i], i < FIRST_DATA ? PTE_RO : PTE_DATA));
}

static void start_vcpu(struct domain *d, unsigned int id, mfn_t base,
                       struct effects *fx)
{
    spin_lock(&d->lock);
    BUG_ON(vcpu_create(d, id));
    spin_unlock(&d->lock);
    fx->budget = 1 << 20;
    BUG_ON(vcpu_set_base(d->vcpus[id], BASE_KERNEL, base, fx));
    d->vcpus[id]->initialised = true;
    vcpu_up(d->vcpus[id], hal_now_ns(), fx);
}

static void make_guest(struct hv *hv, domid_t id)
{
    struct domain_config config = {
        .max_vcpus = VCPUS,
        .max_evtchn_port = 1023,
        .max_grant_frames = 2,
        .max_maptrack_frames = 2,
        .max_pages = GUEST_FRAMES + 4,
        .privileged = id == 0,
    };
    struct guest *g = &guests[id];
    struct effects fx;
    struct domain *d;

    effects_init(&fx);
    BUG_ON(domain_create(hv, id, &config, &d));
    for (unsigned int i = 0; i < GUEST_FRAMES; i++)
        BUG_ON(domain_frame_alloc(d, 0, &g->frame[i]));
    for (unsigned int i = 0; i < TREES; i++)
        write_maps(g, i);
    g->grants = hal_mfn_of(d->grant->entries[0]);
    for (unsigned int i = 0; i < VCPUS; i++)
        start_vcpu(d, i, g->frame[0], &fx);
    BUG_ON(domain_unpause(d, &fx));
    domain_put(d);
}

struct hv *machine_of_guests(void)
{
    struct hv *hv = world_empty(MACHINE_FRAMES);

    hv->machine.noreboot = true;
    hv->machine.tsc_mul = 1u << 31;
    for (domid_t id = 0; id < GUESTS; id++)
        make_guest(hv, id);
    cpus_settle(hv);
    return hv;
}

/* ----------------------------------------------------------------- end */

static void check_all(struct hv *hv)
{
    struct frame_refs *refs = calloc(hv->frame_count, sizeof(*refs));
    struct domain *d;

    domains_reap(hv);
    LIST_FOREACH (d, &hv->domains, link) {
        evtchn_check(d);
        grant_check(d);
        domain_refs(d, refs);
    }
    sched_check(hv);
    for (unsigned int cpu = 0; cpu < CPUS; cpu++)
        timers_check(hv, cpu);
    domains_check(hv);
    mm_check(hv, refs);
    free(refs);
}

void machine_of_guests_end(struct hv *hv)
{
    cpus_settle(hv);
    check_all(hv);
    world_end(hv);
}

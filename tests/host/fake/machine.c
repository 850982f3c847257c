/* SPDX-License-Identifier: MIT */
#include "fake/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake/check.h"
#include "mm/alloc.h"
#include "mm/calls.h"
#include "mm/vcpu_mmu.h"

#define ONLINE_CPUS 4

struct effects last_fx;
unsigned int last_restarts;
uint32_t last_done;
int call_budget = EFFECTS_BUDGET;
unsigned int call_runs_max;

static struct hv *make_hv(uint64_t frame_count)
{
    struct hv *hv = calloc(1, sizeof(*hv));
    uint64_t m2p_bytes = frame_count * sizeof(*hv->m2p);
    uint64_t m2p_frames = (m2p_bytes + PAGE_SIZE - 1) / PAGE_SIZE;
    uint64_t *m2p;

    fake_start(frame_count);
    m2p = hal_map(mfn_of(frame_count - m2p_frames));
    for (uint64_t i = 1; i < m2p_frames; i++)
        hal_map(mfn_of(frame_count - i));
    mm_init(hv, calloc(frame_count, sizeof(struct frame)), frame_count, m2p);
    hv->by_domid = calloc(DOMID_FIRST_RESERVED, sizeof(*hv->by_domid));
    LIST_INIT(&hv->domains);
    spin_lock_init(&hv->domains_lock, LOCK_DOMAINS);
    for (unsigned int cpu = 0; cpu < ONLINE_CPUS; cpu++)
        cpumask_add(&hv->online, cpu);
    hv->machine.phys_bits = 40;
    hv->machine.cpu_count = ONLINE_CPUS;
    for (unsigned int i = 0; i < 16; i++)
        hv->l4_template[i] = 0xfeed0000u + i;
    fake.hv = hv;
    mm_mark_io(hv, mfn_of(0), 1);
    heap_add(hv, mfn_of(1), frame_count - m2p_frames - 1);
    return hv;
}

struct hv *machine(uint64_t frame_count)
{
    return make_hv(frame_count);
}

struct vcpu *machine_add_vcpu(struct domain *d, unsigned int cpu)
{
    struct vcpu *v = calloc(1, sizeof(*v));

    d->vcpus[d->max_vcpus] = v;
    v->d = d;
    v->id = d->max_vcpus++;
    vcpu_mm_init(v);
    v->sched.cpu = cpu;
    v->sched.on_cpu = true;
    cpumask_add(&d->dirty_cpus, cpu);
    return v;
}

static struct domain *make_domain(struct hv *hv, domid_t id)
{
    struct domain *d = calloc(1, sizeof(*d));

    d->hv = hv;
    d->domid = id;
    d->refs = 1;
    d->privileged = id == 0;
    spin_lock_init(&d->lock, LOCK_DOMAIN);
    domain_mm_init(d);
    d->pages.max = UINT64_MAX;
    machine_add_vcpu(d, id % ONLINE_CPUS);
    hv->by_domid[id] = d;
    LIST_INSERT_HEAD(&hv->domains, d, link);
    return d;
}

struct hv *machine_with_spare(unsigned int n, uint64_t frames, uint64_t spare)
{
    uint64_t ram = n * frames + spare;
    uint64_t m2p_frames = ram * 8 / PAGE_SIZE + 2;
    struct hv *hv = make_hv(1 + ram + m2p_frames);

    /* What the M2P did not need is in the heap as well: take it out. */
    while (hv->heap.free_frames > ram)
        (void)heap_alloc(hv, 0);
    for (unsigned int id = 0; id < n; id++) {
        struct domain *d = make_domain(hv, (domid_t)id);
        mfn_t m;

        for (uint64_t i = 0; i < frames; i++)
            if (domain_frame_alloc(d, 0, &m))
                abort();
    }
    return hv;
}

struct hv *machine_with_domains(unsigned int n, uint64_t frames)
{
    return machine_with_spare(n, frames, 0);
}

void machine_check(struct hv *hv, const mfn_t *held, unsigned int n)
{
    /* Static: a test that expects a panic does not come back here. */
    static struct frame_refs *refs;

    free(refs);
    refs = calloc(hv->frame_count, sizeof(*refs));
    for (unsigned int i = 0; i < n; i++)
        refs[held[i].n].general++;
    mm_check(hv, refs);
}

void machine_end(struct hv *hv)
{
    struct domain *d;

    machine_check(hv, NULL, 0);
    while ((d = LIST_FIRST(&hv->domains))) {
        LIST_REMOVE(d, link);
        hv_free(hv, d->e820, HV_E820_MAX * sizeof(*d->e820));
        for (unsigned int i = 0; i < d->max_vcpus; i++)
            free(d->vcpus[i]);
        free(d);
    }
    free(hv->frames);
    free(hv->by_domid);
    free(hv);
    fake_stop();
}

struct domain *machine_domain(struct hv *hv, domid_t id)
{
    return hv->by_domid[id];
}

struct vcpu *machine_vcpu(struct hv *hv, domid_t id)
{
    return hv->by_domid[id]->vcpus[0];
}

/* The list begins with the newest. */
mfn_t domain_frame(struct domain *d, unsigned int i)
{
    uint32_t at = d->pages.first;

    for (uint64_t skip = d->pages.total - 1 - i; skip > 0; skip--)
        at = d->hv->frames[at].next;
    return mfn_of(at);
}

struct tree write_tree(struct domain *d, unsigned int first)
{
    struct tree t = {
        .l4 = domain_frame(d, first),
        .l3 = domain_frame(d, first + 1),
        .l2 = domain_frame(d, first + 2),
        .l1 = domain_frame(d, first + 3),
    };

    poke(t.l4, 0, pte_make(t.l3, PTE_TABLE));
    poke(t.l3, 0, pte_make(t.l2, PTE_TABLE));
    poke(t.l2, 0, pte_make(t.l1, PTE_TABLE));
    return t;
}

/* ---------------------------------------------- hypercalls, as a guest */

#define ARGS_VA (FAKE_GUEST_VA + PAGE_SIZE)
#define DONE_VA FAKE_GUEST_VA

typedef int64_t (*batch_call)(struct vcpu *v, guest_ptr_t requests,
                              uint32_t count, guest_ptr_t done,
                              uint32_t foreigndom, struct effects *fx);

/* Apply what the exit path would, keep the union for the test to look at. */
static void apply(struct effects *fx)
{
    if (!cpumask_is_empty(fx->flush))
        hal_flush_tlb(fx->flush);
    last_fx.flush = cpumask_or(last_fx.flush, fx->flush);
    if (!cpumask_is_empty(fx->flush_page)) {
        last_fx.flush_page = cpumask_or(last_fx.flush_page, fx->flush_page);
        last_fx.flush_va = fx->flush_va;
        if (fake.on_flush_page)
            fake.on_flush_page(fx->flush_page, fx->flush_va);
    }
}

static void start_run(struct effects *fx)
{
    effects_init(fx);
    fx->budget = call_budget;
}

static int64_t run_batch(batch_call call, struct vcpu *v, const void *requests,
                         size_t size, uint32_t n, uint32_t foreigndom)
{
    uint64_t args[4] = {ARGS_VA, n, DONE_VA, foreigndom};
    struct effects fx;
    int64_t rc;

    memset(&last_fx, 0, sizeof(last_fx));
    if (n > 0)
        memcpy(fake_guest(ARGS_VA), requests, n * size);
    memset(fake_guest(DONE_VA), 0xee, sizeof(last_done));
    fake_set_cpu(v->sched.cpu);
    for (last_restarts = 0;; last_restarts++) {
        start_run(&fx);
        rc = call(v, (guest_ptr_t){args[0]}, (uint32_t)args[1],
                  (guest_ptr_t){args[2]}, (uint32_t)args[3], &fx);
        apply(&fx);
        if (rc != -ERESTART || last_restarts + 1 == call_runs_max)
            break;
        if (fx.restart_args)
            memcpy(args, fx.restart, fx.restart_args * sizeof(*args));
    }
    memcpy(&last_done, fake_guest(DONE_VA), sizeof(last_done));
    return rc;
}

int64_t call_mmu_update_n(struct vcpu *v, const struct mmu_update *u,
                          uint32_t n, uint32_t foreigndom)
{
    return run_batch(do_mmu_update, v, u, sizeof(*u), n, foreigndom);
}

int64_t call_mmu_update(struct vcpu *v, uint64_t ptr, uint64_t val)
{
    struct mmu_update u = {.ptr = ptr, .val = val};

    return call_mmu_update_n(v, &u, 1, DOMID_SELF);
}

int64_t call_mmuext_n(struct vcpu *v, const struct mmuext_op *op, uint32_t n,
                      uint32_t foreigndom)
{
    return run_batch(do_mmuext_op, v, op, sizeof(*op), n, foreigndom);
}

int64_t call_mmuext(struct vcpu *v, unsigned int cmd, uint64_t arg1,
                    uint64_t arg2)
{
    struct mmuext_op op = {.cmd = cmd, .arg1.mfn = arg1, .arg2.src_mfn = arg2};

    return call_mmuext_n(v, &op, 1, DOMID_SELF);
}

/* domid NULL: the call that has none. */
static int64_t update_va(struct vcpu *v, uint64_t va, uint64_t entry,
                         uint64_t flags, const domid_t *domid)
{
    struct effects fx;
    int64_t rc;

    memset(&last_fx, 0, sizeof(last_fx));
    fake_set_cpu(v->sched.cpu);
    for (last_restarts = 0;; last_restarts++) {
        start_run(&fx);
        rc = domid ? do_update_va_mapping_otherdomain(v, va, entry, flags,
                                                      *domid, &fx)
                   : do_update_va_mapping(v, va, entry, flags, &fx);
        apply(&fx);
        if (rc != -ERESTART || last_restarts + 1 == call_runs_max)
            break;
    }
    return rc;
}

int64_t call_update_va(struct vcpu *v, uint64_t va, uint64_t entry,
                       uint64_t flags)
{
    return update_va(v, va, entry, flags, NULL);
}

int64_t call_update_va_for(struct vcpu *v, uint64_t va, uint64_t entry,
                           uint64_t flags, domid_t domid)
{
    return update_va(v, va, entry, flags, &domid);
}

int64_t call_memory_op(struct vcpu *v, uint64_t cmd, void *arg, size_t bytes)
{
    uint64_t args[2] = {cmd, ARGS_VA};
    struct effects fx;
    int64_t rc;

    memset(&last_fx, 0, sizeof(last_fx));
    if (bytes > 0)
        memcpy(fake_guest(ARGS_VA), arg, bytes);
    fake_set_cpu(v->sched.cpu);
    for (last_restarts = 0;; last_restarts++) {
        start_run(&fx);
        rc = do_memory_op(v, args[0], (guest_ptr_t){args[1]}, &fx);
        apply(&fx);
        if (rc != -ERESTART || last_restarts + 1 == call_runs_max)
            break;
        if (fx.restart_args)
            memcpy(args, fx.restart, fx.restart_args * sizeof(*args));
    }
    if (bytes > 0)
        memcpy(arg, fake_guest(ARGS_VA), bytes);
    return rc;
}

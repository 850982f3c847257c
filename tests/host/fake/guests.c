/* SPDX-License-Identifier: MIT */
#include "fake/guests.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "domain/domain.h"
#include "event/channel.h"
#include "fake/check.h"
#include "fake/machine.h"
#include "grant/grant.h"
#include "mm/alloc.h"
#include "sched/runqueue.h"
#include "sched/timer.h"

/* What a machine needs for the structs of each domain. */
#define OVERHEAD_FRAMES 200

static struct {
    struct vcpu *loaded;
    bool interrupted;
} cpus[GUESTS_MAX_CPUS];

/* ------------------------------------------------------------- make it */

struct domain *add_guest(struct hv *hv, domid_t id, unsigned int vcpus)
{
    struct domain_config config = {
        .max_vcpus = vcpus,
        .max_evtchn_port = UINT32_MAX,
        .max_grant_frames = 4,
        .max_maptrack_frames = 4,
        .max_pages = UINT64_MAX,
        .privileged = id == 0,
    };
    struct effects fx;
    struct domain *d;

    effects_init(&fx);
    if (domain_create(hv, id, &config, &d))
        abort();
    for (unsigned int i = 0; i < vcpus; i++) {
        spin_lock(&d->lock);
        if (vcpu_create(d, i))
            abort();
        spin_unlock(&d->lock);
        d->vcpus[i]->initialised = true;
        vcpu_up(d->vcpus[i], fake.now_ns, &fx);
    }
    if (domain_unpause(d, &fx))
        abort();
    guests_exit(hv, &fx);
    domain_put(d);
    return d;
}

struct hv *machine_with_memory(unsigned int cpu_count, unsigned int n,
                               unsigned int vcpus, uint64_t frames)
{
    struct hv *hv = machine(n * (OVERHEAD_FRAMES + frames) + 64);

    memset(cpus, 0, sizeof(cpus));
    hv->online = (cpumask_t){(1ul << cpu_count) - 1};
    hv->machine.tsc_mul = 1u << 31;
    free(hv->by_domid);
    if (domains_init(hv))
        abort();
    for (unsigned int cpu = 0; cpu < cpu_count; cpu++) {
        sched_init_cpu(hv, cpu);
        timer_init_cpu(hv, cpu);
        cpus[cpu].interrupted = true; /* to find that it is idle */
    }
    for (unsigned int id = 0; id < n; id++) {
        struct domain *d = add_guest(hv, (domid_t)id, vcpus);
        mfn_t m;

        if (id == 0)
            hv->dom0 = d;
        for (uint64_t i = 0; i < frames; i++)
            if (domain_frame_alloc(d, 0, &m))
                abort();
    }
    return hv;
}

struct hv *machine_with_guests(unsigned int cpu_count, unsigned int n,
                               unsigned int vcpus)
{
    return machine_with_memory(cpu_count, n, vcpus, 0);
}

void guests_check(struct hv *hv)
{
    struct domain *d;
    unsigned int cpu;

    LIST_FOREACH (d, &hv->domains, link) {
        evtchn_check(d);
        grant_check(d);
    }
    sched_check(hv);
    cpumask_for_each(cpu, hv->online) timers_check(hv, cpu);
}

/* The arena holds every struct of core/: it goes as one. */
void guests_end(struct hv *hv)
{
    struct domain *d;
    struct vcpu *v;

    guests_check(hv);
    LIST_FOREACH (d, &hv->domains, link)
        domain_for_each_vcpu (d, v)
            hal_vcpu_destroy(v);
    free(hv->frames);
    free(hv);
    fake_stop();
}

struct domain *guest(struct hv *hv, domid_t id)
{
    return hv->by_domid[id];
}

struct vcpu *guest_vcpu(struct hv *hv, domid_t id, unsigned int vcpu)
{
    return hv->by_domid[id]->vcpus[vcpu];
}

/* -------------------------------------------------------------- run it */

struct vcpu *running_on(unsigned int cpu)
{
    return cpus[cpu].loaded;
}

bool is_running(const struct vcpu *v)
{
    for (unsigned int cpu = 0; cpu < GUESTS_MAX_CPUS; cpu++)
        if (cpus[cpu].loaded == v)
            return true;
    return false;
}

void enter_from(struct vcpu *v)
{
    for (unsigned int cpu = 0; cpu < GUESTS_MAX_CPUS; cpu++)
        if (cpus[cpu].loaded == v) {
            fake_set_cpu(cpu);
            return;
        }
    ck_abort_msg("dom%u vCPU %u runs on no CPU", v->d->domid, v->id);
}

static void interrupt(cpumask_t mask)
{
    unsigned int cpu;

    cpumask_for_each(cpu, mask) cpus[cpu].interrupted = true;
}

/* One CPU picks and switches, as x86/ does. */
static void pick_and_switch(struct hv *hv, unsigned int cpu)
{
    struct vcpu *prev = cpus[cpu].loaded, *next;
    struct effects fx;

    fake_set_cpu(cpu);
    effects_init(&fx);
    cpus[cpu].interrupted = false;
    next = sched_pick(hv, cpu, fake.now_ns, &fx);
    if (next != prev) {
        cpus[cpu].loaded = next;
        if (prev)
            sched_switched(prev, &fx);
    }
    interrupt(fx.resched);
}

void guests_exit(struct hv *hv, const struct effects *fx)
{
    bool any;

    interrupt(fx->resched);
    do {
        any = false;
        for (unsigned int cpu = 0; cpu < GUESTS_MAX_CPUS; cpu++) {
            if (!cpus[cpu].interrupted)
                continue;
            any = true;
            pick_and_switch(hv, cpu);
        }
    } while (any);
}

void guests_run(struct hv *hv, uint64_t until_ns, uint64_t step_ns,
                void (*each)(struct hv *hv))
{
    unsigned int cpu;

    while (fake.now_ns < until_ns) {
        fake.now_ns += step_ns;
        if (each)
            each(hv);
        cpumask_for_each(cpu, hv->online)
        {
            struct effects fx;

            fake_set_cpu(cpu);
            effects_init(&fx);
            if (timer_next(hv, cpu) <= fake.now_ns)
                timers_run(hv, cpu, fake.now_ns, &fx);
            if (sched_slice_end(hv, cpu) <= fake.now_ns)
                effects_resched(&fx, cpu);
            guests_exit(hv, &fx);
        }
    }
}

/* ---------------------------------------------------------- hypercalls */

static guest_ptr_t put_argument(const void *arg, size_t bytes)
{
    if (!arg)
        return (guest_ptr_t){0};
    memcpy(fake_guest(CALL_VA), arg, bytes);
    return (guest_ptr_t){CALL_VA};
}

static void get_argument(void *arg, size_t bytes)
{
    if (arg)
        memcpy(arg, fake_guest(CALL_VA), bytes);
}

int64_t call_evtchn(struct vcpu *v, uint32_t cmd, void *arg, size_t bytes)
{
    guest_ptr_t p = put_argument(arg, bytes);
    struct effects fx;
    int64_t rc;

    enter_from(v);
    do {
        effects_init(&fx);
        rc = do_event_channel_op(v, cmd, p, &fx);
    } while (rc == -ERESTART);
    get_argument(arg, bytes);
    guests_exit(v->d->hv, &fx);
    return rc;
}

int64_t call_sched(struct vcpu *v, uint32_t cmd, const void *arg, size_t bytes)
{
    guest_ptr_t p = put_argument(arg, bytes);
    struct effects fx;
    int64_t rc;

    enter_from(v);
    effects_init(&fx);
    rc = do_sched_op(v, cmd, p, &fx);
    guests_exit(v->d->hv, &fx);
    return rc;
}

int64_t call_vcpu(struct vcpu *v, uint32_t cmd, uint32_t id, void *arg,
                  size_t bytes)
{
    guest_ptr_t p = put_argument(arg, bytes);
    struct effects fx;
    int64_t rc;

    enter_from(v);
    effects_init(&fx);
    rc = do_vcpu_op(v, cmd, id, p, &fx);
    get_argument(arg, bytes);
    guests_exit(v->d->hv, &fx);
    return rc;
}

int64_t call_grant(struct vcpu *v, uint32_t cmd, void *ops, uint32_t count,
                   size_t bytes)
{
    guest_ptr_t p = put_argument(ops, count * bytes);
    struct effects fx;
    int64_t rc;

    enter_from(v);
    for (;;) {
        effects_init(&fx);
        rc = do_grant_table_op(v, cmd, p, count, &fx);
        if (rc != -ERESTART)
            break;
        if (fx.restart_args == 3) {
            cmd = (uint32_t)fx.restart[0];
            p.va = fx.restart[1];
            count = (uint32_t)fx.restart[2];
        }
    }
    if (ops)
        memcpy(ops, fake_guest(CALL_VA), (p.va - CALL_VA) + count * bytes);
    guests_exit(v->d->hv, &fx);
    return rc;
}

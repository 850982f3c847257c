/* SPDX-License-Identifier: MIT */
/* The invariants of domains, events, grants and the scheduler. */
#include "fake/check.h"

#include "bug.h"
#include "domain.h"
#include "event/channel.h"
#include "event/upcall.h"
#include "grant/grant.h"
#include "hv.h"
#include "sched/runqueue.h"

/* ------------------------------------------------------------- domains */

void domains_check(struct hv *hv)
{
    struct domain *d, *before = NULL;

    spin_lock(&hv->domains_lock);
    LIST_FOREACH (d, &hv->domains, link) {
        BUG_ON(d->hv != hv || hv->by_domid[d->domid] != d);
        BUG_ON(before && before->domid >= d->domid);
        BUG_ON(d->holds_itself && d->refs == 0);
        BUG_ON(d->privileged != (d == hv->dom0));
        before = d;
    }
    spin_unlock(&hv->domains_lock);
}

/* -------------------------------------------------------------- events */

static void check_port(struct domain *d, evtchn_port_t port)
{
    const struct evtchn *e = port_entry(d, port);
    const struct evtchn *far;

    switch (e->state) {
    case EVTCHNSTAT_closed:
        BUG_ON(port != 0 && port < d->event.first_free);
        BUG_ON(port_is_pending(d, port));
        return;
    case EVTCHNSTAT_interdomain:
        far = port_find(e->remote, e->peer);
        BUG_ON(!far || far->state != EVTCHNSTAT_interdomain);
        BUG_ON(far->remote != d || far->peer != port);
        break;
    case EVTCHNSTAT_virq:
        BUG_ON(e->peer >= NR_VIRQS);
        break;
    }
    BUG_ON(port == 0 || e->state > EVTCHNSTAT_ipi);
    BUG_ON(e->notify_vcpu >= d->max_vcpus);
}

/* A queue's tail is a port that went to this queue last. */
static void check_tails(struct domain *d, const struct vcpu *v)
{
    for (unsigned int q = 0; q < EVTCHN_FIFO_MAX_QUEUES; q++) {
        evtchn_port_t tail = v->event.fifo_tail[q];

        if (tail == 0)
            continue;
        BUG_ON(!d->event.fifo || !v->event.fifo_block);
        BUG_ON(tail >= d->event.fifo_page_count * EVTCHN_FIFO_PAGE_WORDS);
        BUG_ON(port_entry(d, tail)->last_vcpu != v->id);
        BUG_ON(port_entry(d, tail)->last_priority != q);
    }
}

void evtchn_check(struct domain *d)
{
    unsigned int open = 0;
    struct vcpu *v;

    for (evtchn_port_t p = 1; p < d->event.port_count; p++)
        open += port_entry(d, p)->state != EVTCHNSTAT_closed;
    BUG_ON(open != d->event.open_count);
    for (evtchn_port_t p = 0; p < d->event.port_count; p++)
        check_port(d, p);
    domain_for_each_vcpu (d, v) {
        check_tails(d, v);
        for (uint32_t virq = 0; virq < NR_VIRQS; virq++) {
            evtchn_port_t port = v->event.virq_to_port[virq];
            const struct evtchn *e;

            if (port == 0)
                continue;
            e = port_find(d, port);
            BUG_ON(!e || e->state != EVTCHNSTAT_virq || e->peer != virq);
        }
    }
}

/* ----------------------------------------------------------- scheduler */

static void check_queued(struct hv *hv, unsigned int cpu)
{
    struct hv_cpu *c = &hv->cpus[cpu];
    int64_t last = INT64_MIN;
    unsigned int count = 0;
    struct vcpu *v;

    TAILQ_FOREACH (v, &c->queue, sched.link) {
        BUG_ON(!v->sched.queued || v->sched.cpu != cpu || v == c->current);
        BUG_ON(v->sched.run != VCPU_RUNNABLE || v->sched.pause_count > 0);
        BUG_ON(v->sched.parked);
        BUG_ON(v->sched.credit < last);
        last = v->sched.credit;
        count++;
    }
    BUG_ON(count != c->queue_count);
}

void sched_check(struct hv *hv)
{
    struct domain *d;
    struct vcpu *v;
    unsigned int cpu;

    cpumask_for_each(cpu, hv->online)
    {
        check_queued(hv, cpu);
        v = hv->cpus[cpu].current;
        BUG_ON(v && (v->sched.cpu != cpu || !v->sched.on_cpu));
        BUG_ON(v && v->sched.queued);
    }
    LIST_FOREACH (d, &hv->domains, link) {
        domain_for_each_vcpu (d, v) {
            bool current = hv->cpus[v->sched.cpu].current == v;

            BUG_ON(v->sched.run == VCPU_RUNNING && !current);
            BUG_ON(vcpu_wants_cpu(v) && !current && !v->sched.queued);
        }
    }
}

/* -------------------------------------------------------------- grants */

static uint32_t count_parts(const struct grant_mapping *m)
{
    return !!(m->flags & GNTMAP_device_map) + !!(m->flags & GNTMAP_host_map);
}

/* Pins of granter's grant ref that mappings of user hold. */
static void count_pins(const struct domain *user, const struct domain *granter,
                       grant_ref_t ref, uint32_t *readers, uint32_t *writers)
{
    const struct grant_table *t = user->grant;

    for (grant_handle_t h = 0; h < t->mapping_frame_count * MAPPINGS_PER_FRAME;
         h++) {
        const struct grant_mapping *m = grant_mapping_of(t, h);
        uint32_t parts = count_parts(m);

        if (parts == 0 || m->granter != granter || m->ref != ref)
            continue;
        *readers += parts;
        if (!(m->flags & GNTMAP_readonly))
            *writers += parts;
    }
}

static void check_active(struct domain *d, grant_ref_t ref)
{
    const struct grant_active *a = grant_active_of(d->grant, ref);
    uint32_t readers = 0, writers = 0;
    struct domain *user;

    if (a->readers == 0) {
        BUG_ON(a->writers != 0 || a->frame != 0);
        return;
    }
    LIST_FOREACH (user, &d->hv->domains, link) {
        uint32_t before = readers;

        count_pins(user, d, ref, &readers, &writers);
        BUG_ON(readers != before && user->domid != a->domid);
    }
    BUG_ON(readers != a->readers || writers != a->writers);
    BUG_ON(!frame_of(d->hv, mfn_of(a->frame)));
}

/* The list of free mappings: as long as there are mappings without parts. */
static void check_free_list(const struct grant_table *t)
{
    uint32_t count = 0, on_list = 0, end;

    end = (uint32_t)(t->mapping_frame_count * MAPPINGS_PER_FRAME);
    for (grant_handle_t h = 0; h < end; h++) {
        const struct grant_mapping *m = grant_mapping_of(t, h);

        BUG_ON(m->busy);
        count += count_parts(m) == 0;
    }
    for (uint32_t h = t->mapping_free; h != MAPPING_NONE;
         h = grant_mapping_of(t, h)->next) {
        BUG_ON(h >= end || on_list > count);
        on_list++;
    }
    BUG_ON(on_list != count);
}

void grant_check(struct domain *d)
{
    for (grant_ref_t ref = 0; ref < d->grant->frame_count * ENTRIES_PER_FRAME;
         ref++)
        check_active(d, ref);
    check_free_list(d->grant);
}

/* ---------------------------------------------------------- references */

static void add_pins(const struct grant_table *t, struct frame_refs *refs)
{
    for (grant_ref_t r = 0; r < t->frame_count * ENTRIES_PER_FRAME; r++) {
        const struct grant_active *a = grant_active_of(t, r);
        struct frame_refs *f = &refs[a->frame];

        if (a->readers == 0)
            continue;
        f->general += a->readers;
        if (a->writers == 0)
            continue;
        f->type += a->writers;
        f->kind = FRAME_WRITABLE;
    }
}

static void add_writable(mfn_t m, struct frame_refs *refs)
{
    refs[m.n].general++;
    refs[m.n].type++;
    refs[m.n].kind = FRAME_WRITABLE;
}

void domain_refs(const struct domain *d, struct frame_refs *refs)
{
    const struct vcpu *v;

    add_pins(d->grant, refs);
    domain_for_each_vcpu (d, v) {
        if (mfn_is_valid(v->event.info_mfn))
            add_writable(v->event.info_mfn, refs);
        if (v->event.fifo_block)
            add_writable(hal_mfn_of(v->event.fifo_block), refs);
    }
    for (unsigned int i = 0; i < d->event.fifo_page_count; i++)
        add_writable(hal_mfn_of(d->event.fifo_pages[i]), refs);
}

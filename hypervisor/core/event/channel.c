/* SPDX-License-Identifier: MIT */
#include "event/channel.h"

#include <errno.h>

#include "bug.h"
#include "domain/domain.h"
#include "event/upcall.h"
#include "mm/alloc.h"

#define BUCKET_BYTES (EVTCHN_BUCKET_SIZE * sizeof(struct evtchn))

_Static_assert(sizeof(struct evtchn) == 32, "a port costs 32 bytes");
_Static_assert(BUCKET_BYTES % PAGE_SIZE == 0, "a bucket is whole pages");
_Static_assert(EVTCHN_BUCKETS *EVTCHN_BUCKET_SIZE == EVTCHN_FIFO_NR_CHANNELS,
               "the table holds every port there can be");

void domain_event_init(struct domain *d, uint32_t max_port)
{
    spin_lock_init(&d->event.lock, LOCK_EVENT);
    spin_lock_init(&d->event.fifo_lock, LOCK_FIFO);
    d->event.port_max = max_port < EVTCHN_FIFO_NR_CHANNELS
                            ? max_port + 1
                            : EVTCHN_FIFO_NR_CHANNELS;
    d->event.first_free = 1;
}

/* One more bucket. Its page is there before port_count says so. */
static int add_bucket(struct domain *d)
{
    struct evtchn *bucket = hv_alloc(d->hv, BUCKET_BYTES);

    if (!bucket)
        return -ENOMEM;
    d->event.buckets[d->event.port_count / EVTCHN_BUCKET_SIZE] = bucket;
    __atomic_store_n(&d->event.port_count,
                     d->event.port_count + EVTCHN_BUCKET_SIZE,
                     __ATOMIC_RELEASE);
    return 0;
}

/* The first closed port from p on, or a port that does not exist. */
static evtchn_port_t next_closed(const struct domain *d, evtchn_port_t p)
{
    while (p < d->event.port_count &&
           port_entry(d, p)->state != EVTCHNSTAT_closed)
        p++;
    return p;
}

/* Find the lowest free port and make room for it; it stays closed. */
static int reserve(struct domain *d, evtchn_port_t *port)
{
    unsigned int max =
        fifo_is_on(d) ? EVTCHN_FIFO_NR_CHANNELS : EVTCHN_2L_NR_CHANNELS;
    evtchn_port_t p;

    ASSERT(spin_is_held(&d->event.lock));
    if (d->dying)
        return -EINVAL;
    p = d->event.first_free = next_closed(d, d->event.first_free);
    while (fifo_flags(d, p, 0) >> EVTCHN_FIFO_LINKED & 1)
        p = next_closed(d, p + 1);
    if (p >= d->event.port_max || p >= max)
        return -ENOSPC;
    *port = p;
    return p < d->event.port_count ? 0 : add_bucket(d);
}

/*
 * Before a port opens and after it closed, nothing is pending on it. That it
 * may still be the tail of a queue outlives it.
 */
static void assign(struct domain *d, evtchn_port_t port, struct evtchn e)
{
    struct evtchn *at = port_entry(d, port);

    port_clear(d, port);
    e.priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
    e.last_priority = at->last_priority;
    e.last_vcpu = at->last_vcpu;
    d->event.open_count += e.state != EVTCHNSTAT_closed;
    d->event.open_count -= at->state != EVTCHNSTAT_closed;
    *at = e;
}

int evtchn_open(struct domain *d, struct evtchn e, evtchn_port_t *slot,
                evtchn_port_t *port)
{
    int rc;

    spin_guard(&d->event.lock);
    rc = slot && *slot ? -EEXIST : reserve(d, port);
    if (rc)
        return rc;
    assign(d, *port, e);
    if (slot)
        *slot = *port;
    return 0;
}

int evtchn_bind_interdomain(struct domain *d, struct domain *remote,
                            evtchn_port_t remote_port, evtchn_port_t *port,
                            struct effects *fx)
{
    struct evtchn near = {
        .state = EVTCHNSTAT_interdomain, .peer = remote_port, .remote = remote};
    struct evtchn *far;
    int rc = -EINVAL;

    spin_lock_pair(&d->event.lock, &remote->event.lock);
    far = remote->dying ? NULL : port_find(remote, remote_port);
    if (far && far->state == EVTCHNSTAT_unbound &&
        far->remote_domid == d->domid)
        rc = reserve(d, port);
    if (!rc) {
        assign(d, *port, near);
        far->state = EVTCHNSTAT_interdomain;
        far->remote = d;
        far->peer = *port;
        /* What the other side signalled before it had a peer. */
        port_raise(d, *port, near.notify_vcpu, fx);
    }
    spin_unlock_pair(&d->event.lock, &remote->event.lock);
    return rc;
}

/*
 * Only the caller's own lock: while it is held, the peer cannot be closed
 * (channel.h). The peer's vCPU may be changed meanwhile, which sends this
 * event to the old or the new one.
 */
int evtchn_send(struct domain *d, evtchn_port_t port, struct effects *fx)
{
    struct evtchn *e, *far;

    spin_guard(&d->event.lock);
    e = port_find(d, port);
    switch (e ? e->state : EVTCHNSTAT_closed) {
    case EVTCHNSTAT_interdomain:
        far = port_entry(e->remote, e->peer);
        port_raise(e->remote, e->peer,
                   __atomic_load_n(&far->notify_vcpu, __ATOMIC_RELAXED), fx);
        return 0;
    case EVTCHNSTAT_ipi:
        port_raise(d, port, e->notify_vcpu, fx);
        return 0;
    case EVTCHNSTAT_unbound:
        return 0;
    default:
        return -EINVAL;
    }
}

/* All locks that e's state asks for are held. */
static void close_locked(struct domain *d, evtchn_port_t port, struct evtchn *e)
{
    if (e->state == EVTCHNSTAT_interdomain) {
        struct evtchn *far = port_entry(e->remote, e->peer);

        far->state = EVTCHNSTAT_unbound;
        far->peer = 0;
        far->remote = NULL; /* all bytes of the union */
        far->remote_domid = d->domid;
    } else if (e->state == EVTCHNSTAT_virq) {
        struct vcpu *v;

        domain_for_each_vcpu (d, v)
            if (v->event.virq_to_port[e->peer] == port)
                v->event.virq_to_port[e->peer] = 0;
    }
    assign(d, port, (struct evtchn){.state = EVTCHNSTAT_closed});
    if (port < d->event.first_free)
        d->event.first_free = port;
}

/* Whose lock is needed besides d's to change e; d itself: no other's. */
static struct domain *other_end(struct domain *d, const struct evtchn *e)
{
    return e && e->state == EVTCHNSTAT_interdomain ? e->remote : d;
}

/*
 * The peer's domain must be locked too, in an order that may need our lock
 * dropped first. The reference keeps the peer's struct meanwhile; whether
 * the port still is what it was is asked again afterwards.
 */
int evtchn_close(struct domain *d, evtchn_port_t port)
{
    struct domain *remote;
    struct evtchn *e;
    bool same;

    do {
        spin_lock(&d->event.lock);
        remote = other_end(d, port_find(d, port));
        domain_get(remote);
        spin_unlock(&d->event.lock);

        spin_lock_pair(&d->event.lock, &remote->event.lock);
        e = port_find(d, port);
        same = other_end(d, e) == remote;
        if (same && e)
            close_locked(d, port, e);
        spin_unlock_pair(&d->event.lock, &remote->event.lock);
        domain_put(remote);
    } while (!same);
    return e ? 0 : -EINVAL;
}

int evtchn_reset(struct domain *d, struct effects *fx)
{
    unsigned int count =
        __atomic_load_n(&d->event.port_count, __ATOMIC_ACQUIRE);
    evtchn_port_t p = __atomic_load_n(&d->event.reset_next, __ATOMIC_RELAXED);

    while (p < count) {
        (void)!evtchn_close(d, p++);
        if (!effects_spend(fx, 1)) {
            __atomic_store_n(&d->event.reset_next, p, __ATOMIC_RELAXED);
            return -ERESTART;
        }
    }
    __atomic_store_n(&d->event.reset_next, 0, __ATOMIC_RELAXED);
    spin_guard(&d->event.lock);
    if (d->event.open_count != 0)
        return -EAGAIN;
    fifo_end(d);
    return 0;
}

int domain_event_destroy(struct domain *d, struct effects *fx)
{
    struct vcpu *v;
    int rc;

    BUG_ON(!d->dying);
    rc = evtchn_reset(d, fx);
    if (rc) /* -EAGAIN: it went on where a reset of the guest's had stopped */
        return -ERESTART;
    domain_for_each_vcpu (d, v) {
        vcpu_unregister_info(v);
    }
    /* A status enquiry may look at a port up to here, under the lock. */
    spin_guard(&d->event.lock);
    __atomic_store_n(&d->event.port_count, 0, __ATOMIC_RELEASE);
    for (unsigned int i = 0; i < EVTCHN_BUCKETS; i++) {
        hv_free(d->hv, d->event.buckets[i], BUCKET_BYTES);
        d->event.buckets[i] = NULL;
    }
    d->event.first_free = 1;
    return 0;
}

bool virq_is_global(uint32_t virq)
{
    const uint32_t per_vcpu = 1u << VIRQ_TIMER | 1u << VIRQ_DEBUG |
                              1u << VIRQ_XENOPROF | 1u << VIRQ_XENPMU;

    ASSERT(virq < NR_VIRQS);
    return !(per_vcpu >> virq & 1);
}

void virq_raise_vcpu(struct vcpu *v, uint32_t virq, struct effects *fx)
{
    struct domain *d = v->d;
    evtchn_port_t port;

    spin_guard(&d->event.lock);
    port = v->event.virq_to_port[virq];
    if (port != 0)
        port_raise(d, port, port_entry(d, port)->notify_vcpu, fx);
}

void virq_raise_global(struct hv *hv, uint32_t virq, struct effects *fx)
{
    struct domain *d = hv->dom0;

    ASSERT(virq_is_global(virq));
    if (d && d->vcpus[0])
        virq_raise_vcpu(d->vcpus[0], virq, fx);
}

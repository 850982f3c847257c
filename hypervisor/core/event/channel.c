/* SPDX-License-Identifier: MIT */
/*
 * Binding, sending and closing. Every function here checks first and then
 * acts; what may fail half-way (memory for a bucket) is reserved before.
 */
#include "event/channel.h"

#include <errno.h>

#include "bug.h"
#include "domain/domain.h"
#include "event/upcall.h"
#include "hv.h"
#include "mm/alloc.h"

#define BUCKET_BYTES (EVTCHN_BUCKET_SIZE * sizeof(struct evtchn))

_Static_assert(sizeof(struct evtchn) == 16, "a port costs 16 bytes");
_Static_assert(BUCKET_BYTES == PAGE_SIZE, "a bucket is one page");
_Static_assert(EVTCHN_BUCKETS *EVTCHN_BUCKET_SIZE == EVTCHN_2L_NR_CHANNELS,
               "the table holds every two-level port");

/* --------------------------------------------------------------- table */

void domain_event_init(struct domain *d, uint32_t max_port)
{
    spin_lock_init(&d->event.lock, LOCK_EVENT);
    d->event.port_max =
        max_port < EVTCHN_2L_NR_CHANNELS ? max_port + 1 : EVTCHN_2L_NR_CHANNELS;
    d->event.first_free = 1;
}

struct evtchn *port_find(const struct domain *d, evtchn_port_t port)
{
    struct evtchn *e;

    if (!evtchn_exists(d, port))
        return NULL;
    e = port_entry(d, port);
    return e->state == EVTCHNSTAT_closed ? NULL : e;
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

int port_reserve(struct domain *d, evtchn_port_t *port)
{
    evtchn_port_t p = d->event.first_free;

    ASSERT(spin_is_held(&d->event.lock));
    if (d->dying)
        return -EINVAL;
    while (p < d->event.port_count &&
           port_entry(d, p)->state != EVTCHNSTAT_closed)
        p++;
    d->event.first_free = p;
    if (p >= d->event.port_max)
        return -ENOSPC;
    if (p >= d->event.port_count) {
        int rc = add_bucket(d);

        if (rc)
            return rc;
    }
    *port = p;
    return 0;
}

struct evtchn *port_open(struct domain *d, evtchn_port_t port, int state,
                         unsigned int notify)
{
    struct evtchn *e = port_entry(d, port);

    ASSERT(e->state == EVTCHNSTAT_closed);
    port_clear(d, port);
    *e = (struct evtchn){.state = (uint8_t)state,
                         .notify_vcpu = (uint16_t)notify};
    return e;
}

void port_release(struct domain *d, evtchn_port_t port)
{
    port_clear(d, port);
    *port_entry(d, port) = (struct evtchn){.state = EVTCHNSTAT_closed};
    if (port < d->event.first_free)
        d->event.first_free = port;
}

void ports_free(struct domain *d)
{
    __atomic_store_n(&d->event.port_count, 0, __ATOMIC_RELEASE);
    for (unsigned int i = 0; i < EVTCHN_BUCKETS; i++) {
        hv_free(d->hv, d->event.buckets[i], BUCKET_BYTES);
        d->event.buckets[i] = NULL;
    }
    d->event.first_free = 1;
}

/* ------------------------------------------------------------- binding */

int evtchn_alloc_unbound(struct domain *d, domid_t remote, evtchn_port_t *port)
{
    int rc;

    spin_lock(&d->event.lock);
    rc = port_reserve(d, port);
    if (!rc)
        port_open(d, *port, EVTCHNSTAT_unbound, 0)->remote_domid = remote;
    spin_unlock(&d->event.lock);
    return rc;
}

/* The remote end, if d may bind to it. Both locks held. */
static struct evtchn *find_unbound_for(struct domain *remote,
                                       evtchn_port_t port, domid_t binder)
{
    struct evtchn *e = remote->dying ? NULL : port_find(remote, port);

    if (!e || e->state != EVTCHNSTAT_unbound || e->remote_domid != binder)
        return NULL;
    return e;
}

int evtchn_bind_interdomain(struct domain *d, struct domain *remote,
                            evtchn_port_t remote_port, evtchn_port_t *port,
                            struct effects *fx)
{
    struct evtchn *far, *near;
    int rc;

    spin_lock_pair(&d->event.lock, &remote->event.lock);
    far = find_unbound_for(remote, remote_port, d->domid);
    rc = far ? port_reserve(d, port) : -EINVAL;
    if (!rc) {
        near = port_open(d, *port, EVTCHNSTAT_interdomain, 0);
        near->remote = remote;
        near->peer = remote_port;
        far->state = EVTCHNSTAT_interdomain;
        far->remote = d;
        far->peer = *port;
        /* What the other side signalled before it had a peer. */
        port_raise(d, *port, near->notify_vcpu, fx);
    }
    spin_unlock_pair(&d->event.lock, &remote->event.lock);
    return rc;
}

/* ------------------------------------------------------------- sending */

/*
 * Only the caller's own lock: while it is held, the peer cannot be closed
 * (channel.h). The peer's vCPU may be changed meanwhile, which sends this
 * event to the old or the new one.
 */
int evtchn_send(struct domain *d, evtchn_port_t port, struct effects *fx)
{
    struct evtchn *e, *far;
    int rc = 0;

    spin_lock(&d->event.lock);
    e = port_find(d, port);
    switch (e ? e->state : EVTCHNSTAT_closed) {
    case EVTCHNSTAT_interdomain:
        far = port_entry(e->remote, e->peer);
        port_raise(e->remote, e->peer,
                   __atomic_load_n(&far->notify_vcpu, __ATOMIC_RELAXED), fx);
        break;
    case EVTCHNSTAT_ipi:
        port_raise(d, port, e->notify_vcpu, fx);
        break;
    case EVTCHNSTAT_unbound:
        break;
    default:
        rc = -EINVAL;
    }
    spin_unlock(&d->event.lock);
    return rc;
}

/* ------------------------------------------------------------- closing */

/* All locks that e's state asks for are held. */
static void close_locked(struct domain *d, evtchn_port_t port)
{
    struct evtchn *e = port_entry(d, port);

    switch (e->state) {
    case EVTCHNSTAT_interdomain: {
        struct evtchn *far = port_entry(e->remote, e->peer);

        far->state = EVTCHNSTAT_unbound;
        far->peer = 0;
        far->remote = NULL; /* all bytes of the union */
        far->remote_domid = d->domid;
        break;
    }
    case EVTCHNSTAT_virq: {
        struct vcpu *v;

        domain_for_each_vcpu (d, v) {
            if (v->event.virq_to_port[e->peer] == port)
                v->event.virq_to_port[e->peer] = 0;
        }
        break;
    }
    }
    port_release(d, port);
}

/*
 * The peer's domain must be locked too, in an order that may need our lock
 * dropped first. The reference keeps the peer's struct meanwhile; whether
 * the port still is what it was is asked again afterwards.
 */
static int close_interdomain(struct domain *d, evtchn_port_t port,
                             struct domain *remote)
{
    struct evtchn *e;
    bool done = false;

    spin_lock_pair(&d->event.lock, &remote->event.lock);
    e = port_find(d, port);
    if (!e || e->state != EVTCHNSTAT_interdomain || e->remote == remote) {
        if (e)
            close_locked(d, port);
        done = true;
    }
    spin_unlock_pair(&d->event.lock, &remote->event.lock);
    domain_put(remote);
    if (!done)
        return -EAGAIN;
    return e ? 0 : -EINVAL;
}

int evtchn_close(struct domain *d, evtchn_port_t port)
{
    int rc;

    do {
        struct domain *remote = NULL;
        struct evtchn *e;

        spin_lock(&d->event.lock);
        e = port_find(d, port);
        if (e && e->state == EVTCHNSTAT_interdomain) {
            remote = e->remote;
            domain_get(remote);
        } else if (e) {
            close_locked(d, port);
        }
        spin_unlock(&d->event.lock);
        rc = remote ? close_interdomain(d, port, remote) : e ? 0 : -EINVAL;
    } while (rc == -EAGAIN);
    return rc;
}

int evtchn_reset(struct domain *d, struct effects *fx)
{
    unsigned int count =
        __atomic_load_n(&d->event.port_count, __ATOMIC_ACQUIRE);

    for (evtchn_port_t p = 1; p < count; p++)
        if (evtchn_close(d, p) == 0 && !effects_spend(fx, 1))
            return -ERESTART;
    return 0;
}

int domain_event_destroy(struct domain *d, struct effects *fx)
{
    struct vcpu *v;
    int rc;

    BUG_ON(!d->dying);
    rc = evtchn_reset(d, fx);
    if (rc)
        return rc;
    domain_for_each_vcpu (d, v) {
        vcpu_unregister_info(v);
    }
    /* A status enquiry may look at a port up to here, under the lock. */
    spin_lock(&d->event.lock);
    ports_free(d);
    spin_unlock(&d->event.lock);
    return 0;
}

/* -------------------------------------------------- virtual interrupts */

#define PER_VCPU                                                               \
    (1u << VIRQ_TIMER | 1u << VIRQ_DEBUG | 1u << VIRQ_XENOPROF |               \
     1u << VIRQ_XENPMU)

bool virq_is_global(uint32_t virq)
{
    ASSERT(virq < NR_VIRQS);
    return !(PER_VCPU >> virq & 1);
}

void virq_raise_vcpu(struct vcpu *v, uint32_t virq, struct effects *fx)
{
    struct domain *d = v->d;
    evtchn_port_t port;

    spin_lock(&d->event.lock);
    port = v->event.virq_to_port[virq];
    if (port != 0)
        port_raise(d, port, port_entry(d, port)->notify_vcpu, fx);
    spin_unlock(&d->event.lock);
}

void virq_raise_global(struct hv *hv, uint32_t virq, struct effects *fx)
{
    struct domain *d = hv->dom0;

    ASSERT(virq_is_global(virq));
    if (d && d->vcpus && d->vcpus[0])
        virq_raise_vcpu(d->vcpus[0], virq, fx);
}

/* SPDX-License-Identifier: MIT */
#include "event/port.h"

#include <errno.h>

#include "bug.h"
#include "event/upcall.h"
#include "hv.h"
#include "mm/alloc.h"

#define BUCKET_BYTES (EVTCHN_BUCKET_SIZE * sizeof(struct evtchn))

_Static_assert(sizeof(struct evtchn) == 16, "a port costs 16 bytes");
_Static_assert(BUCKET_BYTES == PAGE_SIZE, "a bucket is one page");
_Static_assert(EVTCHN_BUCKETS *EVTCHN_BUCKET_SIZE == EVTCHN_2L_NR_CHANNELS,
               "the table holds every two-level port");

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

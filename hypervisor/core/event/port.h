/* SPDX-License-Identifier: MIT */
/*
 * The ports of a domain as a table: inside of core/event only.
 *
 * Locks: d->event.lock is held in all of them.
 */
#ifndef EVENT_PORT_H
#define EVENT_PORT_H

#include <domain.h>
#include "event/channel.h"
#include "speculation.h"

/* Port of d, which exists (evtchn_exists). */
static inline struct evtchn *port_entry(const struct domain *d,
                                        evtchn_port_t port)
{
    size_t i = index_masked(port, d->event.port_count);
    struct evtchn *bucket = d->event.buckets[i / EVTCHN_BUCKET_SIZE];

    return &bucket[i % EVTCHN_BUCKET_SIZE];
}

/* Port of d, or NULL: it does not exist or is closed. */
struct evtchn *port_find(const struct domain *d, evtchn_port_t port);

/*
 * Find the lowest free port and make room for it; it stays closed until
 * port_open. Returns 0 and *port, -ENOSPC, -ENOMEM, -EINVAL (d is dying).
 */
must_check int port_reserve(struct domain *d, evtchn_port_t *port);

/* Open a reserved port: not pending, for vCPU notify. */
struct evtchn *port_open(struct domain *d, evtchn_port_t port, int state,
                         unsigned int notify);

/* The port is free again. */
void port_release(struct domain *d, evtchn_port_t port);

/* Free all buckets; every port is closed. */
void ports_free(struct domain *d);

#endif

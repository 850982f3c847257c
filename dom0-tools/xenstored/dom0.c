/* SPDX-License-Identifier: MIT */
#include "xenstored/dom0.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <guest/evtchn.h>
#include <guest/grant.h>
#include <guest/thread.h>
#include <pv-abi/domctl.h>
#include <pv-abi/errno.h>
#include <pv-abi/grant_table.h>

#include "libpv/pv.h"
#include "libxenstore/local.h"
#include "xenstored/xenstored.h"

/* A domain that is served. */
struct served {
    LIST_ENTRY(served) link;
    domid_t domid;
    int port; /* ours */
    struct grant_mapping mapping;
    volatile bool fired;
    bool shutdown_told;
};

static struct xenstored *server;
static LIST_HEAD(, served) served = LIST_HEAD_INITIALIZER(served);
static struct mutex lock = MUTEX_INIT(lock); /* the server and the list */
static struct semaphore work;                /* an event, or store_look() */
static volatile bool look;
static struct waitq output = WAITQ_INIT(output); /* a local reply is there */
static uint64_t outputs;

static void port_fired(evtchn_port_t port, void *arg)
{
    struct served *s = arg;

    s->fired = true;
    semaphore_up(&work);
}

static void notify_domain(void *ctx)
{
    struct served *s = ctx;

    evtchn_send((evtchn_port_t)s->port);
}

/* ------------------------------------------- what the server asks for */

static void log_line(void *ctx, const char *line)
{
    printf("xenstored: %s\n", line);
}

static int introduce(void *ctx, domid_t domid, uint64_t gfn, evtchn_port_t port,
                     struct xs_ring *ring)
{
    const grant_ref_t ref = GNTTAB_RESERVED_XENSTORE;
    struct served *s = calloc(1, sizeof(*s));
    int rc;

    if (!s)
        return -XEN_ENOMEM;
    s->domid = domid;
    rc = grant_map(&s->mapping, domid, &ref, 1, false, NULL);
    if (rc) {
        free(s);
        return rc;
    }
    s->port = evtchn_bind_interdomain(domid, port, port_fired, s);
    if (s->port < 0) {
        rc = s->port;
        grant_unmap(&s->mapping);
        free(s);
        return rc;
    }
    ring->page = s->mapping.va;
    ring->notify = notify_domain;
    ring->ctx = s;
    LIST_INSERT_HEAD(&served, s, link);
    return 0;
}

static void release(void *ctx, domid_t domid, struct xs_ring *ring)
{
    struct served *s = ring->ctx;

    evtchn_close((evtchn_port_t)s->port);
    grant_unmap(&s->mapping);
    LIST_REMOVE(s, link);
    free(s);
}

static void wake_reader(void *ctx, struct connection *c)
{
    bool was_masked = upcall_mask();

    outputs++;
    waitq_wake_all(&output);
    upcall_restore(was_masked);
}

static const struct xenstored_ops ops = {
    .log = log_line,
    .introduce = introduce,
    .release = release,
    .wake = wake_reader,
};

/* ------------------------------------------------------------ the thread */

static void kick_those_that_fired(void)
{
    struct served *s;

    LIST_FOREACH (s, &served, link)
        if (s->fired) {
            s->fired = false;
            xenstored_kick(server, s->domid);
        }
}

/* A served domain that has ended, and was not told of as such; or NULL. */
static struct served *find_ended(bool *gone)
{
    struct xen_domctl_getdomaininfo info;
    struct served *s;

    LIST_FOREACH (s, &served, link) {
        *gone = pv_domain_info(s->domid, &info) != 0 ||
                (info.flags & XEN_DOMINF_dying);
        if (*gone || ((info.flags & XEN_DOMINF_shutdown) && !s->shutdown_told))
            return s;
    }
    return NULL;
}

static void find_all_ended(void)
{
    struct served *s;
    bool gone;

    while ((s = find_ended(&gone))) {
        s->shutdown_told = true;
        if (gone)
            xenstored_domain_died(server, s->domid); /* frees s */
        else
            xenstored_domain_shutdown(server, s->domid);
    }
}

static void serve(void *arg)
{
    for (;;) {
        semaphore_down(&work, WAIT_FOREVER);
        mutex_lock(&lock);
        if (look) {
            look = false;
            find_all_ended();
        }
        kick_those_that_fired();
        while (xenstored_step(server))
            continue;
        mutex_unlock(&lock);
    }
}

/* ------------------------------------------------- the tools' own calls */

static void take_lock(void *ctx)
{
    mutex_lock(&lock);
}

static void drop_lock(void *ctx)
{
    mutex_unlock(&lock);
}

static void poke(void *ctx)
{
    semaphore_up(&work);
}

/* Wait for the next output of any local connection, without the lock. */
static void wait_for_output(void *ctx, struct connection *c)
{
    uint64_t seen = outputs;

    mutex_unlock(&lock);
    waitq_until(&output, WAIT_FOREVER, outputs != seen);
    mutex_lock(&lock);
}

int store_start(void)
{
    static struct xs_local local = {
        .home = "/local/domain/0",
        .lock = take_lock,
        .unlock = drop_lock,
        .poke = poke,
        .wait = wait_for_output,
    };

    semaphore_init(&work, 0);
    server = xenstored_create(&ops, NULL);
    local.server = server;
    if (!server || !thread_create("xenstored", serve, NULL))
        return -XEN_ENOMEM;
    xs_local_setup(&local);
    return 0;
}

void store_look(void)
{
    look = true;
    semaphore_up(&work);
}

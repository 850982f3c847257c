/* SPDX-License-Identifier: MIT */
/*
 * The xenstore connection: one ring, many requests. See guest/xenbus.h.
 *
 * A requester puts its request on the list, writes the message under a lock
 * and sleeps. One thread reads everything that arrives and hands replies to
 * the requester with that number, events to the watch with that token. What
 * is done with replies is in xenbus_calls.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <guest/console.h>
#include <guest/evtchn.h>
#include <guest/memory.h>
#include <guest/start.h>
#include <guest/xenbus.h>
#include <pv-abi/errno.h>
#include <pv-abi/inline/barrier.h>
#include <pv-abi/inline/shared.h>
#include <pv-abi/io/xs_wire.h>
#include "internal.h"

struct request {
    LIST_ENTRY(request) link;
    uint32_t id;
    struct waitq done;
    bool answered;
    int error;
    char *reply; /* allocated by the reading thread */
    size_t reply_len;
};

static struct xenstore_domain_interface *ring;
static evtchn_port_t port;
static bool broken; /* the other side wrote nonsense: nothing works any more */

static struct waitq progress = WAITQ_INIT(progress); /* any index moved */
static struct mutex sending = MUTEX_INIT(sending);
static LIST_HEAD(, request) requests = LIST_HEAD_INITIALIZER(requests);
static LIST_HEAD(, xenbus_watch) watches = LIST_HEAD_INITIALIZER(watches);
static uint32_t last_id;

static void kicked(evtchn_port_t from, void *arg)
{
    waitq_wake_all(&progress);
}

/* Bytes waiting in our direction, or free in theirs; notes nonsense. */
static uint32_t distance(const uint32_t *prod, const uint32_t *cons)
{
    uint32_t bytes = shared_read(prod) - shared_read(cons);

    if (bytes > XENSTORE_RING_SIZE) {
        broken = true;
        return 0;
    }
    return bytes;
}

static uint32_t available(void)
{
    return distance(&ring->rsp_prod, &ring->rsp_cons);
}

static uint32_t space(void)
{
    return XENSTORE_RING_SIZE - distance(&ring->req_prod, &ring->req_cons);
}

static void ring_write(const void *from, size_t len)
{
    const char *bytes = from;

    while (len && !broken) {
        uint32_t prod = ring->req_prod;
        uint32_t n;

        waitq_until(&progress, WAIT_FOREVER, space() || broken);
        n = MIN(len, space());
        smp_mb(); /* their index before their bytes are overwritten */
        for (uint32_t i = 0; i < n; i++)
            ring->req[MASK_XENSTORE_IDX(prod + i)] = *bytes++;
        smp_wmb();
        shared_write(&ring->req_prod, prod + n);
        evtchn_send(port);
        len -= n;
    }
}

static void ring_read(void *to, size_t len)
{
    char *bytes = to;

    while (len && !broken) {
        uint32_t cons = ring->rsp_cons;
        uint32_t n;

        waitq_until(&progress, WAIT_FOREVER, available() || broken);
        n = MIN(len, available());
        smp_rmb();
        for (uint32_t i = 0; i < n; i++)
            *bytes++ = shared_read(&ring->rsp[MASK_XENSTORE_IDX(cons + i)]);
        smp_mb();
        shared_write(&ring->rsp_cons, cons + n);
        evtchn_send(port);
        len -= n;
    }
}

/* --- what arrives --- */

/* "path\0token\0": the token is ours and names the watch. */
static void fire_watch(const char *payload, size_t len)
{
    size_t path_len = strnlen(payload, len);
    const char *token = payload + path_len + 1;
    struct xenbus_watch *w;
    bool was_masked;

    if (path_len + 1 >= len)
        return;
    was_masked = upcall_mask();
    LIST_FOREACH (w, &watches, link)
        if (!strncmp(w->token, token, len - path_len - 1))
            semaphore_up(&w->fired);
    upcall_restore(was_masked);
}

static int error_number(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } errors[] = {
#define ERRNO(name, number, text) {#name, number},
#include <pv-abi/errno.def>
    };

    for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
        if (!strcmp(errors[i].name, name))
            return -errors[i].number;
    return -XEN_EINVAL;
}

static void answer(const struct xsd_sockmsg *header, char *payload)
{
    bool was_masked = upcall_mask();
    struct request *r;

    LIST_FOREACH (r, &requests, link)
        if (r->id == header->req_id)
            break;
    if (r) {
        r->error = header->type == XS_ERROR ? error_number(payload) : 0;
        r->reply = payload;
        r->reply_len = header->len;
        r->answered = true;
        LIST_REMOVE(r, link);
        waitq_wake_all(&r->done);
    }
    upcall_restore(was_masked);
    if (!r)
        free(payload); /* an answer to nothing we asked */
}

/* Nobody will be answered any more. */
static void give_up(void)
{
    bool was_masked = upcall_mask();
    struct request *r;

    broken = true;
    while ((r = LIST_FIRST(&requests))) {
        LIST_REMOVE(r, link);
        r->error = -XEN_EIO;
        r->answered = true;
        waitq_wake_all(&r->done);
    }
    waitq_wake_all(&progress);
    upcall_restore(was_masked);
    kprintf("xenbus: the ring is broken, error %u\n",
            shared_read(&ring->error));
}

static void read_messages(void *arg)
{
    for (;;) {
        struct xsd_sockmsg header;
        char *payload;

        ring_read(&header, sizeof(header));
        if (broken || header.len > XENSTORE_PAYLOAD_MAX)
            break;
        payload = malloc(header.len + 1);
        if (!payload)
            break;
        ring_read(payload, header.len);
        if (broken) {
            free(payload);
            break;
        }
        payload[header.len] = '\0';
        if (header.type == XS_WATCH_EVENT) {
            fire_watch(payload, header.len);
            free(payload);
        } else {
            answer(&header, payload);
        }
    }
    give_up();
}

/* --- what is asked --- */

/* Number the request and put it where its answer will look for it. */
static int enlist(struct request *r)
{
    bool was_masked = upcall_mask();
    int error = broken ? -XEN_EIO : 0;

    *r = (struct request){.id = ++last_id};
    waitq_init(&r->done);
    if (!error)
        LIST_INSERT_HEAD(&requests, r, link);
    upcall_restore(was_masked);
    return error;
}

int xenbus_request(uint32_t type, xenbus_tx_t tx,
                   const struct xenbus_piece *pieces, size_t count,
                   char **reply, size_t *reply_len)
{
    struct xsd_sockmsg header = {.type = type, .tx_id = tx};
    struct request r;
    int error;

    if (!ring)
        return -XEN_ENODEV;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].len > XENSTORE_PAYLOAD_MAX - header.len)
            return -XEN_E2BIG;
        header.len += pieces[i].len;
    }
    error = enlist(&r);
    if (error)
        return error;
    header.req_id = r.id;

    mutex_lock(&sending);
    ring_write(&header, sizeof(header));
    for (size_t i = 0; i < count; i++)
        ring_write(pieces[i].bytes, pieces[i].len);
    mutex_unlock(&sending);

    waitq_until(&r.done, WAIT_FOREVER, r.answered);
    if (r.error || !reply) {
        free(r.reply);
        return r.error;
    }
    *reply = r.reply;
    if (reply_len)
        *reply_len = r.reply_len;
    return 0;
}

/* --- watches --- */

static int watch_request(uint32_t type, const struct xenbus_watch *w)
{
    struct xenbus_piece pieces[] = {
        {w->path, strlen(w->path) + 1},
        {w->token, strlen(w->token) + 1},
    };

    return xenbus_request(type, XENBUS_NO_TX, pieces, ARRAY_SIZE(pieces), NULL,
                          NULL);
}

static void forget(struct xenbus_watch *w)
{
    bool was_masked = upcall_mask();

    LIST_REMOVE(w, link);
    upcall_restore(was_masked);
}

int xenbus_watch(struct xenbus_watch *w, const char *path)
{
    bool was_masked;
    int error;

    w->path = path;
    semaphore_init(&w->fired, 0);
    snprintf(w->token, sizeof(w->token), "%p", (void *)w);
    was_masked = upcall_mask();
    LIST_INSERT_HEAD(&watches, w, link);
    upcall_restore(was_masked);
    error = watch_request(XS_WATCH, w);
    if (error)
        forget(w);
    return error;
}

int xenbus_unwatch(struct xenbus_watch *w)
{
    int error = watch_request(XS_UNWATCH, w);

    if (!error)
        forget(w);
    return error;
}

bool xenbus_watch_wait(struct xenbus_watch *w, uint64_t deadline_ns)
{
    return semaphore_down(&w->fired, deadline_ns);
}

/* --- start --- */

int xenbus_connect(void *page, evtchn_port_t ring_port)
{
    struct thread *reader;

    if (ring)
        return -XEN_EBUSY;
    ring = page;
    port = ring_port;
    reader = thread_create("xenbus", read_messages, NULL);
    if (!reader) {
        ring = NULL;
        return -XEN_ENOMEM;
    }
    thread_detach(reader);
    evtchn_attach(port, kicked, NULL);
    return 0;
}

int xenbus_init(void)
{
    uint64_t pfn;

    if (!start_info->store_evtchn)
        return -XEN_ENODEV;
    pfn = mfn_to_pfn(start_info->store_mfn);
    if (pfn == MFN_INVALID)
        return -XEN_EINVAL;
    return xenbus_connect(pfn_to_virt(pfn), start_info->store_evtchn);
}

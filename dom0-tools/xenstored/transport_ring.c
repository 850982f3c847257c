/* SPDX-License-Identifier: MIT */
#include "transport_ring.h"

#include <string.h>

#include <pv-abi/inline/barrier.h>
#include <pv-abi/inline/shared.h>

#include "server.h"

static uint32_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Bytes from a masked index to the end of the ring's memory. */
static uint32_t until_wrap(uint32_t index)
{
    return XENSTORE_RING_SIZE - MASK_XENSTORE_IDX(index);
}

void ring_start(struct xs_ring *r)
{
    r->req_cons = shared_read(&r->page->req_cons);
    r->rsp_prod = shared_read(&r->page->rsp_prod);
    shared_write(&r->page->server_features,
                 XENSTORE_SERVER_FEATURE_RECONNECTION |
                     XENSTORE_SERVER_FEATURE_ERROR);
    shared_write(&r->page->error, XENSTORE_ERROR_NONE);
    shared_write(&r->page->connection, XENSTORE_CONNECTED);
}

/* The domain asked to begin again: empty rings, no watch, no transaction. */
static void reconnect(struct xs_ring *r, struct connection *c)
{
    connection_reset(c);
    shared_write(&r->page->req_cons, 0);
    shared_write(&r->page->req_prod, 0);
    shared_write(&r->page->rsp_cons, 0);
    shared_write(&r->page->rsp_prod, 0);
    smp_wmb();
    ring_start(r);
    r->notify(r->ctx);
}

static void bad_index(struct connection *c)
{
    c->error = XENSTORE_ERROR_RINGIDX;
    server_log(c->server, "domain %u: ring index out of range",
               (unsigned)c->who.domid);
}

/* Returns whether a byte came. */
static bool receive(struct xs_ring *r, struct connection *c)
{
    size_t room;
    void *to = connection_input(c, &room);
    uint32_t prod, count;

    if (room == 0)
        return false;
    prod = shared_read(&r->page->req_prod);
    smp_rmb();
    if (prod - r->req_cons > XENSTORE_RING_SIZE) {
        bad_index(c);
        return false;
    }
    count = smaller(smaller(room, prod - r->req_cons), until_wrap(r->req_cons));
    if (count == 0)
        return false;
    shared_read_bytes(to, r->page->req + MASK_XENSTORE_IDX(r->req_cons), count);
    smp_mb();
    r->req_cons += count;
    shared_write(&r->page->req_cons, r->req_cons);
    connection_received(c, count);
    return true;
}

/* Returns whether a byte went. */
static bool send(struct xs_ring *r, struct connection *c)
{
    size_t len;
    const void *from = connection_output(c, &len);
    uint32_t cons, count;

    if (len == 0)
        return false;
    cons = shared_read(&r->page->rsp_cons);
    smp_mb();
    if (r->rsp_prod - cons > XENSTORE_RING_SIZE) {
        bad_index(c);
        return false;
    }
    count = smaller(len, XENSTORE_RING_SIZE - (r->rsp_prod - cons));
    count = smaller(count, until_wrap(r->rsp_prod));
    if (count == 0)
        return false;
    memcpy(r->page->rsp + MASK_XENSTORE_IDX(r->rsp_prod), from, count);
    smp_wmb();
    r->rsp_prod += count;
    shared_write(&r->page->rsp_prod, r->rsp_prod);
    connection_sent(c, count);
    return true;
}

/* Tell the domain why nobody serves it any more. */
static void give_up(struct xs_ring *r, const struct connection *c)
{
    shared_write(&r->page->error, c->error);
    smp_wmb();
    r->notify(r->ctx);
}

bool ring_serve(struct xs_ring *r, struct connection *c, unsigned budget)
{
    bool moved = false, progress = true;

    if (shared_read(&r->page->connection) == XENSTORE_RECONNECT)
        reconnect(r, c);
    if (c->error != XENSTORE_ERROR_NONE)
        return false;
    while (progress && budget-- > 0) {
        bool sent = send(r, c), received = receive(r, c);
        bool worked = connection_work(c);

        moved = moved || sent || received;
        progress = sent || received || worked;
    }
    if (c->error != XENSTORE_ERROR_NONE)
        give_up(r, c);
    else if (moved)
        r->notify(r->ctx);
    return progress && c->error == XENSTORE_ERROR_NONE;
}

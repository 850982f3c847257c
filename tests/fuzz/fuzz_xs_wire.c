/* SPDX-License-Identifier: MIT */
/*
 * Four clients that may do anything: a tool in the control domain, two guests
 * that send messages, and a guest that writes all over its ring.
 *
 * The input is a list of actions, each a byte that says what and who, and its
 * arguments. After every sixteenth and at the end the server checks itself.
 */
#include <stdlib.h>
#include <string.h>

#include <pv-abi/inline/shared.h>

#include "xenstored/connection.h"
#include "xenstored/server.h"
#include "xenstored/xenstored.h"

#define CLIENTS     3
#define RING_DOMAIN 7

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *at, *end;
};

/* Bytes that reads of shared memory find instead of what is there: a guest
 * that writes between two reads, without a second thread. */
static struct input race;

struct world {
    struct xenstored *server;
    struct connection *client[CLIENTS];
    struct xenstore_domain_interface page;
};

static uint8_t next(struct input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

static const uint8_t *take(struct input *in, size_t *len)
{
    const uint8_t *bytes = in->at;

    if (*len > (size_t)(in->end - in->at))
        *len = in->end - in->at;
    in->at += *len;
    return bytes;
}

void shared_read_hook(const volatile void *at, void *value, size_t size)
{
    uint8_t *bytes = value;

    for (size_t i = 0; i < size && race.at < race.end; i++)
        bytes[i] ^= next(&race);
}

/* --- The program around the server --- */

static void notify(void *ctx)
{
}

static int introduce(void *ctx, domid_t domid, uint64_t gfn, evtchn_port_t port,
                     struct xs_ring *ring)
{
    struct world *w = ctx;

    if (domid != RING_DOMAIN)
        return -1;
    ring->page = &w->page;
    ring->notify = notify;
    return 0;
}

static const struct xenstored_ops ops = {.introduce = introduce};

static void connect_client(struct world *w, unsigned i)
{
    static const char *const homes[CLIENTS] = {
        "/local/domain/0", "/local/domain/1", "/local/domain/2"};

    w->client[i] = connection_open(w->server, i, i == 0, homes[i]);
}

/* --- Actions --- */

static void send_bytes(struct connection *c, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        size_t room;
        void *to = connection_input(c, &room);

        if (room == 0)
            return;
        if (room > len)
            room = len;
        memcpy(to, at, room);
        connection_received(c, room);
        at += room;
        len -= room;
        while (connection_work(c))
            continue;
    }
}

/* A message with a sound header: type, transaction, length, payload. */
static void send_message(struct connection *c, struct input *in)
{
    struct xsd_sockmsg header = {.type = next(in) % (XS_TYPE_COUNT + 1),
                                 .tx_id = next(in) % 4};
    size_t len = next(in);
    const uint8_t *payload = take(in, &len);

    header.len = len;
    if (c->in.have == 0) {
        send_bytes(c, &header, sizeof(header));
        send_bytes(c, payload, len);
    }
}

static void send_raw(struct connection *c, struct input *in)
{
    size_t len = next(in) % 64;
    const uint8_t *bytes = take(in, &len);

    send_bytes(c, bytes, len);
}

static void receive_some(struct connection *c, struct input *in)
{
    size_t count = next(in) * 16, len;

    while (connection_output(c, &len), len > 0 && count > 0) {
        if (len > count)
            len = count;
        connection_sent(c, len);
        count -= len;
    }
}

static void scribble(struct world *w, struct input *in)
{
    size_t offset = next(in) | next(in) << 8, len = next(in) % 64;
    const uint8_t *bytes = take(in, &len);

    offset %= sizeof(w->page) - 64;
    memcpy((char *)&w->page + offset, bytes, len);
    xenstored_kick(w->server, RING_DOMAIN);
}

/* The next reads of the ring find something else. */
static void scribble_between_reads(struct world *w, struct input *in)
{
    size_t len = next(in) % 64;

    race.at = take(in, &len);
    race.end = race.at + len;
    xenstored_kick(w->server, RING_DOMAIN);
}

/* A whole message into the ring, as a well-behaved guest would. */
static void send_over_ring(struct world *w, struct input *in)
{
    struct xsd_sockmsg header = {.type = next(in) % XS_TYPE_COUNT};
    char message[sizeof(header) + 255];
    size_t len = next(in);
    const uint8_t *payload = take(in, &len);

    header.len = len;
    memcpy(message, &header, sizeof(header));
    memcpy(message + sizeof(header), payload, len);
    for (size_t i = 0; i < sizeof(header) + len; i++)
        w->page.req[MASK_XENSTORE_IDX(w->page.req_prod++)] = message[i];
    w->page.rsp_cons = w->page.rsp_prod;
    xenstored_kick(w->server, RING_DOMAIN);
}

static void live_and_die(struct world *w, unsigned who, uint8_t what)
{
    switch (what % 4) {
    case 0:
        (void)!xenstored_introduce(w->server, RING_DOMAIN, 1, 1);
        break;
    case 1:
        xenstored_domain_shutdown(w->server, RING_DOMAIN);
        break;
    case 2:
        xenstored_domain_died(w->server, who ? who : RING_DOMAIN);
        break;
    default:
        xenstored_disconnect(w->server, w->client[who]);
        connect_client(w, who);
    }
}

static void act(struct world *w, struct input *in)
{
    uint8_t action = next(in);
    unsigned who = (action >> 4) % CLIENTS;

    switch (action & 7) {
    case 0:
    case 1:
    case 2:
        send_message(w->client[who], in);
        break;
    case 3:
        send_raw(w->client[who], in);
        break;
    case 4:
        receive_some(w->client[who], in);
        break;
    case 5:
        if (who)
            scribble(w, in);
        else
            scribble_between_reads(w, in);
        break;
    case 6:
        send_over_ring(w, in);
        break;
    default:
        live_and_die(w, who, next(in));
    }
    for (int i = 0; i < 64 && xenstored_step(w->server); i++)
        continue;
}

static void require_sound(struct world *w)
{
    if (!xenstored_check(w->server))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {.at = data, .end = data + size};
    static struct world w;

    memset(&w, 0, sizeof(w));
    race = (struct input){0};
    w.server = xenstored_create(&ops, &w);
    for (unsigned i = 0; i < CLIENTS; i++)
        connect_client(&w, i);
    (void)!xenstored_introduce(w.server, RING_DOMAIN, 1, 1);
    for (unsigned i = 1; in.at < in.end; i++) {
        act(&w, &in);
        if (i % 16 == 0)
            require_sound(&w);
    }
    require_sound(&w);
    xenstored_destroy(w.server);
    return 0;
}

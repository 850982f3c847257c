/* SPDX-License-Identifier: MIT */
#include "xenstore_fixture.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool fixture_serving;

static void on_log(void *ctx, const char *line)
{
    struct fixture *f = ctx;

    f->logged++;
    snprintf(f->last_log, sizeof(f->last_log), "%s", line);
}

static void on_notify(void *ctx)
{
    struct fixture *f = ctx;

    f->notified++;
}

static int on_introduce(void *ctx, domid_t domid, uint64_t gfn,
                        evtchn_port_t port, struct xs_ring *ring)
{
    struct fixture *f = ctx;

    if (domid >= FIXTURE_DOMAIN)
        return -EINVAL;
    f->mapped++;
    ring->page = &f->page[domid];
    ring->notify = on_notify;
    ring->ctx = f;
    return 0;
}

static void on_release(void *ctx, domid_t domid, struct xs_ring *ring)
{
    struct fixture *f = ctx;

    f->mapped--;
}

static const struct xenstored_ops ops = {
    .log = on_log, .introduce = on_introduce, .release = on_release};

void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    f->server = xenstored_create(&ops, f);
    ck_assert_ptr_nonnull(f->server);
}

void fixture_done(struct fixture *f)
{
    ck_assert(xenstored_check(f->server));
    xenstored_destroy(f->server);
    ck_assert_uint_eq(f->mapped, 0);
}

struct connection *client(struct fixture *f, domid_t domid)
{
    char home[HOME_BUF];
    struct connection *c;

    domain_path(home, domid);
    c = connection_open(f->server, domid, domid == 0, home);
    ck_assert_ptr_nonnull(c);
    return c;
}

size_t feed(struct connection *c, const void *bytes, size_t len)
{
    size_t taken = 0, room;

    while (taken < len) {
        void *to = connection_input(c, &room);

        if (room == 0)
            break;
        if (room > len - taken)
            room = len - taken;
        memcpy(to, (const char *)bytes + taken, room);
        taken += room;
        connection_received(c, room);
    }
    return taken;
}

void settle(struct fixture *f)
{
    fixture_serving = true;
    while (xenstored_step(f->server))
        continue;
    fixture_serving = false;
}

/* Take the next message; false if there is none. */
static bool take(struct connection *c, struct xsd_sockmsg *header, char *body)
{
    size_t len;
    const char *bytes = connection_output(c, &len);

    if (len == 0)
        return false;
    memcpy(header, bytes, sizeof(*header));
    memcpy(body, bytes + sizeof(*header), header->len);
    ck_assert_uint_eq(len, sizeof(*header) + header->len);
    connection_sent(c, len);
    return true;
}

static void append_event(struct fixture *f, const char *body)
{
    size_t at = strlen(f->heard);

    snprintf(f->heard + at, sizeof(f->heard) - at, "%s %s;", body,
             body + strlen(body) + 1);
}

static const char *show(struct fixture *f, const struct xsd_sockmsg *header,
                        const char *body)
{
    size_t n = 0;

    if (header->type == XS_ERROR) {
        snprintf(f->text, sizeof(f->text), "!%s", body);
        return f->text;
    }
    for (; n < header->len; n++)
        f->text[n] = body[n] ? body[n] : '|';
    f->text[n] = '\0';
    return f->text;
}

const char *ask(struct fixture *f, struct connection *c, uint32_t type,
                uint32_t tx, const void *payload, size_t len)
{
    static uint32_t next = 1000;
    struct xsd_sockmsg header = {
        .type = type, .req_id = next++, .tx_id = tx, .len = len};
    uint32_t id = header.req_id;
    char body[XENSTORE_PAYLOAD_MAX + 1];

    ck_assert_uint_eq(feed(c, &header, sizeof(header)), sizeof(header));
    ck_assert_uint_eq(feed(c, payload, len), len);
    settle(f);
    while (take(c, &header, body)) {
        if (header.type != XS_WATCH_EVENT) {
            ck_assert_uint_eq(header.req_id, id);
            ck_assert(header.type == type || header.type == XS_ERROR);
            return show(f, &header, body);
        }
        append_event(f, body);
    }
    return "no answer";
}

uint32_t begin(struct fixture *f, struct connection *c)
{
    return strtoul(ask(f, c, XS_TRANSACTION_START, 0, "", 1), NULL, 10);
}

const char *events(struct fixture *f, struct connection *c)
{
    static char text[FIXTURE_TEXT];
    char body[XENSTORE_PAYLOAD_MAX + 1];
    struct xsd_sockmsg header;

    settle(f);
    while (take(c, &header, body)) {
        ck_assert_uint_eq(header.type, XS_WATCH_EVENT);
        append_event(f, body);
    }
    strcpy(text, f->heard);
    f->heard[0] = '\0';
    return text;
}

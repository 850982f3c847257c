/* SPDX-License-Identifier: MIT */
#include "xenstore_lib.h" /* <errno.h> before xs_wire.h, for its table */

#include "handle.h"

#include <stdlib.h>
#include <string.h>

struct xs_handle *xs_open(unsigned long flags)
{
    struct xs_handle *h = calloc(1, sizeof(*h));

    if (!h)
        return NULL;
    h->flags = flags;
    STAILQ_INIT(&h->events);
    h->transport = transport_open();
    if (!h->transport) {
        free(h);
        return NULL;
    }
    return h;
}

static void close_handle(struct xs_handle *h, bool tell)
{
    struct incoming_message *m;

    if (!h)
        return;
    transport_close(h->transport, tell);
    while ((m = STAILQ_FIRST(&h->events))) {
        STAILQ_REMOVE_HEAD(&h->events, link);
        free(m);
    }
    free(h->message);
    free(h);
}

void xs_close(struct xs_handle *h)
{
    close_handle(h, true);
}

void xs_daemon_destroy_postfork(struct xs_handle *h)
{
    close_handle(h, false);
}

struct xs_handle *xs_daemon_open(void)
{
    return xs_open(0);
}

struct xs_handle *xs_domain_open(void)
{
    return xs_open(0);
}

struct xs_handle *xs_daemon_open_readonly(void)
{
    return xs_open(XS_OPEN_READONLY);
}

void xs_daemon_close(struct xs_handle *h)
{
    xs_close(h);
}

int xs_fileno(struct xs_handle *h)
{
    return transport_fileno(h->transport);
}

struct piece piece_string(const char *s)
{
    return (struct piece){.bytes = s, .len = strlen(s) + 1};
}

/* Nothing that follows on this connection can be understood. */
static int fail(struct xs_handle *h, int err)
{
    h->dead = true;
    errno = err;
    return -1;
}

/* The header is complete: make room for the body. */
static int begin_body(struct xs_handle *h)
{
    if (h->header.len > XENSTORE_PAYLOAD_MAX)
        return fail(h, EIO);
    h->message = malloc(sizeof(*h->message) + h->header.len + 1);
    if (!h->message)
        return fail(h, ENOMEM);
    h->message->header = h->header;
    h->message->body[h->header.len] = '\0';
    h->have = 0;
    return 0;
}

/* Take in one piece of the message; 0, or -1 with errno. */
static int receive_piece(struct xs_handle *h, bool wait)
{
    char *to = h->message ? h->message->body : (char *)&h->header;
    size_t want = h->message ? h->header.len : sizeof(h->header);
    long got =
        transport_receive(h->transport, to + h->have, want - h->have, wait);

    if (got == -EAGAIN) {
        errno = EAGAIN;
        return -1;
    }
    if (got <= 0)
        return fail(h, got < 0 ? -got : EIO);
    h->have += got;
    if (!h->message && h->have == want)
        return begin_body(h);
    return 0;
}

/* The next message of either kind; NULL with errno. What has come in stays. */
static struct incoming_message *receive(struct xs_handle *h, bool wait)
{
    struct incoming_message *m;

    while (!h->message || h->have < h->header.len) {
        if (h->dead) {
            errno = ENOTCONN;
            return NULL;
        }
        if (receive_piece(h, wait))
            return NULL;
    }
    m = h->message;
    h->message = NULL;
    h->have = 0;
    return m;
}

static int error_number(const char *name)
{
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
        if (strcmp(name, xsd_errors[i].errstring) == 0)
            return xsd_errors[i].errnum;
    }
    return EINVAL;
}

static struct incoming_message *receive_answer(struct xs_handle *h)
{
    struct incoming_message *m;

    while ((m = receive(h, true))) {
        if (m->header.type != XS_WATCH_EVENT)
            return m;
        STAILQ_INSERT_TAIL(&h->events, m, link);
    }
    return NULL;
}

static int send_request(struct xs_handle *h, uint32_t type, xs_transaction_t t,
                        const struct piece *pieces, unsigned count)
{
    struct {
        struct xsd_sockmsg header;
        char body[XENSTORE_PAYLOAD_MAX];
    } request = {.header = {.type = type, .tx_id = t}};
    int err;

    for (unsigned i = 0; i < count; i++) {
        if (pieces[i].len > sizeof(request.body) - request.header.len) {
            errno = E2BIG;
            return -1;
        }
        if (pieces[i].len)
            memcpy(request.body + request.header.len, pieces[i].bytes,
                   pieces[i].len);
        request.header.len += pieces[i].len;
    }
    err = transport_send(h->transport, &request,
                         sizeof(request.header) + request.header.len);
    return err ? fail(h, -err) : 0;
}

/* The body alone, in the block the message was in. */
static char *body_of(struct incoming_message *m, unsigned *len)
{
    if (len)
        *len = m->header.len;
    memmove(m, m->body, m->header.len + 1);
    return (char *)m;
}

char *xs_talk(struct xs_handle *h, uint32_t type, xs_transaction_t t,
              const struct piece *pieces, unsigned count, unsigned *len)
{
    struct incoming_message *m;

    if (h->dead) {
        errno = ENOTCONN;
        return NULL;
    }
    if (send_request(h, type, t, pieces, count))
        return NULL;
    m = receive_answer(h);
    if (!m)
        return NULL;
    if (m->header.type == type)
        return body_of(m, len);
    if (m->header.type == XS_ERROR)
        errno = error_number(m->body);
    else
        fail(h, EIO);
    free(m);
    return NULL;
}

bool xs_do(struct xs_handle *h, uint32_t type, xs_transaction_t t,
           const struct piece *pieces, unsigned count)
{
    char *answer = xs_talk(h, type, t, pieces, count, NULL);

    free(answer);
    return answer != NULL;
}

struct incoming_message *xs_next_event(struct xs_handle *h, bool wait)
{
    struct incoming_message *m = STAILQ_FIRST(&h->events);

    if (m) {
        STAILQ_REMOVE_HEAD(&h->events, link);
        return m;
    }
    m = receive(h, wait);
    if (m && m->header.type != XS_WATCH_EVENT) {
        /* An answer that nobody asked for. */
        free(m);
        fail(h, EIO);
        return NULL;
    }
    return m;
}

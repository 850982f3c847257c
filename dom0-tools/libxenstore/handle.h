/* SPDX-License-Identifier: MIT */
/*
 * Inside a handle: one request and its answer at a time, and the events that
 * came between them.
 */
#ifndef LIBXENSTORE_HANDLE_H
#define LIBXENSTORE_HANDLE_H

#include <sys/queue.h>

#include "transport.h"
#include "xenstore.h"

/* From the server, a NUL behind its body. */
struct incoming_message {
    STAILQ_ENTRY(incoming_message) link;
    struct xsd_sockmsg header;
    char body[];
};

STAILQ_HEAD(incoming_list, incoming_message);

struct xs_handle {
    struct transport *transport;
    unsigned long flags;
    bool dead; /* the connection failed: every call is ENOTCONN */
    struct incoming_list events;
    /* The message that is coming in. */
    struct xsd_sockmsg header;
    struct incoming_message *message; /* NULL: the header is not complete */
    size_t have;                      /* bytes of header or body */
};

/* A piece of a request's payload. */
struct piece {
    const void *bytes;
    size_t len;
};

/* A string with its NUL. */
struct piece piece_string(const char *s);

/*
 * Send a request made of `count` pieces and wait for its answer. Returns the
 * answer's body, to be freed, its length in *len (may be NULL); NULL with
 * errno.
 */
char *xs_talk(struct xs_handle *h, uint32_t type, xs_transaction_t t,
              const struct piece *pieces, unsigned count, unsigned *len);

/* The same for a request whose answer is only "OK". */
bool xs_do(struct xs_handle *h, uint32_t type, xs_transaction_t t,
           const struct piece *pieces, unsigned count);

/* The next event, taken off the queue; NULL with errno. */
struct incoming_message *xs_next_event(struct xs_handle *h, bool wait);

#endif

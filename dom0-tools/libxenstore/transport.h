/* SPDX-License-Identifier: MIT */
/*
 * How a handle reaches the server. A program links one of
 *   transport_socket.c   a Unix socket, on a Linux host
 *   transport_local.c    a server in the same program (local.h)
 */
#ifndef LIBXENSTORE_TRANSPORT_H
#define LIBXENSTORE_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

struct transport;

/* NULL with errno. */
struct transport *transport_open(void);

/* `tell`: the server is told; false in a forked child. */
void transport_close(struct transport *t, bool tell);

/* Send all. Returns 0 or -Exxx: then the connection is of no more use. */
int transport_send(struct transport *t, const void *bytes, size_t len);

/*
 * Receive 1 to `len` bytes. Returns their count, -EAGAIN (nothing there and
 * not to wait), or -Exxx: then the connection is of no more use.
 */
long transport_receive(struct transport *t, void *bytes, size_t len, bool wait);

/* -1 if there is none. */
int transport_fileno(const struct transport *t);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Clients on a Unix socket: programs of a Linux control domain, all privileged.
 * Who may connect is decided by the permissions of the socket's folder.
 */
#ifndef XENSTORED_TRANSPORT_SOCKET_H
#define XENSTORED_TRANSPORT_SOCKET_H

#include "xenstored.h"

/* Listen at `path`, in place of a socket nobody serves. -Exxx, or a file
 * descriptor; -EADDRINUSE if somebody does. */
int socket_listen(const char *path);

/*
 * Serve clients of `listener` until `stop` becomes readable. Returns 0, or
 * -Exxx if it cannot go on. All connections are closed at its end.
 */
int socket_serve(struct xenstored *s, int listener, int stop);

#endif

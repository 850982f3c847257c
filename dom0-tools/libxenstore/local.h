/* SPDX-License-Identifier: MIT */
/*
 * For a program that holds the server itself: how xs_open() finds it, and how
 * its threads share it.
 *
 * Every call of the library takes the lock, moves bytes, and lets the server
 * answer. What the server then owes others (events on their rings) is left to
 * whoever runs xenstored_step() in a loop; `poke` wakes it.
 */
#ifndef LIBXENSTORE_LOCAL_H
#define LIBXENSTORE_LOCAL_H

#include "xenstored/xenstored.h"

struct xs_local {
    struct xenstored *server;
    domid_t domid;    /* of the program */
    const char *home; /* where its relative paths begin */
    /* The server's lock; NULL in a program without threads. */
    void (*lock)(void *ctx);
    void (*unlock)(void *ctx);
    /* Have xenstored_step() called soon. NULL: it is called here. */
    void (*poke)(void *ctx);
    /*
     * Wait until there may be output for `c` (xenstored_ops.wake). Called with
     * the lock held, to be released meanwhile; may return early.
     */
    void (*wait)(void *ctx, struct connection *c);
    void *ctx;
};

/* To be called once, before xs_open(); *local must stay. */
void xs_local_setup(const struct xs_local *local);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Client of the xenstore that the builder connected the domain to.
 *
 * Requests may be issued by any number of threads at once; each waits for the
 * reply that carries its number. Paths may be relative to the domain's own
 * (/local/domain/N). Functions return 0 or -Exxx: the server's error, -EIO
 * when the ring is broken, -ENODEV when the domain has none, -E2BIG when a
 * message would pass 4096 bytes.
 */
#ifndef GUEST_XENBUS_H
#define GUEST_XENBUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <guest/thread.h>
#include <pv-abi/types.h>

/* A transaction, or XENBUS_NO_TX. */
typedef uint32_t xenbus_tx_t;
#define XENBUS_NO_TX 0

/*
 * Connect to the ring of start_info. Done at start-up for a domain that was
 * given one. Returns also -EBUSY (connected already), -ENOMEM.
 */
int xenbus_init(void);

/* The same with any ring page and port; for the domain that serves others. */
int xenbus_connect(void *page, evtchn_port_t ring_port);

/*
 * Read a value. *value is allocated (free() it) and NUL-terminated; *len, if
 * not NULL, is its length without that NUL.
 */
int xenbus_read(xenbus_tx_t tx, const char *path, char **value, size_t *len);

/* Read a decimal number. -EINVAL when the value is not one. */
int xenbus_read_u64(xenbus_tx_t tx, const char *path, uint64_t *value);

int xenbus_write(xenbus_tx_t tx, const char *path, const char *value);
/* The text may have up to 255 characters, or it is -E2BIG. */
int xenbus_printf(xenbus_tx_t tx, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int xenbus_mkdir(xenbus_tx_t tx, const char *path);
int xenbus_rm(xenbus_tx_t tx, const char *path);

/*
 * Names below a node: *names is one allocated block of `*count` strings
 * behind each other, each with its NUL.
 */
int xenbus_directory(xenbus_tx_t tx, const char *path, char **names,
                     size_t *count);

int xenbus_begin(xenbus_tx_t *tx);

/* Commit, or drop it. -EAGAIN: somebody else was faster, start again. */
int xenbus_end(xenbus_tx_t tx, bool commit);

/*
 * Be told about a node and everything below it. It fires once at registration.
 * The events are counted; xenbus_watch_wait() takes one.
 */
struct xenbus_watch {
    const char *path; /* kept, not copied */
    char token[24];
    struct semaphore fired;
    LIST_ENTRY(xenbus_watch) link;
};

int xenbus_watch(struct xenbus_watch *w, const char *path);
int xenbus_unwatch(struct xenbus_watch *w);

/* Wait for an event until deadline_ns. False when it passed. */
bool xenbus_watch_wait(struct xenbus_watch *w, uint64_t deadline_ns);

/*
 * One request of any kind: `type` is XS_..., the payload the `count` pieces
 * behind each other. *reply is allocated and NUL-terminated.
 */
struct xenbus_piece {
    const void *bytes;
    size_t len;
};

int xenbus_request(uint32_t type, xenbus_tx_t tx,
                   const struct xenbus_piece *pieces, size_t count,
                   char **reply, size_t *reply_len);

#endif

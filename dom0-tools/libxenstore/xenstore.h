/* SPDX-License-Identifier: MIT */
/*
 * libxenstore: to read, write and watch the store that domains share.
 *
 * Names, arguments and results are those of Xen's libxenstore, so that its
 * programs compile against this one. On failure a function returns false, NULL
 * or XBT_NULL and sets errno: what the server answered, EIO or ENOTCONN when
 * the connection is gone, E2BIG for a request of more than
 * XENSTORE_PAYLOAD_MAX bytes, ENOMEM.
 *
 * Paths are absolute, or relative to the domain's own directory. What is
 * returned in memory is one block for free().
 *
 * Difference: a handle may be used by one thread at a time. A program whose
 * threads wait for watches and ask at the same time opens a handle for each.
 */
#ifndef XENSTORE_H
#define XENSTORE_H

#include "xenstore_lib.h"

/* "No transaction" where one is asked for. */
#define XBT_NULL 0

/* Flags of xs_open(). The first two have no effect. */
#define XS_OPEN_READONLY   (1UL << 0)
#define XS_OPEN_SOCKETONLY (1UL << 1)
/* xs_unwatch() also drops events of that watch that were not read yet. */
#define XS_UNWATCH_FILTER (1UL << 2)

struct xs_handle;
typedef uint32_t xs_transaction_t;

/* --- Connections ------------------------------------------------------------
 */

struct xs_handle *xs_open(unsigned long flags);
void xs_close(struct xs_handle *h); /* NULL is allowed */

/* Older names for the same. */
struct xs_handle *xs_daemon_open(void);
struct xs_handle *xs_domain_open(void);
struct xs_handle *xs_daemon_open_readonly(void);
void xs_daemon_close(struct xs_handle *h);

/* After fork(), in the child: free the handle, say nothing to the server. */
void xs_daemon_destroy_postfork(struct xs_handle *h);

/* --- Nodes; t is XBT_NULL outside a transaction -----------------------------
 */

/* Names of the children, `*num` of them, by name. */
char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
                    unsigned int *num);

/* The value, and a NUL behind its `*len` bytes; len may be NULL. */
void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
              unsigned int *len);

/* Set the value; the node and those above it are made if needed. */
bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
              const void *data, unsigned int len);

/* Make a node without a value; one that exists stays as it is. */
bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path);

/* Remove a node and all below it; one that does not exist is no error. */
bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path);

/* The first entry names the owner, and what all others may. */
struct xs_permissions *xs_get_permissions(struct xs_handle *h,
                                          xs_transaction_t t, const char *path,
                                          unsigned int *num);
bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t,
                        const char *path, struct xs_permissions *perms,
                        unsigned int num_perms);

/* --- Watches ----------------------------------------------------------------
 */

/*
 * Hear of changes at `path` and below. The first event comes at once. `path`
 * may be "@introduceDomain" or "@releaseDomain".
 */
bool xs_watch(struct xs_handle *h, const char *path, const char *token);
bool xs_unwatch(struct xs_handle *h, const char *path, const char *token);

/*
 * The next event: two strings, [XS_WATCH_PATH] what changed, [XS_WATCH_TOKEN]
 * the token. xs_read_watch() waits for one; xs_check_watch() fails with EAGAIN
 * if there is none.
 */
char **xs_read_watch(struct xs_handle *h, unsigned int *num);
char **xs_check_watch(struct xs_handle *h);

/*
 * To poll for reading; -1 where there are no file descriptors. An event may
 * have been taken in with an answer: before waiting call xs_check_watch()
 * until it fails.
 */
int xs_fileno(struct xs_handle *h);

/* --- Transactions -----------------------------------------------------------
 */

/* See the store as it is now, and change it at once or not at all. */
xs_transaction_t xs_transaction_start(struct xs_handle *h);

/* Commit, or forget if `abort`. EAGAIN: somebody was faster, begin again. */
bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort);

/* --- Domains (control domain) -----------------------------------------------
 */

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid,
                         unsigned long mfn, unsigned int eventchn);
bool xs_release_domain(struct xs_handle *h, unsigned int domid);
bool xs_resume_domain(struct xs_handle *h, unsigned int domid);
/* Give a domain the rights of another one as well. */
bool xs_set_target(struct xs_handle *h, unsigned int domid,
                   unsigned int target);
bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid);
char *xs_get_domain_path(struct xs_handle *h, unsigned int domid);

/* --- The rest ---------------------------------------------------------------
 */

/* Whether child is parent or below it. */
bool xs_path_is_subpath(const char *parent, const char *child);

/* Talk to the server itself: "help" names the commands. */
char *xs_control_command(struct xs_handle *h, const char *cmd, void *data,
                         unsigned int len);
char *xs_debug_command(struct xs_handle *h, const char *cmd, void *data,
                       unsigned int len);

/* Never worked; false with ENOSYS. */
bool xs_restrict(struct xs_handle *h, unsigned domid);

/* The port a domain offers for suspending, or -1. */
int xs_suspend_evtchn_port(int domid);

#endif

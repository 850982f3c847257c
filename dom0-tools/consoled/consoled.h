/* SPDX-License-Identifier: MIT */
/*
 * consoled: moves what domains print into their histories, and what is typed
 * into their rings.
 *
 * One console for each domain that was attached, kept after its death until
 * CONSOLED_KEPT newer dead ones push it out.
 *
 * While nobody reads a console, consoled takes what comes, and the oldest is
 * forgotten: no guest waits for a person who may come. While somebody reads,
 * nothing is lost to him: once the history is full of what he has not read,
 * consoled takes no more, and the guest waits when its ring is full as well.
 * But not for ever: a reader for whom a guest has waited CONSOLED_PATIENCE_S
 * seconds, without his reading a byte, holds it up no longer; when he reads
 * again he learns how much he has missed (console_skipped()). A second counts
 * once this domain has seen it pass, so one who could not run is not blamed.
 *
 * All functions may be called from any thread and lock what they need.
 */
#ifndef CONSOLED_CONSOLED_H
#define CONSOLED_CONSOLED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pv-abi/types.h>

#include "consoled/history.h"

#define CONSOLED_KEPT       16 /* consoles of dead domains */
#define CONSOLED_PATIENCE_S HISTORY_PATIENCE

struct console;

/* Somebody who reads one. Both fields are consoled's. */
struct console_reader {
    struct console *console;
    struct history_reader at;
};

/* Start the thread that moves the bytes. Once. Returns 0 or -XEN_ENOMEM. */
int consoled_start(void);

/*
 * Serve a domain: its ring is what grant GNTTAB_RESERVED_CONSOLE lends.
 *  name  for console_find; copied.
 *  port  the domain's own end, open to domain 0.
 * Returns 0, -XEN_ENOMEM, or why the ring or the port was refused.
 */
int consoled_attach(domid_t domid, const char *name, evtchn_port_t port);

/* The domain is called name from now on; copied. */
void consoled_rename(domid_t domid, const char *name);

/*
 * The domain has ended: take what is still in its ring, let the ring go, keep
 * the history. A domain without a living console is ignored.
 */
void consoled_detach(domid_t domid);

/*
 * The console of the living domain called so (or with that number), else of
 * the one that died last. NULL: none. Give it back with console_put().
 */
struct console *console_find(const char *name);
struct console *console_find_domid(domid_t domid);
void console_put(struct console *c);

/*
 * Begin to read, from the oldest byte that is kept or behind the newest. What
 * of the console is older than the oldest counts as skipped. From now on the
 * guest waits for this reader, until console_close(), which must come before
 * console_put().
 */
void console_open(struct console *c, struct console_reader *r, bool at_end);
void console_close(struct console_reader *r);

/*
 * Read on.
 *  deadline_ns  wait for more until then, absolute; 0: do not wait.
 *  stop         NULL, or a flag that ends the wait: set it, then call
 *               console_wake_readers().
 * Returns the bytes read; 0 when the deadline passed or *stop was set; -1
 * when the domain has ended and all was read.
 */
long console_read_on(struct console_reader *r, char *bytes, size_t n,
                     uint64_t deadline_ns, const volatile bool *stop);

/*
 * How many bytes are missing before those that console_read_on() gave last.
 * Asked again, 0: they have been told. The reader's own thread asks.
 */
uint64_t console_skipped(struct console_reader *r);

/* Have everybody who waits look at his condition again. */
void console_wake_readers(void);

/* When the line with the byte at `place` was begun, ns; 0: unknown. */
uint64_t console_line_ns(struct console *c, uint64_t place);

/*
 * Type n bytes; waits for room until deadline_ns. Returns how many the guest
 * could be given.
 */
size_t console_type(struct console *c, const char *bytes, size_t n,
                    uint64_t deadline_ns);

/* Whether more may come: the domain has not ended. */
bool console_is_alive(struct console *c);

#endif

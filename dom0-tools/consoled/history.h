/* SPDX-License-Identifier: MIT */
/*
 * What a domain printed: the newest HISTORY_BYTES of it, with the time at
 * which each line began, and who reads it. Pure; no lock.
 *
 * Places in it are counted from the domain's first byte on and never wrap.
 *
 * Nothing is lost to a reader: no more than history_room() may be added, the
 * rest waits at the guest. But one who does not read for HISTORY_PATIENCE
 * ticks, while the guest waits for him, holds nobody up until he reads again:
 * then he is told how many bytes he has lost, and counts as before.
 */
#ifndef CONSOLED_HISTORY_H
#define CONSOLED_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define HISTORY_BYTES    65536u
#define HISTORY_RESERVE  2048u /* may be added, once, where no room is left */
#define HISTORY_LINES    2048u
#define HISTORY_PATIENCE 10u /* ticks */

struct history_reader {
    LIST_ENTRY(history_reader) link; /* of history.readers */
    uint64_t place;                  /* of the byte he reads next */
    uint64_t skipped;                /* bytes lost; his to forget */
    unsigned int idle;               /* ticks that the guest waited for him */
};

struct history {
    uint64_t end;        /* bytes ever added: the place behind the newest */
    bool in_line;        /* the newest byte does not end a line */
    uint64_t line_count; /* lines ever begun */
    LIST_HEAD(, history_reader) readers;
    struct {
        uint64_t place, ns;
    } lines[HISTORY_LINES]; /* by number modulo HISTORY_LINES */
    char bytes[HISTORY_BYTES + HISTORY_RESERVE]; /* by place modulo its size */
};

/* Forget all, readers too. */
void history_init(struct history *h);

/* Add n bytes that came at ns; the oldest make room. */
void history_add(struct history *h, const char *bytes, size_t n, uint64_t ns);

/* How many bytes, at most HISTORY_BYTES, no reader has to fear. */
size_t history_room(const struct history *h);

/* The guest has waited for room, a tick long. */
void history_tick(struct history *h);

/* The place of the oldest byte that a new reader is given. */
uint64_t history_begin(const struct history *h);

/*
 * Begin to read at `place`; if that is too old, at history_begin(), and what
 * lies between has been skipped. The reader is the caller's until
 * history_close().
 */
void history_open(struct history *h, struct history_reader *r, uint64_t place);
void history_close(struct history_reader *r);

/*
 * Copy up to n bytes from the reader's place on, and move it behind them.
 * Returns the bytes copied; 0 when there is nothing newer.
 */
size_t history_read(const struct history *h, struct history_reader *r,
                    char *bytes, size_t n);

/* When the line that holds the byte at `place` began, in ns; 0: unknown. */
uint64_t history_time(const struct history *h, uint64_t place);

#endif

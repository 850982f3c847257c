/* SPDX-License-Identifier: MIT */
/*
 * What a domain printed: the newest HISTORY_BYTES of it, with the time at
 * which each line began. Pure; no lock.
 *
 * Places in it are counted from the domain's first byte on and never wrap:
 * a reader keeps its own place and asks for what follows.
 */
#ifndef CONSOLED_HISTORY_H
#define CONSOLED_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_BYTES 65536u
#define HISTORY_LINES 2048u

struct history {
    uint64_t end;        /* bytes ever added: the place behind the newest */
    bool in_line;        /* the newest byte does not end a line */
    uint64_t line_count; /* lines ever begun */
    struct {
        uint64_t place, ns;
    } lines[HISTORY_LINES]; /* by number modulo HISTORY_LINES */
    char bytes[HISTORY_BYTES];
};

/* Forget all. */
void history_init(struct history *h);

/* Add n bytes that came at ns; the oldest make room. */
void history_add(struct history *h, const char *bytes, size_t n, uint64_t ns);

/* The place of the oldest byte that is still there. */
uint64_t history_begin(const struct history *h);

/*
 * Copy up to n bytes from *place on, and move *place behind them. A place
 * that is too old moves to the oldest byte first. Returns the bytes copied;
 * 0 when there is nothing newer.
 */
size_t history_read(const struct history *h, uint64_t *place, char *bytes,
                    size_t n);

/* When the line that holds the byte at `place` began, in ns; 0: unknown. */
uint64_t history_time(const struct history *h, uint64_t place);

#endif

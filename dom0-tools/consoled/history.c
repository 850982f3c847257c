/* SPDX-License-Identifier: MIT */
#include "consoled/history.h"

#include <string.h>

void history_init(struct history *h)
{
    h->end = 0;
    h->in_line = false;
    h->line_count = 0;
    LIST_INIT(&h->readers);
}

static void begin_line(struct history *h, uint64_t ns)
{
    uint64_t slot = h->line_count++ % HISTORY_LINES;

    h->lines[slot].place = h->end;
    h->lines[slot].ns = ns;
    h->in_line = true;
}

void history_add(struct history *h, const char *bytes, size_t n, uint64_t ns)
{
    for (size_t i = 0; i < n; i++) {
        if (!h->in_line)
            begin_line(h, ns);
        h->bytes[h->end++ % sizeof(h->bytes)] = bytes[i];
        h->in_line = bytes[i] != '\n';
    }
}

/* The place where the newest n bytes begin. */
static uint64_t newest(const struct history *h, uint64_t n)
{
    return h->end < n ? 0 : h->end - n;
}

uint64_t history_begin(const struct history *h)
{
    return newest(h, HISTORY_BYTES);
}

/* How much may be added before this reader loses what a new one is given. */
static size_t room_for(const struct history *h, const struct history_reader *r)
{
    uint64_t unread = h->end - r->place;

    return unread < HISTORY_BYTES ? (size_t)(HISTORY_BYTES - unread) : 0;
}

size_t history_room(const struct history *h)
{
    const struct history_reader *r;
    size_t room = HISTORY_BYTES;

    LIST_FOREACH (r, &h->readers, link)
        if (r->idle < HISTORY_PATIENCE && room_for(h, r) < room)
            room = room_for(h, r);
    return room;
}

void history_tick(struct history *h)
{
    struct history_reader *r;

    LIST_FOREACH (r, &h->readers, link)
        if (!room_for(h, r) && r->idle < HISTORY_PATIENCE)
            r->idle++;
}

/* Move a reader forward who wants what is older than `oldest`. */
static void skip(const struct history *h, struct history_reader *r,
                 uint64_t oldest)
{
    if (r->place >= oldest)
        return;
    r->skipped += history_begin(h) - r->place;
    r->place = history_begin(h);
}

void history_open(struct history *h, struct history_reader *r, uint64_t place)
{
    r->place = place;
    r->skipped = 0;
    r->idle = 0;
    skip(h, r, history_begin(h));
    LIST_INSERT_HEAD(&h->readers, r, link);
}

void history_close(struct history_reader *r)
{
    LIST_REMOVE(r, link);
}

size_t history_read(const struct history *h, struct history_reader *r,
                    char *bytes, size_t n)
{
    size_t done = 0;

    skip(h, r, newest(h, sizeof(h->bytes)));
    r->idle = 0;
    while (done < n && r->place < h->end) {
        size_t at = r->place % sizeof(h->bytes);
        size_t run = sizeof(h->bytes) - at;

        if (run > h->end - r->place)
            run = h->end - r->place;
        if (run > n - done)
            run = n - done;
        memcpy(bytes + done, h->bytes + at, run);
        r->place += run;
        done += run;
    }
    return done;
}

uint64_t history_time(const struct history *h, uint64_t place)
{
    uint64_t oldest =
        h->line_count > HISTORY_LINES ? h->line_count - HISTORY_LINES : 0;

    for (uint64_t line = h->line_count; line > oldest; line--)
        if (h->lines[(line - 1) % HISTORY_LINES].place <= place)
            return h->lines[(line - 1) % HISTORY_LINES].ns;
    return 0;
}

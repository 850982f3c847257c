/* SPDX-License-Identifier: MIT */
#include "consoled/history.h"

#include <string.h>

void history_init(struct history *h)
{
    h->end = 0;
    h->in_line = false;
    h->line_count = 0;
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
        h->bytes[h->end++ % HISTORY_BYTES] = bytes[i];
        h->in_line = bytes[i] != '\n';
    }
}

uint64_t history_begin(const struct history *h)
{
    return h->end < HISTORY_BYTES ? 0 : h->end - HISTORY_BYTES;
}

size_t history_read(const struct history *h, uint64_t *place, char *bytes,
                    size_t n)
{
    size_t done = 0;

    if (*place < history_begin(h))
        *place = history_begin(h);
    while (done < n && *place < h->end) {
        size_t at = *place % HISTORY_BYTES;
        size_t run = HISTORY_BYTES - at;

        if (run > h->end - *place)
            run = h->end - *place;
        if (run > n - done)
            run = n - done;
        memcpy(bytes + done, h->bytes + at, run);
        *place += run;
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

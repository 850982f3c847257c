/* SPDX-License-Identifier: MIT */
#include "suggest.h"

#include <string.h>

/* Longer words are not compared; no key is longer. */
#define WORD_MAX 32

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;

    return m < c ? m : c;
}

/*
 * How many letters must be inserted, dropped, replaced or swapped with their
 * neighbour to make one word of the other (optimal string alignment).
 */
static unsigned distance(const char *a, size_t a_len, const char *b,
                         size_t b_len)
{
    unsigned row[3][WORD_MAX + 1];

    for (size_t j = 0; j <= b_len; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        unsigned *now = row[i % 3], *last = row[(i + 2) % 3];
        const unsigned *before = row[(i + 1) % 3];

        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            now[j] = least(now[j - 1] + 1, last[j] + 1,
                           last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1, now[j]);
        }
    }
    return row[a_len % 3][b_len];
}

const char *config_suggest(const char *word, const char *(*candidate)(size_t i))
{
    size_t len = strlen(word);
    unsigned nearest = len / 3 + 1; /* a third of the letters may be wrong */
    const char *best = NULL, *c;

    if (len > WORD_MAX)
        return NULL;
    for (size_t i = 0; (c = candidate(i)); i++) {
        unsigned d = distance(word, len, c, strlen(c));

        if (d <= nearest && (!best || d < nearest)) {
            best = c;
            nearest = d;
        }
    }
    return best;
}

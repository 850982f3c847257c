/* SPDX-License-Identifier: MIT */
#include "shell/complete.h"

#include <string.h>

void completion_begin(struct completion *c, const char *word)
{
    memset(c, 0, sizeof(*c));
    c->word = word;
}

void completion_add(struct completion *c, const char *candidate, size_t n)
{
    char text[COMPLETION_BYTES];
    size_t same = 0;

    if (n > sizeof(text) - 1)
        n = sizeof(text) - 1;
    memcpy(text, candidate, n);
    text[n] = '\0';
    if (strncmp(text, c->word, strlen(c->word)))
        return;
    for (unsigned int i = 0; i < c->count && i < COMPLETION_SHOWN; i++)
        if (!strcmp(c->names[i], text))
            return; /* known by another way */
    if (c->count < COMPLETION_SHOWN)
        strcpy(c->names[c->count], text);
    if (c->count++ == 0)
        strcpy(c->common, text);
    while (c->common[same] && c->common[same] == text[same])
        same++;
    c->common[same] = '\0';
}

const char *completion_rest(struct completion *c)
{
    size_t typed = strlen(c->word), n = strlen(c->common);

    if (c->count == 1 && n < sizeof(c->common) - 1)
        strcpy(c->common + n, " ");
    return c->count ? c->common + typed : "";
}

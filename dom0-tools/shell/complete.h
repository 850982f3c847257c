/* SPDX-License-Identifier: MIT */
/*
 * What a word that was begun may become: candidates in, the letters they have
 * in common out. Pure.
 */
#ifndef SHELL_COMPLETE_H
#define SHELL_COMPLETE_H

#include <stddef.h>

#define COMPLETION_BYTES 64 /* longer candidates are cut */
#define COMPLETION_SHOWN 64

struct completion {
    const char *word;   /* as far as it was typed */
    unsigned int count; /* candidates that begin so */
    char common[COMPLETION_BYTES];
    char names[COMPLETION_SHOWN][COMPLETION_BYTES]; /* the first of them */
};

void completion_begin(struct completion *c, const char *word);

/* A candidate of n bytes; it counts if it begins with the word. */
void completion_add(struct completion *c, const char *candidate, size_t n);

/*
 * What can be added to the word: the rest of what all have in common, and a
 * blank if there is one candidate only. "" if nothing can. Good until the next
 * call.
 */
const char *completion_rest(struct completion *c);

#endif

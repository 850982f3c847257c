/* SPDX-License-Identifier: MIT */
/*
 * Splits a line into commands and words, as a shell does: blanks separate
 * words, ';' and the end of the line separate commands, '#' at the start of
 * a word begins a comment; quotes ("..." and '...') and \ keep a character
 * what it is. Pure.
 */
#ifndef SHELL_WORDS_H
#define SHELL_WORDS_H

#include <stdbool.h>

#define WORDS_MAX 32

/* One command: words[count] is NULL. The words lie in the caller's text. */
struct words {
    int count;
    char *words[WORDS_MAX + 1];
};

/*
 * Take the next command from *text, which is changed, and move *text behind
 * it. Returns false when there is none left. *error: NULL, or what is wrong
 * with the command; then the rest of the text is not to be trusted.
 */
bool words_next(char **text, struct words *w, const char **error);

#endif

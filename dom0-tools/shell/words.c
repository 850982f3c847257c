/* SPDX-License-Identifier: MIT */
#include "shell/words.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool ends_command(char c)
{
    return c == ';' || c == '\n' || c == '\0';
}

/*
 * Copy the quoted text at *from to *to, without its quotes. Returns false if
 * the quote does not end.
 */
static bool take_quoted(char **from, char **to)
{
    char quote = *(*from)++;

    while (**from && **from != quote) {
        if (**from == '\\' && quote == '"' && (*from)[1])
            (*from)++;
        *(*to)++ = *(*from)++;
    }
    if (!**from)
        return false;
    (*from)++;
    return true;
}

/*
 * Take a word; *from moves behind it. Its end is not marked yet: that byte
 * is still to be looked at. Returns the place behind its last byte, or NULL
 * if a quote does not end.
 */
static char *take_word(char **from)
{
    char *to = *from;

    while (!is_blank(**from) && !ends_command(**from)) {
        if (**from == '"' || **from == '\'') {
            if (!take_quoted(from, &to))
                return NULL;
            continue;
        }
        if (**from == '\\' && (*from)[1])
            (*from)++;
        *to++ = *(*from)++;
    }
    return to;
}

static void skip_blanks(char **text)
{
    while (is_blank(**text))
        (*text)++;
    if (**text == '#')
        *text += strcspn(*text, "\n");
}

/* Take the words up to the end of the command at *text. */
static const char *take_command(char **text, struct words *w)
{
    for (skip_blanks(text); !ends_command(**text); skip_blanks(text)) {
        char *start = *text, *end = take_word(text);
        char after = **text;

        if (!end)
            return "a quote does not end";
        if (w->count == WORDS_MAX)
            return "too many words";
        w->words[w->count++] = start;
        *end = '\0';
        /* Where nothing was quoted the mark lies on the next byte. */
        if (end == *text) {
            if (ends_command(after)) {
                *text += after != '\0';
                return NULL;
            }
            (*text)++;
        }
    }
    if (**text)
        (*text)++;
    return NULL;
}

bool words_next(char **text, struct words *w, const char **error)
{
    *error = NULL;
    do {
        w->count = 0;
        *error = take_command(text, w);
    } while (!*error && w->count == 0 && **text);
    w->words[w->count] = NULL;
    return *error || w->count > 0;
}

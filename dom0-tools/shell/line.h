/* SPDX-License-Identifier: MIT */
/*
 * A line that a person edits: keys in, what the terminal must show out.
 * Arrows, Home, End, Backspace, Delete, Ctrl-A -E -K -U -W -L, Tab, and a
 * history of lines. Pure: the caller reads keys and shows what line_key()
 * wrote.
 *
 * The terminal is a VT100 or better; a line longer than its width is shown
 * as the part around the cursor.
 */
#ifndef SHELL_LINE_H
#define SHELL_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_BYTES   512
#define LINE_HISTORY 32
#define LINE_WIDTH   79 /* columns used, prompt included */

enum line_event {
    LINE_EDITING,  /* go on */
    LINE_DONE,     /* Enter: text is the line */
    LINE_CANCELED, /* Ctrl-C: text is empty */
    LINE_END,      /* Ctrl-D on an empty line */
    LINE_TAB,      /* the caller may line_insert(), and goes on */
};

struct line_editor {
    const char *prompt;
    char text[LINE_BYTES]; /* NUL terminated */
    size_t length, cursor;
    char escape[8]; /* a key's sequence as far as it came */
    size_t escape_length;
    char history[LINE_HISTORY][LINE_BYTES];
    unsigned int history_count; /* lines ever remembered */
    unsigned int history_back;  /* steps back from the newest; 0: editing */
};

/* What to write to the terminal; bytes are only added. */
struct line_screen {
    char bytes[1024];
    size_t length;
};

/* prompt is kept, not copied. */
void line_init(struct line_editor *e, const char *prompt);

/* Begin a new, empty line: shows the prompt. */
void line_begin(struct line_editor *e, struct line_screen *screen);

/* Add text at the cursor, as far as there is room. */
void line_insert(struct line_editor *e, const char *text,
                 struct line_screen *screen);

/* Show prompt and line again, below what was printed meanwhile. */
void line_show(struct line_editor *e, struct line_screen *screen);

/* One byte from the keyboard. */
enum line_event line_key(struct line_editor *e, char key,
                         struct line_screen *screen);

#endif

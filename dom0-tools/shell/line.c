/* SPDX-License-Identifier: MIT */
#include "shell/line.h"

#include <stdio.h>
#include <string.h>

#define CTRL(letter) ((letter)&31)
#define ESCAPE       0x1b
#define DELETE       0x7f

static void put(struct line_screen *s, const char *bytes, size_t n)
{
    if (n > sizeof(s->bytes) - s->length)
        n = sizeof(s->bytes) - s->length;
    memcpy(s->bytes + s->length, bytes, n);
    s->length += n;
}

static void put_text(struct line_screen *s, const char *text)
{
    put(s, text, strlen(text));
}

/* Draw prompt and line anew, with the cursor at its place. */
static void redraw(struct line_editor *e, struct line_screen *s)
{
    size_t prompt = strlen(e->prompt);
    size_t width = LINE_WIDTH - prompt;
    size_t from = e->cursor < width ? 0 : e->cursor - width + 1;
    size_t shown = e->length - from < width ? e->length - from : width;
    char move[16];

    put_text(s, "\r");
    put_text(s, e->prompt);
    put(s, e->text + from, shown);
    put_text(s, "\x1b[K\r"); /* clear what is left of the old line */
    snprintf(move, sizeof(move), "\x1b[%uC",
             (unsigned int)(prompt + e->cursor - from));
    put_text(s, move);
}

void line_init(struct line_editor *e, const char *prompt)
{
    memset(e, 0, sizeof(*e));
    e->prompt = prompt;
}

void line_begin(struct line_editor *e, struct line_screen *screen)
{
    e->text[0] = '\0';
    e->length = e->cursor = e->escape_length = 0;
    e->history_back = 0;
    redraw(e, screen);
}

static void insert(struct line_editor *e, char c)
{
    if (e->length == LINE_BYTES - 1)
        return;
    memmove(e->text + e->cursor + 1, e->text + e->cursor,
            e->length - e->cursor + 1);
    e->text[e->cursor++] = c;
    e->length++;
}

/* Remove the bytes [from, to); the cursor goes to from. */
static void cut(struct line_editor *e, size_t from, size_t to)
{
    memmove(e->text + from, e->text + to, e->length - to + 1);
    e->length -= to - from;
    e->cursor = from;
}

/* Where the word before the cursor begins. */
static size_t word_start(const struct line_editor *e)
{
    size_t at = e->cursor;

    while (at > 0 && e->text[at - 1] == ' ')
        at--;
    while (at > 0 && e->text[at - 1] != ' ')
        at--;
    return at;
}

static void remember(struct line_editor *e)
{
    char *newest = e->history[(e->history_count - 1) % LINE_HISTORY];

    if (!e->length || (e->history_count && !strcmp(newest, e->text)))
        return;
    strcpy(e->history[e->history_count++ % LINE_HISTORY], e->text);
}

/* Show the line so many steps back; 0 is a new, empty one. */
static void recall(struct line_editor *e, unsigned int back)
{
    unsigned int kept =
        e->history_count < LINE_HISTORY ? e->history_count : LINE_HISTORY;

    if (back > kept)
        return;
    e->history_back = back;
    if (back)
        strcpy(e->text, e->history[(e->history_count - back) % LINE_HISTORY]);
    else
        e->text[0] = '\0';
    e->length = e->cursor = strlen(e->text);
}

/* A whole sequence has come, without its ESC: "[A", "OH", "[3~" ... */
static void act_on_sequence(struct line_editor *e, const char *sequence)
{
    if (!strcmp(sequence, "[A"))
        recall(e, e->history_back + 1);
    else if (!strcmp(sequence, "[B") && e->history_back)
        recall(e, e->history_back - 1);
    else if (!strcmp(sequence, "[C") && e->cursor < e->length)
        e->cursor++;
    else if (!strcmp(sequence, "[D") && e->cursor)
        e->cursor--;
    else if (!strcmp(sequence, "[H") || !strcmp(sequence, "OH") ||
             !strcmp(sequence, "[1~"))
        e->cursor = 0;
    else if (!strcmp(sequence, "[F") || !strcmp(sequence, "OF") ||
             !strcmp(sequence, "[4~"))
        e->cursor = e->length;
    else if (!strcmp(sequence, "[3~") && e->cursor < e->length)
        cut(e, e->cursor, e->cursor + 1);
}

/* A byte of an escape sequence: ESC, '[' or 'O', parameters, a last one. */
static void add_to_sequence(struct line_editor *e, char key)
{
    char *sequence = e->escape + 1;

    e->escape[e->escape_length++] = key;
    e->escape[e->escape_length] = '\0';
    if (e->escape_length == 2 && (key == '[' || key == 'O'))
        return;
    if (e->escape_length > 2 && key >= 0x20 && key < 0x40 &&
        e->escape_length < sizeof(e->escape) - 1)
        return;
    e->escape_length = 0;
    act_on_sequence(e, sequence);
}

static void act_on_control(struct line_editor *e, char key,
                           struct line_screen *screen)
{
    switch (key) {
    case CTRL('A'):
        e->cursor = 0;
        break;
    case CTRL('E'):
        e->cursor = e->length;
        break;
    case CTRL('K'):
        cut(e, e->cursor, e->length);
        break;
    case CTRL('U'):
        cut(e, 0, e->cursor);
        break;
    case CTRL('W'):
        cut(e, word_start(e), e->cursor);
        break;
    case CTRL('L'):
        put_text(screen, "\x1b[H\x1b[2J");
        break;
    case CTRL('D'):
        if (e->cursor < e->length)
            cut(e, e->cursor, e->cursor + 1);
        break;
    case CTRL('H'):
    case DELETE:
        if (e->cursor)
            cut(e, e->cursor - 1, e->cursor);
        break;
    case ESCAPE:
        e->escape[0] = ESCAPE;
        e->escape_length = 1;
        break;
    }
}

enum line_event line_key(struct line_editor *e, char key,
                         struct line_screen *screen)
{
    if (e->escape_length) {
        add_to_sequence(e, key);
    } else if (key == '\r' || key == '\n') {
        put_text(screen, "\r\n");
        remember(e);
        return LINE_DONE;
    } else if (key == CTRL('C')) {
        put_text(screen, "^C\r\n");
        e->text[0] = '\0';
        e->length = e->cursor = 0;
        return LINE_CANCELED;
    } else if (key == CTRL('D') && !e->length) {
        put_text(screen, "\r\n");
        return LINE_END;
    } else if (key == '\t') {
        return LINE_TAB;
    } else if ((unsigned char)key < 0x20 || key == DELETE) {
        act_on_control(e, key, screen);
    } else if (e->cursor == e->length &&
               strlen(e->prompt) + e->length + 1 < LINE_WIDTH) {
        /* What people mostly do: the terminal is shown the key alone. */
        insert(e, key);
        put(screen, &key, 1);
        return LINE_EDITING;
    } else {
        insert(e, key);
    }
    redraw(e, screen);
    return LINE_EDITING;
}

void line_insert(struct line_editor *e, const char *text,
                 struct line_screen *screen)
{
    while (*text)
        insert(e, *text++);
    redraw(e, screen);
}

void line_show(struct line_editor *e, struct line_screen *screen)
{
    redraw(e, screen);
}

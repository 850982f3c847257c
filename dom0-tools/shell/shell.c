/* SPDX-License-Identifier: MIT */
#include "shell/shell.h"

#include <stdio.h>
#include <string.h>

#include <guest/thread.h>

#include "shell/builtins.h"
#include "shell/candidates.h"
#include "shell/line.h"
#include "shell/terminal.h"
#include "shell/words.h"
#include "vireo/command.h"

#define PROMPT "vireo> "

static int last_status;

static int run_command(const struct words *w)
{
    const struct builtin *b = builtin_find(w->words[0]);

    if (b)
        return b->run(w->count, (char **)w->words);
    fprintf(stderr, "no command '%s'; 'help' lists them\n", w->words[0]);
    return STATUS_USAGE;
}

int shell_run(char *text)
{
    struct words w;
    const char *error;
    int status, first = STATUS_OK;

    while (words_next(&text, &w, &error)) {
        if (error) {
            fprintf(stderr, "%s\n", error);
            last_status = STATUS_USAGE;
            return first ? first : STATUS_USAGE;
        }
        status = last_status = run_command(&w);
        fflush(stdout);
        fflush(stderr);
        if (!first)
            first = status;
    }
    return first;
}

int shell_status(void)
{
    return last_status;
}

static void show(struct line_screen *s)
{
    fwrite(s->bytes, 1, s->length, stdout);
    fflush(stdout);
    s->length = 0;
}

/* Tab: add what is clear, or list what there is to choose. */
static void complete(struct line_editor *e, struct line_screen *screen)
{
    static struct completion c;
    char before[LINE_BYTES], buffer[LINE_BYTES];
    const char *rest;

    memcpy(before, e->text, e->cursor);
    before[e->cursor] = '\0';
    candidates(&c, before, buffer);
    rest = completion_rest(&c);
    if (*rest) {
        line_insert(e, rest, screen);
        return;
    }
    if (c.count == 0)
        return;
    putchar('\n');
    for (unsigned int i = 0; i < c.count && i < COMPLETION_SHOWN; i++)
        printf("%s%s", i ? "  " : "", c.names[i]);
    puts(c.count > COMPLETION_SHOWN ? "  ..." : "");
    line_show(e, screen);
}

/* Read one line into e->text. */
static enum line_event read_line(struct line_editor *e)
{
    struct line_screen screen = {.length = 0};
    enum line_event event = LINE_EDITING;
    char key;

    line_begin(e, &screen);
    while (event == LINE_EDITING) {
        show(&screen);
        if (!terminal_read(&key, 1, WAIT_FOREVER))
            continue;
        event = line_key(e, key, &screen);
        if (event == LINE_TAB) {
            complete(e, &screen);
            event = LINE_EDITING;
        }
    }
    show(&screen);
    return event;
}

void shell_interact(void)
{
    static struct line_editor editor;

    line_init(&editor, PROMPT);
    for (;;)
        switch (read_line(&editor)) {
        case LINE_DONE:
            shell_run(editor.text);
            break;
        case LINE_END:
            puts("'poweroff' turns the machine off.");
            break;
        default:
            break;
        }
}

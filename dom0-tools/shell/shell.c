/* SPDX-License-Identifier: MIT */
#include "shell/shell.h"

#include <stdio.h>

#include <guest/thread.h>

#include "shell/builtins.h"
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

/* Read one line into e->text. */
static enum line_event read_line(struct line_editor *e)
{
    struct line_screen screen = {.length = 0};
    enum line_event event = LINE_EDITING;
    char key;

    line_begin(e, &screen);
    while (event == LINE_EDITING) {
        fwrite(screen.bytes, 1, screen.length, stdout);
        fflush(stdout);
        screen.length = 0;
        if (terminal_read(&key, 1, WAIT_FOREVER))
            event = line_key(e, key, &screen);
    }
    fwrite(screen.bytes, 1, screen.length, stdout);
    fflush(stdout);
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

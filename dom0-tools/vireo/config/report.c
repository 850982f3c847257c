/* SPDX-License-Identifier: MIT */
#include "syntax.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More would help nobody: the file is no configuration. */
#define MESSAGES_MAX 20

static bool make_room(struct config_report *r, size_t len)
{
    size_t room = r->room ? r->room : 256;
    char *grown;

    while (room < len)
        room *= 2;
    if (room == r->room)
        return true;
    grown = realloc(r->text, room);
    if (!grown)
        return false;
    r->text = grown;
    r->room = room;
    return true;
}

static void append(struct config_report *r, const char *bytes, size_t len)
{
    if (!make_room(r, r->len + len + 1))
        return;
    memcpy(r->text + r->len, bytes, len);
    r->len += len;
    r->text[r->len] = '\0';
}

static void append_text(struct config_report *r, const char *s)
{
    append(r, s, strlen(s));
}

static const char *find_line(const struct config_source *s, unsigned number,
                             size_t *len)
{
    const char *at = s->text, *end = s->text + s->len, *stop;

    while (--number > 0) {
        const char *newline = memchr(at, '\n', end - at);

        if (!newline)
            break;
        at = newline + 1;
    }
    stop = memchr(at, '\n', end - at);
    *len = (stop ? stop : end) - at;
    return at;
}

/* The line, and "   ^~~~" below it. A tab stays one, so that the mark stands
 * below what it marks. A byte that would disturb a terminal is shown as '?'. */
static void show_line(struct config_report *r, const struct config_place *at)
{
    size_t len;
    const char *line = find_line(at->source, at->line, &len);

    if (len > 0 && line[len - 1] == '\r')
        len--;
    for (size_t i = 0; i < len; i++) {
        bool control = (unsigned char)line[i] < ' ' && line[i] != '\t';

        append(r, control || line[i] == 0x7f ? "?" : &line[i], 1);
    }
    append_text(r, "\n");
    for (size_t i = 0; i + 1 < at->first; i++)
        append_text(r, i < len && line[i] == '\t' ? "\t" : " ");
    append_text(r, "^");
    for (size_t i = at->first; i < at->last && i < len; i++)
        append_text(r, "~");
    append_text(r, "\n");
}

void config_say(struct config_report *r, enum config_severity severity,
                const struct config_place *at, const char *format, ...)
{
    char message[256], place[32] = "";
    va_list args;

    if (severity == CONFIG_ERROR)
        r->errors++;
    else
        r->warnings++;
    if (r->errors + r->warnings > MESSAGES_MAX)
        return;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (at->line > 0)
        snprintf(place, sizeof(place), ":%u:%u", at->line, at->first);
    append_text(r, at->source->name);
    append_text(r, place);
    append_text(r, severity == CONFIG_ERROR ? ": error: " : ": warning: ");
    append_text(r, message);
    append_text(r, "\n");
    if (at->line > 0)
        show_line(r, at);
}

void config_report_drop(struct config_report *r)
{
    free(r->text);
    *r = (struct config_report){0};
}

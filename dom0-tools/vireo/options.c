/* SPDX-License-Identifier: MIT */
#include "vireo/options.h"

#include <ctype.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 24
#define FIRST_LONG     256 /* above all letters */

/* What getopt wants, made of the help's lines. */
struct wanted {
    struct option longs[OPTIONS_MAX + 1];
    char names[OPTIONS_MAX][NAME_MAX_BYTES];
    char letters[2 * OPTIONS_MAX + 1];
    const char *lines[OPTIONS_MAX];
    int count;
};

/* The name that an option's line explains, or NULL: it is no such line. */
static const char *name_of(const char *line)
{
    if (strncmp(line, "  -", 3) == 0 && strncmp(line + 4, ", --", 4) == 0)
        return line + 8;
    return strncmp(line, "      --", 8) == 0 ? line + 8 : NULL;
}

static size_t name_length(const char *name)
{
    return strcspn(name, " \n");
}

static void want(struct wanted *w, const char *line)
{
    const char *name = name_of(line);
    size_t length = name ? name_length(name) : 0;
    bool takes = name && isupper((unsigned char)name[length ? length + 1 : 0]);
    char *letters = w->letters + strlen(w->letters);

    if (!name || w->count == OPTIONS_MAX || length >= NAME_MAX_BYTES)
        return;
    memcpy(w->names[w->count], name, length);
    w->lines[w->count] = line;
    w->longs[w->count] = (struct option){
        w->names[w->count], takes ? required_argument : no_argument, NULL,
        FIRST_LONG + w->count};
    if (line[2] == '-') {
        w->longs[w->count].val = line[3];
        *letters++ = line[3];
        if (takes)
            *letters = ':';
    }
    w->count++;
}

static const char *line_of(const struct wanted *w, int option)
{
    for (int i = 0; i < w->count; i++)
        if (w->longs[i].val == option)
            return w->lines[i];
    return NULL;
}

bool options_read(struct options *o, const char *help, int argc, char **argv)
{
    struct wanted w = {.count = 0};
    int option;

    memset(o, 0, sizeof(*o));
    for (; *help; help += strcspn(help, "\n") + 1)
        want(&w, help);
    optind = 0; /* getopt keeps its place between commands: start anew */
    while ((option = getopt_long(argc, argv, w.letters, w.longs, NULL)) != -1) {
        if (option == '?')
            return false;
        if (o->given_count == OPTIONS_MAX) {
            fprintf(stderr, "%s: too many options\n", argv[0]);
            return false;
        }
        o->given[o->given_count].line = line_of(&w, option);
        o->given[o->given_count++].value = optarg;
    }
    o->words = argv + optind;
    o->count = argc - optind;
    return true;
}

const char *options_name(const char *line, size_t *n)
{
    const char *name = name_of(line);

    *n = name ? name_length(name) : 0;
    return name;
}

/* The place of the last --name in o->given, -1: none. */
static int find(const struct options *o, const char *name)
{
    for (int i = o->given_count - 1; i >= 0; i--) {
        const char *given = name_of(o->given[i].line);

        if (strlen(name) == name_length(given) &&
            strncmp(name, given, strlen(name)) == 0)
            return i;
    }
    return -1;
}

bool options_has(const struct options *o, const char *name)
{
    return find(o, name) >= 0;
}

const char *options_value(const struct options *o, const char *name)
{
    int i = find(o, name);

    return i < 0 ? NULL : o->given[i].value;
}

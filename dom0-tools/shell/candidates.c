/* SPDX-License-Identifier: MIT */
#include "shell/candidates.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <guest/file.h>

#include "shell/builtins.h"
#include "vireo/command.h"
#include "vireo/domains.h"

static void add(struct completion *c, const char *text)
{
    completion_add(c, text, strlen(text));
}

static bool add_file(const char *name, size_t bytes, void *c)
{
    add(c, name);
    return true;
}

static void add_domains(struct completion *c)
{
    struct xen_domctl_getdomaininfo *list;
    int count = domains_list(&list);

    for (int i = 0; i < count; i++) {
        char *name = domains_name(list[i].domain);

        add(c, name);
        free(name);
    }
    if (count >= 0)
        free(list);
}

static void add_commands(struct completion *c)
{
    for (const struct command *each = commands; each->name; each++)
        add(c, each->name);
}

static void add_options(struct completion *c, const char *help)
{
    char option[COMPLETION_BYTES] = "--";
    const char *name;
    size_t n;

    for (; *help; help += strcspn(help, "\n") + 1) {
        name = options_name(help, &n);
        if (!name || n > sizeof(option) - 3)
            continue;
        memcpy(option + 2, name, n);
        completion_add(c, option, n + 2);
    }
}

/* Behind the name of a command. */
static void add_arguments(struct completion *c, const struct command *of)
{
    if (c->word[0] == '-')
        add_options(c, of->options);
    else if (strstr(of->arguments, "[COMMAND]"))
        add_commands(c);
    else if (strstr(of->arguments, "DOMAIN"))
        add_domains(c);
    if (strstr(of->arguments, "FILE"))
        file_for_each(c->word, add_file, c);
}

/* The words of the last command of line; the last one is being typed. */
static int split(const char *line, char *buffer, char *words[3], char **last)
{
    const char *start = strrchr(line, ';');
    int count = 0;

    strcpy(buffer, start ? start + 1 : line);
    *last = buffer + strlen(buffer);
    while (*last > buffer && (*last)[-1] != ' ')
        --*last;
    for (char *w = buffer; w < *last;) {
        size_t n = strcspn(w, " ");

        if (n && count < 3)
            words[count++] = w;
        w[n] = '\0';
        w += n + 1;
    }
    return count;
}

void candidates(struct completion *c, const char *line, char *buffer)
{
    char *words[3] = {NULL}, *last;
    int before = split(line, buffer, words, &last);
    const struct command *of;
    const char *name;

    completion_begin(c, last);
    if (before == 0) {
        for (size_t i = 0; (name = builtin_name(i)); i++)
            add(c, name);
        for (of = commands; of->name; of++)
            if (!strncmp(of->name, "xenstore-", 9))
                add(c, of->name);
        return;
    }
    if (!strcmp(words[0], "vireo") || !strcmp(words[0], "xl")) {
        of = before > 1 ? command_find(words[1]) : NULL;
        if (before == 1)
            add_commands(c);
    } else {
        of = command_find(words[0]);
        if (!of) /* ls, cat */
            file_for_each(last, add_file, c);
    }
    if (of)
        add_arguments(c, of);
}

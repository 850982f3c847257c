/* SPDX-License-Identifier: MIT */
#include "vireo/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv-abi/version.h>

#include "libpv/pv.h"
#include "vireo/config/suggest.h"

const struct command commands[] = {
#define COMMAND(id, name, arguments, summary, options)                         \
    {name, arguments, summary, options, cmd_##id},
#include "vireo/commands.def"
    {NULL, NULL, NULL, NULL, NULL},
};

const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

int command_fail(const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fputs("vireo: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return STATUS_FAIL;
}

int command_usage(const char *name)
{
    const struct command *c = command_find(name);

    fflush(stdout);
    fprintf(stderr, "usage: vireo %s %s\n%s", c->name, c->arguments,
            c->options);
    return STATUS_USAGE;
}

bool command_options(struct options *o, int argc, char **argv, int least,
                     int most)
{
    if (options_read(o, command_find(argv[0])->options, argc, argv) &&
        o->count >= least && (most < 0 || o->count <= most))
        return true;
    command_usage(argv[0]);
    return false;
}

bool command_number(const char *word, const char *what, unsigned long least,
                    unsigned long most, unsigned long *number)
{
    char *end;

    errno = 0;
    *number = strtoul(word, &end, 0);
    if (*word >= '0' && *word <= '9' && !*end && !errno && *number >= least &&
        *number <= most)
        return true;
    command_fail("%s must be %lu to %lu, not '%s'", what, least, most, word);
    return false;
}

static const char *command_name(size_t i)
{
    return commands[i].name;
}

static int unknown(const char *name)
{
    const char *near = config_suggest(name, command_name);

    if (near)
        command_fail("no command '%s'; did you mean '%s'?", name, near);
    else
        command_fail("no command '%s'; 'vireo help' lists them", name);
    return STATUS_USAGE;
}

static bool is_help(const char *word)
{
    return !strcmp(word, "--help") || !strcmp(word, "-h");
}

static int show_version(void)
{
    char extra[XEN_EXTRAVERSION_LEN] = "";
    int version = pv_version();

    pv_version_text(XENVER_extraversion, extra, sizeof(extra));
    printf("vireo %s, on Xen %d.%d%s\n", VIREO_VERSION, version >> 16,
           version & 0xffff, extra);
    return STATUS_OK;
}

int vireo_main(int argc, char **argv)
{
    const struct command *c;

    if (argc < 2 || is_help(argv[1]))
        return cmd_help(1, argv);
    if (!strcmp(argv[1], "--version"))
        return show_version();
    c = command_find(argv[1]);
    if (!c)
        return unknown(argv[1]);
    if (argc == 3 && is_help(argv[2]))
        return cmd_help(2, argv);
    return c->run(argc - 1, argv + 1);
}

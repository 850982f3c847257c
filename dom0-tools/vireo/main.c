/* SPDX-License-Identifier: MIT */
#include "vireo/command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct command commands[] = {
#define COMMAND(name, arguments, summary, options)                             \
    {#name, arguments, summary, options, cmd_##name},
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

int vireo_main(int argc, char **argv)
{
    const struct command *c;

    if (argc < 2)
        return cmd_help(1, argv);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        return cmd_help(1, argv);
    c = command_find(argv[1]);
    if (!c) {
        command_fail("no command '%s'; 'vireo help' lists them", argv[1]);
        return STATUS_USAGE;
    }
    if (argc == 3 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h")))
        return cmd_help(2, argv);
    optind = 0; /* getopt keeps its place between commands: start anew */
    return c->run(argc - 1, argv + 1);
}

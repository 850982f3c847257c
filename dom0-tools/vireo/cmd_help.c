/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "vireo/command.h"

static void explain(const struct command *c)
{
    printf("vireo %s %s\n\n  %s\n%s%s", c->name, c->arguments, c->summary,
           *c->options ? "\n" : "", c->options);
}

int cmd_help(int argc, char **argv)
{
    const struct command *c;

    if (argc > 2)
        return command_usage("help");
    if (argc == 2) {
        c = command_find(argv[1]);
        if (!c)
            return command_fail("no command '%s'; 'vireo help' lists them",
                                argv[1]);
        explain(c);
        return STATUS_OK;
    }
    puts("usage: vireo COMMAND [ARGUMENT]...\n");
    for (c = commands; c->name; c++)
        printf("  %-15s %s\n", c->name, c->summary);
    puts("\n'vireo help COMMAND' explains one. 'xl' is another name for "
         "'vireo'.");
    return STATUS_OK;
}

/* SPDX-License-Identifier: MIT */
/*
 * Prints docs/vireo.md from the command line's table of commands. `make docs`
 * calls it; a test fails while the file in the tree is another one.
 */
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct command {
    const char *name, *arguments, *summary, *options;
} commands[] = {
#define COMMAND(id, name, arguments, summary, options)                         \
    {name, arguments, summary, options},
#include "vireo/commands.def"
};

static void print_head(void)
{
    printf("# vireo\n\n"
           "<!-- Printed by tools/gen-command-docs.c from "
           "dom0-tools/vireo/commands.def:\n     `make docs`. -->\n\n"
           "## Name\n\n"
           "vireo, xl - manage domains from the control domain\n\n"
           "## Synopsis\n\n"
           "    vireo COMMAND [ARGUMENT]...\n"
           "    vireo help [COMMAND]\n\n"
           "## Description\n\n"
           "A word at the control domain's prompt, or in the launcher's "
           "`--exec`. `xl` is\nanother name for it: words, options and output "
           "are those of `xl` where `xl` has\nthe command, on Vireo and on Xen "
           "alike. In a synopsis `[x]` may be left out,\n`x | y` is a choice, "
           "`x...` may be repeated. DOMAIN is a name or a number.\n\n"
           "## Commands\n\n"
           "| Command | What it does |\n|---|---|\n");
    for (size_t i = 0; i < COUNT(commands); i++)
        printf("| [%s](#%s) | %s |\n", commands[i].name, commands[i].name,
               commands[i].summary);
}

/* The lines of options as a block of code, which keeps their columns. */
static void print_options(const char *options)
{
    while (*options) {
        const char *end = strchr(options, '\n');

        printf("  %.*s\n", (int)(end - options), options);
        options = end + 1;
    }
}

static void print_command(const struct command *c)
{
    printf("\n### %s\n\n    vireo %s %s\n\n%s\n", c->name, c->name,
           c->arguments, c->summary);
    if (*c->options)
        putchar('\n');
    print_options(c->options);
}

static void print_tail(void)
{
    printf("\n## Exit status\n\n"
           "| Status | Meaning |\n|--:|---|\n"
           "| 0 | done |\n"
           "| 1 | refused or failed; one line on standard error names the "
           "cause and the cure |\n"
           "| 2 | the words are wrong; the usage is shown |\n\n"
           "The prompt's own command `status` prints that of the command "
           "before.\n");
}

int main(void)
{
    print_head();
    for (size_t i = 0; i < COUNT(commands); i++)
        print_command(&commands[i]);
    print_tail();
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}

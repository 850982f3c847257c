/* SPDX-License-Identifier: MIT */
#include "shell/builtins.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <guest/file.h>
#include <guest/shutdown.h>
#include <pv-abi/sched.h>

#include "vireo/command.h"

static int run_help(int argc, char **argv);

static int run_echo(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        printf("%s%s", i > 1 ? " " : "", argv[i]);
    putchar('\n');
    return STATUS_OK;
}

static bool show_file(const char *name, size_t bytes, void *arg)
{
    printf("%9zu %s\n", bytes, name);
    ++*(int *)arg;
    return true;
}

static int run_ls(int argc, char **argv)
{
    const char *prefix = argc > 1 ? argv[1] : "";
    int shown = 0;

    file_for_each(prefix, show_file, &shown);
    if (!shown && *prefix) {
        fprintf(stderr, "ls: no file begins with '%s'\n", prefix);
        return STATUS_FAIL;
    }
    return STATUS_OK;
}

static int run_cat(int argc, char **argv)
{
    int status = STATUS_OK;

    for (int i = 1; i < argc; i++) {
        size_t bytes;
        const void *data = file_data(argv[i], &bytes);

        if (data) {
            fwrite(data, 1, bytes, stdout);
        } else {
            fprintf(stderr, "cat: no file '%s'; 'ls' shows what is there\n",
                    argv[i]);
            status = STATUS_FAIL;
        }
    }
    return status;
}

static int run_poweroff(int argc, char **argv)
{
    fflush(stdout);
    shutdown(SHUTDOWN_poweroff);
}

static int run_reboot(int argc, char **argv)
{
    fflush(stdout);
    shutdown(SHUTDOWN_reboot);
}

static int run_crash(int argc, char **argv)
{
    fflush(stdout);
    shutdown(SHUTDOWN_crash);
}

static const struct builtin builtins[] = {
    {"vireo", "COMMAND ...", "manage domains; 'vireo help' lists how",
     vireo_main},
    {"xl", "COMMAND ...", "the same by another name", vireo_main},
    {"cat", "FILE...", "print files", run_cat},
    {"crash", "", "crash the control domain, and the machine with it",
     run_crash},
    {"echo", "[WORD]...", "print words", run_echo},
    {"help", "", "this list", run_help},
    {"ls", "[PREFIX]", "list files", run_ls},
    {"poweroff", "", "turn the machine off", run_poweroff},
    {"reboot", "", "start the machine again", run_reboot},
};

static int run_help(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
        printf("  %-8s %-12s %s\n", builtins[i].name, builtins[i].arguments,
               builtins[i].summary);
    return STATUS_OK;
}

const struct builtin *builtin_find(const char *name)
{
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
        if (!strcmp(builtins[i].name, name))
            return &builtins[i];
    return NULL;
}

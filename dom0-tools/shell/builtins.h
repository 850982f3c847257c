/* SPDX-License-Identifier: MIT */
/*
 * The first words that the shell knows, `vireo` among them.
 */
#ifndef SHELL_BUILTINS_H
#define SHELL_BUILTINS_H

#include <stddef.h>

/* run: argv[0] is the name; argv[argc] is NULL. Returns a status of
 * vireo/command.h. */
struct builtin {
    const char *name, *arguments, *summary;
    int (*run)(int argc, char **argv);
};

/* The name of the i-th, NULL behind the last. */
const char *builtin_name(size_t i);

/* The command called so, or NULL. */
const struct builtin *builtin_find(const char *name);

#endif

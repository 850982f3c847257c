/* SPDX-License-Identifier: MIT */
/*
 * Options of a command, read as its row of commands.def describes them: what
 * is not in the help does not exist. Pure, but for getopt's place and what it
 * says on stderr.
 */
#ifndef VIREO_OPTIONS_H
#define VIREO_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_MAX 16

/* Filled by options_read; the strings are the row's and the words' own. */
struct options {
    int count; /* words that are left */
    char **words;
    struct {
        const char *line; /* of the help */
        const char *value;
    } given[OPTIONS_MAX];
    int given_count;
};

/*
 * Read argv, which may be reordered. help: lines "  -x, --long ARG  text",
 * without "-x," or without ARG where there is none; other lines explain.
 * Returns false if an option is not among them, or lacks its argument; that
 * has been said.
 */
bool options_read(struct options *o, const char *help, int argc, char **argv);

/*
 * The name, of *n bytes, of the option that a line of help explains; NULL: it
 * explains none.
 */
const char *options_name(const char *line, size_t *n);

/* Whether --name was given; and its argument, of the last one, or NULL. */
bool options_has(const struct options *o, const char *name);
const char *options_value(const struct options *o, const char *name);

#endif

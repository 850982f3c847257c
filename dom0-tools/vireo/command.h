/* SPDX-License-Identifier: MIT */
/*
 * The command line `vireo`: words in, text and a status out.
 *
 * Status: 0 done, 1 refused or failed (said on stderr, one line that names
 * cause and cure), 2 the words are wrong (usage is shown).
 */
#ifndef VIREO_COMMAND_H
#define VIREO_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "vireo/options.h"

#define STATUS_OK    0
#define STATUS_FAIL  1
#define STATUS_USAGE 2

struct command {
    const char *name, *arguments, *summary, *options;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

/* The table, in the order of help, ended by a NULL name. */
extern const struct command commands[];

/* The command called so, or NULL. */
const struct command *command_find(const char *name);

/* Run argv as `vireo ...` (argv[0] is "vireo" or "xl"). Returns the status. */
int vireo_main(int argc, char **argv);

/* Say "vireo: <text>" on stderr. Returns STATUS_FAIL. */
int command_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Read argv's options as the row of command argv[0] has them; the words that
 * are left must be least .. most, or any number above least with most -1.
 * False: they are not, and the usage has been shown; return STATUS_USAGE then.
 */
bool command_options(struct options *o, int argc, char **argv, int least,
                     int most);

struct domain_config;

/*
 * Read the file words[0] with the settings behind it. False, and it has been
 * said what is wrong; else drop *config with domain_config_drop().
 */
bool command_config(char **words, int count, struct domain_config *config);

/* Show how the command is used, on stderr. Returns STATUS_USAGE. */
int command_usage(const char *name);

/*
 * A number between least and most, decimal or 0x. False: word is none; it has
 * been said of what.
 */
bool command_number(const char *word, const char *what, unsigned long least,
                    unsigned long most, unsigned long *number);

/* The commands themselves. */
#define COMMAND(id, name, arguments, summary, options)                         \
    int cmd_##id(int argc, char **argv);
#include "vireo/commands.def"

#endif

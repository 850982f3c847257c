/* SPDX-License-Identifier: MIT */
/*
 * Inside the reader: settings as they were written, before anybody knows what
 * they mean. scan.l and grammar.y make them of text, resolve.c a domain's
 * configuration of them.
 *
 * All of it is allocated from one arena and goes with it.
 */
#ifndef VIREO_CONFIG_SYNTAX_H
#define VIREO_CONFIG_SYNTAX_H

#include <setjmp.h>

#include "config.h"
#include "suggest.h"

/* What is read: the file, or one argument of the command line. */
struct config_source {
    const char *name;
    const char *text;
    size_t len;
    bool from_command_line;
};

/* A place in a source: bytes `first` to `last` of a line, counted from 1. */
struct config_place {
    const struct config_source *source;
    unsigned line;
    unsigned first, last;
};

enum config_type {
    CONFIG_NUMBER,
    CONFIG_STRING,
    CONFIG_LIST,
};

struct config_value {
    struct config_value *next; /* in its list */
    struct config_place at;
    enum config_type type;
    uint64_t number;
    const char *string;
    struct config_value *items; /* strings; NULL: empty */
};

struct config_setting {
    struct config_setting *next; /* in the order of the text */
    struct config_place at;      /* of the key */
    const char *key;
    struct config_value *value;
};

struct arena_block;

struct config_parse {
    struct config_report *report;
    const struct config_source *file; /* the first source */
    struct config_source *source;     /* being read */
    struct config_setting *first, **end;
    struct arena_block *arena;
    jmp_buf no_memory; /* where the arena and the scanner give up */
    /* Scanner's state. */
    unsigned line, column; /* of the next byte */
    unsigned depth;        /* of brackets: a newline inside is a space */
};

/* Zeroed memory that lives as long as the parse; does not return without. */
void *arena_alloc(struct config_parse *p, size_t size);
char *arena_string(struct config_parse *p, const char *bytes, size_t len);
void arena_drop(struct config_parse *p);

/* Read one source and append its settings; errors go to the report. */
void config_scan(struct config_parse *p);

/* Called by the grammar. */
struct config_value *config_value_new(struct config_parse *p,
                                      enum config_type type,
                                      struct config_place at);
void config_setting_add(struct config_parse *p, const char *key,
                        struct config_place at, struct config_value *value);

/* Make a configuration of the settings. False: the report says why. */
bool config_resolve(struct domain_config *out, struct config_parse *p);

/* --- Messages --------------------------------------------------------------
 */

enum config_severity {
    CONFIG_ERROR,
    CONFIG_WARNING,
};

/*
 * Add a message. With a line (at->line > 0) it is shown and marked; else only
 * the source is named.
 */
void config_say(struct config_report *r, enum config_severity severity,
                const struct config_place *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif

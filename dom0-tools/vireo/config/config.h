/* SPDX-License-Identifier: MIT */
/*
 * xl.cfg: what a domain shall be.
 *
 *   name   = "hello"            # strings in either quotes, no escapes
 *   memory = 0x20               # numbers, MiB
 *   disk   = [ "a", "b", ]      # lists of strings, over several lines
 *
 * A setting ends at the end of its line or at ';'. Settings may follow on the
 * command line; they replace those of the file.
 *
 * Everything that cannot be honoured is an error that names the place and the
 * cure: xl ignores a key it does not know, and a typing error then shows up as
 * a domain that is not what was asked for.
 *
 * Text, in; a structure or messages, out: no file is read, nothing is printed,
 * nothing is global.
 */
#ifndef VIREO_CONFIG_CONFIG_H
#define VIREO_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_NAME_MAX   64
#define CONFIG_MEMORY_MAX (UINT64_C(1) << 24) /* MiB: what 2^44 bytes are */
#define CONFIG_VCPUS_MAX  64
#define CONFIG_WEIGHT     256

/* What to do when a domain has stopped by itself. */
enum config_action {
    CONFIG_DESTROY,
    CONFIG_RESTART,
    CONFIG_RENAME_RESTART,
    CONFIG_PRESERVE,
    CONFIG_COREDUMP_DESTROY,
    CONFIG_COREDUMP_RESTART,
};

/* Strings are the structure's own. */
struct domain_config {
    char *name;          /* 1 to CONFIG_NAME_MAX of A-Z a-z 0-9 . _ - + */
    char *kernel;        /* path of the image */
    char *ramdisk;       /* path, or NULL */
    char *cmdline;       /* never NULL; cmdline, or made of root and extra */
    uint64_t memory_mib; /* 1 .. maxmem_mib */
    uint64_t maxmem_mib; /* .. CONFIG_MEMORY_MAX; memory_mib if not set */
    unsigned vcpus;      /* 1 .. CONFIG_VCPUS_MAX; 1 if not set */
    uint32_t tsc_mode;   /* 0 default, 2 native; 0 if not set */
    uint16_t cpu_weight; /* 1 .. 65535; 256 if not set */
    uint16_t cap;        /* percent of one processor; 0, no limit, if not set */
    /* For each vCPU the processors it may use, and those it likes, a bit for
     * each; 0: all. */
    uint64_t cpus[CONFIG_VCPUS_MAX], cpus_soft[CONFIG_VCPUS_MAX];
    bool has_uuid;       /* else the caller makes one */
    uint8_t uuid[16];
    enum config_action on_poweroff; /* DESTROY if not set */
    enum config_action on_reboot;   /* RESTART if not set */
    enum config_action on_crash;    /* DESTROY if not set */
};

/*
 * Messages, one a line, some followed by the line they are about and a mark
 * below it:
 *
 *   hello.cfg:2:1: error: unknown key "memroy"; did you mean "memory"?
 *   memroy = 64
 *   ^~~~~~
 */
struct config_report {
    unsigned errors;
    unsigned warnings;
    char *text; /* NUL-terminated; NULL: no message, or no memory for one */
    size_t len;
    size_t room; /* bytes allocated */
};

/*
 * Read a domain's configuration.
 *  name       of the file, for messages.
 *  text, len  its content; need not end in NUL.
 *  settings   `count` strings "key = value" that come after the file, as they
 *             stood on the command line; each may hold several settings.
 *  report     filled; drop it with config_report_drop() in any case.
 * Returns true and fills *out, to be dropped with domain_config_drop(); or
 * false, with at least one error in the report and nothing in *out.
 */
bool config_read(struct domain_config *out, const char *name, const char *text,
                 size_t len, const char *const *settings, size_t count,
                 struct config_report *report);

/* What is wrong with a domain's name, in words that follow it; NULL: nothing. */
const char *config_name_fault(const char *name);

/* The word for an action in a file: "rename-restart". */
const char *config_action_name(enum config_action action);

void domain_config_drop(struct domain_config *c);
void config_report_drop(struct config_report *r);

#endif

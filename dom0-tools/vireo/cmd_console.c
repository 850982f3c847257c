/* SPDX-License-Identifier: MIT */
#include <sys/types.h> /* regex.h needs it first */

#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <guest/clock.h>
#include <guest/thread.h>

#include "consoled/consoled.h"
#include "shell/terminal.h"
#include "vireo/command.h"
#include "vireo/console.h"
#include "vireo/domains.h"
#include "vireo/lifecycle.h"

#define FIRST_BYTE_NS (10 * NS_PER_SEC) /* --once waits so long for it */
#define SILENCE_NS    NS_PER_SEC        /* ... and ends after so much */
#define EXPECT_S      30
#define LINE_BYTES    1024
#define ENTER         "\r" /* what this key of a terminal sends */

/* Read on and print it, with a line for what is missing before it. */
static long print_on(struct console_reader *r, char *bytes, size_t n,
                     uint64_t deadline_ns, const volatile bool *stop)
{
    long got = console_read_on(r, bytes, n, deadline_ns, stop);
    uint64_t skipped = console_skipped(r);

    if (skipped)
        printf("\n[%" PRIu64 " bytes skipped]\n", skipped);
    if (got > 0)
        fwrite(bytes, 1, (size_t)got, stdout);
    fflush(stdout);
    return got;
}

/* Print what is there. */
static int print_kept(struct console_reader *r)
{
    char bytes[512];

    while (print_on(r, bytes, sizeof(bytes), 0, NULL) > 0)
        ;
    return STATUS_OK;
}

/* Print until a second of silence. */
static int print_once(struct console_reader *r)
{
    uint64_t deadline = clock_ns() + FIRST_BYTE_NS;
    bool silent = true;
    char bytes[512];

    while (print_on(r, bytes, sizeof(bytes), deadline, NULL) > 0) {
        deadline = clock_ns() + SILENCE_NS;
        silent = false;
    }
    if (silent)
        return command_fail("the console has printed nothing");
    return STATUS_OK;
}

/* A line of output that grows until it matches or ends. */
struct line {
    char text[LINE_BYTES + 1];
    size_t length;
};

/* Add a byte; true if the line so far matches. */
static bool line_add(struct line *l, char byte, const regex_t *pattern)
{
    bool matches;

    if (byte == '\n' || byte == '\r' || l->length == LINE_BYTES) {
        matches = l->length && !regexec(pattern, l->text, 0, NULL, 0);
        l->length = 0;
        l->text[0] = '\0';
        if (byte == '\n' || byte == '\r')
            return matches;
    } else {
        matches = false;
    }
    l->text[l->length++] = byte ? byte : '?';
    l->text[l->length] = '\0';
    return matches;
}

/* Print until a line, complete or not, matches. */
static bool read_until(struct console_reader *r, const regex_t *pattern,
                       uint64_t deadline_ns)
{
    struct line line = {.length = 0};
    char bytes[512];
    long n;

    while ((n = print_on(r, bytes, sizeof(bytes), deadline_ns, NULL)) > 0) {
        bool found = false;

        for (long i = 0; i < n; i++)
            found |= line_add(&line, bytes[i], pattern);
        /* A prompt has no end of line: look at what is there so far. */
        if (found || (line.length && !regexec(pattern, line.text, 0, NULL, 0)))
            return true;
    }
    return false;
}

static int expect(struct console_reader *r, const char *expression,
                  unsigned long s)
{
    regex_t pattern;
    char why[80];
    bool found;
    int rc = regcomp(&pattern, expression, REG_EXTENDED | REG_NOSUB);

    if (rc) {
        regerror(rc, &pattern, why, sizeof(why));
        return command_fail("'%s' is no regular expression: %s", expression,
                            why);
    }
    found = read_until(r, &pattern, clock_ns() + s * NS_PER_SEC);
    regfree(&pattern);
    if (found)
        return STATUS_OK;
    if (console_is_alive(r->console))
        return command_fail("no line matched '%s' in %lu s", expression, s);
    lifecycle_settle(); /* the next command finds it done */
    return command_fail("the domain ended before a line matched '%s'",
                        expression);
}

/* Print until the domain ends. */
static int follow(struct console_reader *r)
{
    char bytes[512];

    while (print_on(r, bytes, sizeof(bytes), WAIT_FOREVER, NULL) >= 0)
        ;
    lifecycle_settle(); /* the next command finds it done */
    return STATUS_OK;
}

/* The half of an attached terminal that prints: a thread of its own. */
struct attachment {
    struct console_reader *reader;
    volatile bool leaving; /* the person has left */
    volatile bool ended;   /* the domain has */
};

static void print_attached(void *arg)
{
    struct attachment *a = arg;
    char bytes[512];
    long n = 0;

    while (!a->leaving && (n = print_on(a->reader, bytes, sizeof(bytes),
                                        WAIT_FOREVER, &a->leaving)) >= 0)
        ;
    a->ended = n < 0;
    terminal_wake();
}

/* Give the keys to the domain until the one that leaves, or its end. */
static void type_keys(struct attachment *a, char leaves)
{
    char keys[64];

    while (!a->ended) {
        size_t n = terminal_read(keys, sizeof(keys), WAIT_FOREVER);
        char *leave = memchr(keys, leaves, n);

        if (leave)
            n = (size_t)(leave - keys);
        console_type(a->reader->console, keys, n, clock_ns() + NS_PER_SEC);
        if (leave)
            return;
    }
}

static int attach(struct console_reader *r, char leaves)
{
    struct attachment a = {.reader = r};
    struct thread *printer = thread_create("console", print_attached, &a);

    if (!printer)
        return command_fail("out of memory");
    type_keys(&a, leaves);
    a.leaving = true;
    console_wake_readers();
    thread_join(printer);
    if (a.ended)
        lifecycle_settle(); /* the next command finds it done */
    fputs(a.ended ? "\n[the domain has ended]\n" : "\n", stdout);
    return STATUS_OK;
}

int console_show(struct console_reader *r, char leaves)
{
    return terminal_present() ? attach(r, leaves) : follow(r);
}

/* The console of a domain, living or dead, by name or number. */
static struct console *find(const char *word)
{
    struct console *c = console_find(word);
    domid_t domid;

    if (c)
        return c;
    if (!domains_resolve(word, &domid))
        return NULL;
    c = console_find_domid(domid);
    if (!c)
        command_fail("'%s' has no console here", word);
    return c;
}

/* Type a line; it has to find room within a second. */
static bool send_line(struct console *c, const char *text)
{
    const uint64_t deadline = clock_ns() + NS_PER_SEC;
    const size_t n = strlen(text);

    if (console_type(c, text, n, deadline) == n &&
        console_type(c, ENTER, 1, deadline) == 1)
        return true;
    if (console_is_alive(c))
        command_fail("the domain does not read what is typed");
    else
        command_fail("the domain has ended");
    return false;
}

/* Whether no two of the ways to read it are wanted at once. */
static bool is_one_way(const struct options *o)
{
    return options_has(o, "log") + options_has(o, "once") +
               options_has(o, "expect") + options_has(o, "follow") <=
           1;
}

/* "^x", or "x", for Ctrl-x. */
static char leave_key(const struct options *o)
{
    const char *key = options_value(o, "escape");

    if (!key || !*key)
        return CONSOLE_LEAVE;
    return (char)(key[key[0] == '^' && key[1]] & 0x1f);
}

static int serve(struct console_reader *r, const struct options *o,
                 unsigned long seconds)
{
    const char *line = options_value(o, "send");

    if (line && !send_line(r->console, line))
        return STATUS_FAIL;
    if (options_has(o, "log"))
        return print_kept(r);
    if (options_has(o, "once"))
        return print_once(r);
    if (options_has(o, "expect"))
        return expect(r, options_value(o, "expect"), seconds);
    if (options_has(o, "follow"))
        return follow(r);
    return line ? STATUS_OK : console_show(r, leave_key(o));
}

/* Domains have one console, and it is the paravirtual one. */
static bool is_the_console(const struct options *o)
{
    const char *type = options_value(o, "type");
    const char *number = options_value(o, "num");

    if ((!type || !strcmp(type, "pv")) && (!number || !strcmp(number, "0")))
        return true;
    command_fail("there is console 0 of type pv, and no other");
    return false;
}

int cmd_console(int argc, char **argv)
{
    unsigned long seconds = EXPECT_S;
    struct console_reader r;
    struct console *c;
    struct options o;
    int status;

    if (!command_options(&o, argc, argv, 1, 1))
        return STATUS_USAGE;
    if (!is_one_way(&o) || (options_has(&o, "timeout") &&
                            !command_number(options_value(&o, "timeout"),
                                            "--timeout", 0, 1000000, &seconds)))
        return command_usage("console");
    c = is_the_console(&o) ? find(o.words[0]) : NULL;
    if (!c)
        return STATUS_FAIL;
    /* What comes before the answer to a line that is sent does not count. */
    console_open(c, &r, options_has(&o, "send"));
    status = serve(&r, &o, seconds);
    console_close(&r);
    console_put(c);
    return status;
}

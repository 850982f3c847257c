/* SPDX-License-Identifier: MIT */
#include "domain/cmdline.h"

#include <string.h>

#include <config.h>

/* A word or a part of one: not NUL terminated. */
struct word {
    const char *at;
    size_t n;
};

static bool word_is(struct word w, const char *text)
{
    return w.n == strlen(text) && memcmp(w.at, text, w.n) == 0;
}

/* Cut off and return what stands before the first c; the rest stays in *w. */
static struct word word_cut(struct word *w, char c)
{
    struct word head = {w->at, 0};

    while (head.n < w->n && w->at[head.n] != c)
        head.n++;
    w->at += head.n;
    w->n -= head.n;
    if (w->n > 0) {
        w->at++;
        w->n--;
    }
    return head;
}

/* ------------------------------------------------------------- values */

/* A decimal number up to max. Moves *w behind it. */
static bool read_digits(struct word *w, uint64_t max, uint64_t *value)
{
    const char *start = w->at;

    *value = 0;
    while (w->n > 0 && *w->at >= '0' && *w->at <= '9') {
        unsigned int digit = (unsigned int)(*w->at - '0');

        if (*value > (max - digit) / 10)
            return false;
        *value = *value * 10 + digit;
        w->at++;
        w->n--;
    }
    return w->at != start;
}

static bool read_count(struct word w, uint32_t *value)
{
    uint64_t n;

    if (!read_digits(&w, UINT32_MAX, &n) || w.n != 0 || n == 0)
        return false;
    *value = (uint32_t)n;
    return true;
}

/* A size: 512M, 2G, 65536K; a bare number counts KiB, as Xen's does. */
static bool read_size(struct word w, uint64_t *bytes)
{
    static const char units[] = "BKMGT";
    unsigned int shift = 10;
    uint64_t n;

    if (!read_digits(&w, UINT64_MAX, &n) || n == 0)
        return false;
    if (w.n == 1) {
        const char *unit = memchr(units, *w.at & ~0x20, sizeof(units) - 1);

        if (!unit)
            return false;
        shift = (unsigned int)(unit - units) * 10;
    } else if (w.n != 0) {
        return false;
    }
    if (n > UINT64_MAX >> shift)
        return false;
    *bytes = n << shift;
    return true;
}

/* ------------------------------------------------------------ options */

/* dom0_mem=SIZE[,max:SIZE]; Xen's min: is accepted, and satisfied by SIZE. */
static bool set_dom0_mem(struct cmdline *c, struct word value)
{
    struct cmdline next = *c;
    uint64_t min;

    if (value.n == 0)
        return false;
    while (value.n > 0) {
        struct word part = word_cut(&value, ',');
        struct word size = part, kind = word_cut(&size, ':');
        bool ok;

        if (word_is(kind, "max"))
            ok = read_size(size, &next.dom0_max_mem_bytes);
        else if (word_is(kind, "min"))
            ok = read_size(size, &min);
        else
            ok = read_size(part, &next.dom0_mem_bytes);
        if (!ok)
            return false;
    }
    *c = next;
    return true;
}

static bool set_dom0_max_vcpus(struct cmdline *c, struct word value)
{
    return read_count(value, &c->dom0_max_vcpus);
}

static bool set_maxcpus(struct cmdline *c, struct word value)
{
    return read_count(value, &c->maxcpus);
}

/* Which of names value is; -1: none. */
static int find_name(const char *const *names, int count, struct word value)
{
    for (int i = 0; i < count; i++)
        if (word_is(value, names[i]))
            return i;
    return -1;
}

static bool set_loglvl(struct cmdline *c, struct word value)
{
    static const char *const names[] = {"error", "info", "debug", "all"};
    int level = find_name(names, 4, value) + 1;

    c->loglvl = level > 3 ? 3 : (uint32_t)level;
    return level > 0;
}

static bool set_console(struct cmdline *c, struct word value)
{
    static const char *const names[] = {"com1", "com2", "none"};
    int console = find_name(names, 3, value);

    c->console = (enum cmdline_console)console;
    return console >= 0;
}

/* Without a function: a switch, the bool at that offset. */
#define SWITCH(name) #name, NULL, offsetof(struct cmdline, name)

static const struct option {
    const char *name;
    bool (*set)(struct cmdline *c, struct word value);
    size_t offset;
    const char *help;
} options[] = {
    {"console", set_console, 0,
     "console=com1|com2|none  where messages go (com1)"},
    {SWITCH(debugexit), "debugexit  a panic writes 3 to I/O port 0xf4"},
    {"dom0_max_vcpus", set_dom0_max_vcpus, 0,
     "dom0_max_vcpus=N  virtual CPUs of dom0 (one for each CPU)"},
    {"dom0_mem", set_dom0_mem, 0,
     "dom0_mem=SIZE[,max:SIZE]  memory of dom0, and how far it may grow"},
    {"loglvl", set_loglvl, 0,
     "loglvl=error|info|debug  which messages are kept"},
    {"maxcpus", set_maxcpus, 0, "maxcpus=N  use N processors at most"},
    {SWITCH(noreboot), "noreboot  after a panic or dom0's crash, do not reset"},
    {SWITCH(tsc_deadline),
     "tsc_deadline  timers by TSC value, if the processor has them"},
    {SWITCH(x2apic),
     "x2apic  interrupt controllers by MSR, if the processor has them"},
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

const char *cmdline_help(unsigned int i)
{
    return i < OPTION_COUNT ? options[i].help : NULL;
}

static void note_unknown(struct cmdline *c, struct word w)
{
    size_t used = strlen(c->unknown);

    if (used > 0 && used < sizeof(c->unknown) - 1)
        c->unknown[used++] = ' ';
    if (w.n > sizeof(c->unknown) - 1 - used)
        w.n = sizeof(c->unknown) - 1 - used;
    memcpy(c->unknown + used, w.at, w.n);
    c->unknown[used + w.n] = '\0';
}

static bool set(struct cmdline *c, const struct option *o, struct word value)
{
    if (o->set)
        return o->set(c, value);
    *(bool *)((char *)c + o->offset) = true;
    return value.n == 0;
}

static void parse_word(struct cmdline *c, struct word w)
{
    struct word value = w, name = word_cut(&value, '=');
    struct cmdline next = *c;

    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (word_is(name, options[i].name) && set(&next, &options[i], value)) {
            *c = next;
            return;
        }
    note_unknown(c, w);
}

void cmdline_parse(struct cmdline *out, const char *text)
{
    struct word rest = {text, strlen(text)};

    memset(out, 0, sizeof(*out));
    out->loglvl = CONFIG_LOGLVL;
    while (rest.n > 0) {
        struct word w = word_cut(&rest, ' ');

        if (w.n > 0)
            parse_word(out, w);
    }
}

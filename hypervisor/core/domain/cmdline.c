/* SPDX-License-Identifier: MIT */
#include "domain/cmdline.h"

#include <string.h>

#include <config.h>

/* A word or a part of one: not NUL terminated. */
struct word {
    const char *at;
    size_t n;
};

static struct word word_of(const char *text)
{
    return (struct word){text, strlen(text)};
}

static bool word_eq(struct word a, struct word b)
{
    return a.n == b.n && memcmp(a.at, b.at, a.n) == 0;
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

/*
 * What reads the value of an option into its field; help is the option's
 * own. On false the field does not count; see parse_word.
 */
static bool read_switch(const char *help, struct word value, void *field)
{
    *(bool *)field = true;
    return value.n == 0;
}

static bool read_count(const char *help, struct word value, void *field)
{
    uint64_t n;

    if (!read_digits(&value, UINT32_MAX, &n) || value.n != 0 || n == 0)
        return false;
    *(uint32_t *)field = (uint32_t)n;
    return true;
}

/* One of the names that help lists: its place there, from 1. */
static bool read_name(const char *help, struct word value, void *field)
{
    struct word rest = word_of(help), names;
    uint32_t *place = field;

    word_cut(&rest, '=');
    names = word_cut(&rest, ' ');
    for (*place = 1; names.n > 0; ++*place)
        if (word_eq(word_cut(&names, '|'), value))
            return true;
    return false;
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

/* SIZE[,max:SIZE]; Xen's min: is accepted, and satisfied by SIZE. */
static bool read_dom0_mem(const char *help, struct word value, void *cmdline)
{
    struct cmdline *c = cmdline;
    uint64_t min;
    bool ok = value.n > 0;

    while (ok && value.n > 0) {
        struct word part = word_cut(&value, ',');
        struct word size = part, kind = word_cut(&size, ':');

        if (word_eq(kind, word_of("max")))
            ok = read_size(size, &c->dom0_max_mem_bytes);
        else if (word_eq(kind, word_of("min")))
            ok = read_size(size, &min);
        else
            ok = read_size(part, &c->dom0_mem_bytes);
    }
    return ok;
}

#define FIELD(name) offsetof(struct cmdline, name)

static const struct option {
    const char *help; /* begins with the option's name */
    bool (*read)(const char *help, struct word value, void *field);
    size_t field;
} options[] = {
    {"console=com1|com2|none  where messages go (com1)", read_name,
     FIELD(console)},
    {"debugexit  a panic writes 3 to I/O port 0xf4", read_switch,
     FIELD(debugexit)},
    {"dom0_max_vcpus=N  virtual CPUs of dom0 (one for each CPU)", read_count,
     FIELD(dom0_max_vcpus)},
    {"dom0_mem=SIZE[,max:SIZE]  memory of dom0, and how far it may grow",
     read_dom0_mem, 0},
    {"loglvl=error|info|debug|all  which messages are kept", read_name,
     FIELD(loglvl)},
    {"maxcpus=N  use N processors at most", read_count, FIELD(maxcpus)},
    {"noreboot  after a panic or dom0's crash, do not reset", read_switch,
     FIELD(noreboot)},
    {"tsc_deadline  timers by TSC value, if the processor has them",
     read_switch, FIELD(tsc_deadline)},
    {"x2apic  interrupt controllers by MSR, if the processor has them",
     read_switch, FIELD(x2apic)},
};

const char *cmdline_help(unsigned int i)
{
    return i < sizeof(options) / sizeof(options[0]) ? options[i].help : NULL;
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

static bool is_named(const struct option *o, struct word name)
{
    return strncmp(o->help, name.at, name.n) == 0 &&
           (o->help[name.n] == '=' || o->help[name.n] == ' ');
}

static void parse_word(struct cmdline *c, struct word w)
{
    struct word value = w, name = word_cut(&value, '=');
    struct cmdline next = *c;

    for (size_t i = 0; cmdline_help((unsigned int)i); i++)
        if (is_named(&options[i], name) &&
            options[i].read(options[i].help, value,
                            (char *)&next + options[i].field)) {
            *c = next;
            return;
        }
    note_unknown(c, w);
}

void cmdline_parse(struct cmdline *out, const char *text)
{
    struct word rest = word_of(text);

    memset(out, 0, sizeof(*out));
    out->console = CONSOLE_COM1;
    out->loglvl = CONFIG_LOGLVL;
    while (rest.n > 0) {
        struct word w = word_cut(&rest, ' ');

        if (w.n > 0)
            parse_word(out, w);
    }
}

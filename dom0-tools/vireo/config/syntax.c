/* SPDX-License-Identifier: MIT */
#include "syntax.h"

#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *next;
    max_align_t bytes[];
};

void *arena_alloc(struct config_parse *p, size_t size)
{
    struct arena_block *b = calloc(1, sizeof(*b) + size);

    if (!b)
        longjmp(p->no_memory, 1);
    b->next = p->arena;
    p->arena = b;
    return b->bytes;
}

char *arena_string(struct config_parse *p, const char *bytes, size_t len)
{
    char *s = arena_alloc(p, len + 1);

    memcpy(s, bytes, len);
    return s;
}

void arena_drop(struct config_parse *p)
{
    struct arena_block *b;

    while ((b = p->arena)) {
        p->arena = b->next;
        free(b);
    }
}

struct config_value *config_value_new(struct config_parse *p,
                                      enum config_type type,
                                      struct config_place at)
{
    struct config_value *v = arena_alloc(p, sizeof(*v));

    v->type = type;
    v->at = at;
    return v;
}

void config_setting_add(struct config_parse *p, const char *key,
                        struct config_place at, struct config_value *value)
{
    struct config_setting *s = arena_alloc(p, sizeof(*s));

    s->key = key;
    s->at = at;
    s->value = value;
    *p->end = s;
    p->end = &s->next;
}

/* Sources live as long as their settings, which point at them. */
static bool scan_source(struct config_parse *p, struct config_source source)
{
    if (setjmp(p->no_memory)) {
        struct config_place nowhere = {.source = &source};

        config_say(p->report, CONFIG_ERROR, &nowhere, "out of memory");
        return false;
    }
    p->source = arena_alloc(p, sizeof(*p->source));
    *p->source = source;
    if (!p->file)
        p->file = p->source;
    config_scan(p);
    return true;
}

bool config_read(struct domain_config *out, const char *name, const char *text,
                 size_t len, const char *const *settings, size_t count,
                 struct config_report *report)
{
    struct config_parse p = {.report = report};
    bool good;

    *report = (struct config_report){0};
    p.end = &p.first;
    good = scan_source(
        &p, (struct config_source){.name = name, .text = text, .len = len});
    for (size_t i = 0; i < count && good; i++) {
        good =
            scan_source(&p, (struct config_source){.name = "command line",
                                                   .text = settings[i],
                                                   .len = strlen(settings[i]),
                                                   .from_command_line = true});
    }
    /* What a line with an error was to set would be reported as missing. */
    if (report->errors == 0)
        config_resolve(out, &p);
    arena_drop(&p);
    return report->errors == 0;
}

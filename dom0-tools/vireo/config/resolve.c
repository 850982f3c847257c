/* SPDX-License-Identifier: MIT */
#include "draft.h"

#include <stdlib.h>
#include <string.h>

/*
 * What the settings mean together. They are collected first, then what depends
 * on several of them is checked, then the result is made in one go.
 */

/* Twice in the file is a mistake; on the command line, a change of mind. */
static bool is_replaced(struct draft *d, const struct config_setting *s)
{
    const struct config_setting *later = s->next;

    for (; later; later = later->next) {
        if (strcmp(later->key, s->key) != 0)
            continue;
        if (!later->at.source->from_command_line)
            config_say(d->report, CONFIG_ERROR, &later->at,
                       "\"%s\" was set before, in line %u", s->key, s->at.line);
        return true;
    }
    return false;
}

/* --- The whole -------------------------------------------------------------
 */

static void check_together(struct draft *d, const struct config_place *file)
{
    if (!d->name)
        config_say(d->report, CONFIG_ERROR, file,
                   "no name; add for example: name = \"guest\"");
    if (!d->kernel)
        config_say(d->report, CONFIG_ERROR, file,
                   "no kernel; add for example: kernel = \"/hello\"");
    if (!d->memory)
        config_say(d->report, CONFIG_ERROR, file,
                   "no memory; add for example: memory = 64");
    if (d->memory && d->maxmem && d->maxmem->value->number > 0 &&
        d->maxmem->value->number < d->memory->value->number)
        draft_complain(d, d->maxmem, "less than memory");
    if (d->cmdline && (d->root || d->extra))
        config_say(d->report, CONFIG_WARNING, &d->cmdline->at,
                   "cmdline is used; root and extra are ignored");
}

static char *copy(struct config_parse *p, const char *s)
{
    char *c = malloc(strlen(s) + 1);

    if (!c)
        longjmp(p->no_memory, 1);
    return strcpy(c, s);
}

/* "root=ROOT EXTRA", either of which may be missing. */
static char *make_cmdline(struct config_parse *p, const struct draft *d)
{
    const char *root = d->root ? d->root->value->string : "";
    const char *extra = d->extra ? d->extra->value->string : "";
    char *line;

    if (d->cmdline)
        return copy(p, d->cmdline->value->string);
    line = calloc(1, sizeof("root= ") + strlen(root) + strlen(extra));
    if (!line)
        longjmp(p->no_memory, 1);
    if (*root) {
        strcat(line, "root=");
        strcat(line, root);
    }
    if (*line && *extra)
        strcat(line, " ");
    return strcat(line, extra);
}

static void fill(struct domain_config *out, struct config_parse *p,
                 const struct draft *d)
{
    out->name = copy(p, d->name->value->string);
    out->kernel = copy(p, d->kernel->value->string);
    if (d->ramdisk)
        out->ramdisk = copy(p, d->ramdisk->value->string);
    out->cmdline = make_cmdline(p, d);
    out->memory_mib = d->memory->value->number;
    out->maxmem_mib = d->maxmem ? d->maxmem->value->number : out->memory_mib;
    out->vcpus = d->vcpus ? d->vcpus->value->number : 1;
    out->tsc_mode = d->tsc_mode;
    out->cpu_weight = d->weight;
    out->cap = d->cap;
    memcpy(out->cpus, d->hard, sizeof(out->cpus));
    memcpy(out->cpus_soft, d->soft, sizeof(out->cpus_soft));
    out->has_uuid = d->uuid != NULL;
    memcpy(out->uuid, d->uuid_bytes, sizeof(out->uuid));
    out->on_poweroff = d->action_poweroff;
    out->on_reboot = d->action_reboot;
    out->on_crash = d->action_crash;
}

bool config_resolve(struct domain_config *out, struct config_parse *p)
{
    struct config_place file = {.source = p->file};
    struct draft d = {.report = p->report,
                      .weight = CONFIG_WEIGHT,
                      .action_poweroff = CONFIG_DESTROY,
                      .action_reboot = CONFIG_RESTART,
                      .action_crash = CONFIG_DESTROY};
    const struct config_setting *s;

    for (s = p->first; s; s = s->next) {
        if (!is_replaced(&d, s))
            draft_set(&d, s);
    }
    check_together(&d, &file);
    if (p->report->errors > 0)
        return false;
    memset(out, 0, sizeof(*out));
    if (setjmp(p->no_memory)) {
        domain_config_drop(out);
        config_say(p->report, CONFIG_ERROR, &file, "out of memory");
        return false;
    }
    fill(out, p, &d);
    return true;
}

void domain_config_drop(struct domain_config *c)
{
    free(c->name);
    free(c->kernel);
    free(c->ramdisk);
    free(c->cmdline);
    memset(c, 0, sizeof(*c));
}

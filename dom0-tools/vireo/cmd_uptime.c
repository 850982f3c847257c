/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <guest/clock.h>

#include "vireo/command.h"
#include "vireo/domains.h"
#include "vireo/json.h"

#define DAY_S 86400

struct view {
    struct json *j; /* NULL: text */
    bool brief;
};

static uint64_t now_s(void)
{
    return clock_wall_ns() / NS_PER_SEC;
}

/* "H:MM:SS", behind the days if there are any. */
static void write_time(uint64_t s, char text[40])
{
    unsigned long days = (unsigned long)(s / DAY_S);
    int n =
        days ? snprintf(text, 40, "%lu day%s, ", days, days > 1 ? "s" : "") : 0;

    s %= DAY_S;
    snprintf(text + n, 40 - (size_t)n, "%2lu:%02lu:%02lu",
             (unsigned long)(s / 3600), (unsigned long)(s / 60 % 60),
             (unsigned long)(s % 60));
}

static int show(const struct xen_domctl_getdomaininfo *info, void *arg)
{
    const struct view *v = arg;
    uint64_t now = now_s(), start = domains_start_time(info->domain);
    uint64_t age = start && start < now ? now - start : 0;
    char *name = domains_name(info->domain), clock[40], text[40];

    write_time(now % DAY_S, clock);
    write_time(age, text);
    if (v->j) {
        json_object(v->j, NULL);
        json_string(v->j, "name", name);
        json_uint(v->j, "domid", info->domain);
        json_uint(v->j, "uptime_s", age);
        json_close(v->j);
    } else if (v->brief) {
        printf(" %s up %s, %s (%d)\n", clock, text, name, info->domain);
    } else {
        printf("%-33s %4d %s\n", name, info->domain, text);
    }
    free(name);
    return STATUS_OK;
}

int cmd_uptime(int argc, char **argv)
{
    struct view v = {NULL};
    struct options o;
    struct json j;

    if (!command_options(&o, argc, argv, 0, -1))
        return STATUS_USAGE;
    v.brief = options_has(&o, "short");
    if (!options_has(&o, "json")) {
        if (!v.brief)
            printf("%-33s %4s %s\n", "Name", "ID", "Uptime");
        return domains_each(o.words, o.count, show, &v);
    }
    v.j = &j;
    return domains_each_json(o.words, o.count, show, &v, &j);
}

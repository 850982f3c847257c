/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <guest/clock.h>
#include <guest/thread.h>
#include <pv-abi/errno.h>

#include "libpv/pv.h"
#include "shell/terminal.h"
#include "vireo/command.h"
#include "vireo/domains.h"
#include "vireo/format.h"
#include "vireo/json.h"

#define KIB_PER_PAGE 4
#define DELAY_S      3
/* A domain with no limit: what Xen keeps in place of one. */
#define NO_LIMIT_PAGES (UINT64_C(1) << 44)

/* All domains at one moment. */
struct sample {
    struct xen_domctl_getdomaininfo *domains;
    int count; /* or a negative error */
    uint64_t at_ns;
};

struct view {
    const struct sample *now, *before; /* before: count 0 at first */
    uint64_t machine_kib;
    struct json *j;
};

static void take(struct sample *s)
{
    s->domains = NULL;
    s->count = domains_list(&s->domains);
    s->at_ns = clock_ns();
}

/* Tenths of a percent of part in whole. */
static unsigned long permille(uint64_t part, uint64_t whole)
{
    return whole ? (unsigned long)(part * 1000 / whole) : 0;
}

/* Of one processor, since the sample before. */
static unsigned long cpu_permille(const struct view *v,
                                  const struct xen_domctl_getdomaininfo *d)
{
    for (int i = 0; i < v->before->count; i++) {
        const struct xen_domctl_getdomaininfo *old = &v->before->domains[i];

        if (old->domain == d->domain && old->cpu_time <= d->cpu_time)
            return permille(d->cpu_time - old->cpu_time,
                            v->now->at_ns - v->before->at_ns);
    }
    return 0;
}

/* The six letters in xentop's order. */
static void state_of(const struct xen_domctl_getdomaininfo *d, char text[7])
{
    bool crashed =
        d->flags & XEN_DOMINF_shutdown &&
        (d->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask) == 3;

    text[0] = d->flags & XEN_DOMINF_dying ? 'd' : '-';
    text[1] = d->flags & XEN_DOMINF_shutdown ? 's' : '-';
    text[2] = d->flags & XEN_DOMINF_blocked ? 'b' : '-';
    text[3] = crashed ? 'c' : '-';
    text[4] = d->flags & XEN_DOMINF_paused ? 'p' : '-';
    text[5] = d->flags & XEN_DOMINF_running ? 'r' : '-';
    text[6] = '\0';
}

static void show_text(const struct view *v, const char *name,
                      const struct xen_domctl_getdomaininfo *d)
{
    uint64_t kib = d->tot_pages * KIB_PER_PAGE;
    bool limited = d->max_pages < NO_LIMIT_PAGES;
    unsigned long cpu = cpu_permille(v, d), mem = permille(kib, v->machine_kib);
    char state[7], limit[24] = "no_limit", share[24] = "n/a";

    state_of(d, state);
    if (limited) {
        unsigned long most =
            permille(d->max_pages * KIB_PER_PAGE, v->machine_kib);

        snprintf(limit, sizeof(limit), "%lu",
                 (unsigned long)d->max_pages * KIB_PER_PAGE);
        snprintf(share, sizeof(share), "%lu.%lu", most / 10, most % 10);
    }
    printf("%10s %6s %10lu %4lu.%lu %10lu %4lu.%lu %10s %9s %5u "
           "%4u %8u %8u %4u %8u %8u %8u %10u %10u %4u\n",
           name, state, (unsigned long)(d->cpu_time / NS_PER_SEC), cpu / 10,
           cpu % 10, (unsigned long)kib, mem / 10, mem % 10, limit, share,
           d->nr_online_vcpus, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

static void show_json(const struct view *v, const char *name,
                      const struct xen_domctl_getdomaininfo *d)
{
    char state[7];

    state_of(d, state);
    json_object(v->j, NULL);
    json_string(v->j, "name", name);
    json_uint(v->j, "domid", d->domain);
    json_string(v->j, "state", state);
    json_uint(v->j, "cpu_time_ns", d->cpu_time);
    json_uint(v->j, "cpu_permille", cpu_permille(v, d));
    json_uint(v->j, "memory_kib", d->tot_pages * KIB_PER_PAGE);
    if (d->max_pages < NO_LIMIT_PAGES)
        json_uint(v->j, "max_memory_kib", d->max_pages * KIB_PER_PAGE);
    else
        json_null(v->j, "max_memory_kib");
    json_uint(v->j, "vcpus", d->nr_online_vcpus);
    json_close(v->j);
}

static void show(const struct view *v)
{
    if (v->j)
        json_array(v->j, NULL);
    else
        printf("%10s %6s %10s %6s %10s %6s %10s %9s %5s %4s %8s %8s %4s %8s "
               "%8s %8s %10s %10s %4s\n",
               "NAME", "STATE", "CPU(sec)", "CPU(%)", "MEM(k)", "MEM(%)",
               "MAXMEM(k)", "MAXMEM(%)", "VCPUS", "NETS", "NETTX(k)",
               "NETRX(k)", "VBDS", "VBD_OO", "VBD_RD", "VBD_WR", "VBD_RSECT",
               "VBD_WSECT", "SSID");
    for (int i = 0; i < v->now->count; i++) {
        char *name = domains_name(v->now->domains[i].domain);

        (v->j ? show_json : show_text)(v, name, &v->now->domains[i]);
        free(name);
    }
    if (v->j)
        json_close(v->j);
    fflush(stdout);
}

/* Wait for the next round. False: the person has had enough. */
static bool wait_for(unsigned long seconds, bool live)
{
    uint64_t deadline = clock_ns() + seconds * NS_PER_SEC;
    char key;

    if (!live) {
        thread_sleep_ns(seconds * NS_PER_SEC);
        return true;
    }
    while (clock_ns() < deadline)
        if (terminal_read(&key, 1, deadline) &&
            (key == 'q' || key == 3 /* Ctrl-C */))
            return false;
    return true;
}

/* rounds 0: for ever. */
static int watch(struct view *v, unsigned long rounds, unsigned long delay,
                 bool live)
{
    struct sample samples[2] = {{NULL}}, *now = &samples[0];

    v->before = &samples[1];
    for (unsigned long i = 1;; i++) {
        take(now);
        if (now->count < 0) {
            free(v->before->domains);
            return command_fail("cannot list domains: %s",
                                xen_strerror(now->count));
        }
        v->now = now;
        if (live) /* clear the screen, and say how to leave */
            printf("\x1b[H\x1b[2Jvireo top, every %lu s; q ends\n\n", delay);
        show(v);
        free(v->before->domains);
        v->before = now;
        now = &samples[i & 1];
        now->domains = NULL;
        if (i == rounds || !wait_for(delay, live))
            break;
    }
    free(v->before->domains);
    return STATUS_OK;
}

int cmd_top(int argc, char **argv)
{
    unsigned long rounds = 0, delay = DELAY_S;
    struct xen_sysctl_physinfo machine;
    struct view v = {NULL};
    struct options o;
    struct json j;
    bool live;
    int rc;

    if (!command_options(&o, argc, argv, 0, 0))
        return STATUS_USAGE;
    if ((options_has(&o, "iterations") &&
         !command_number(options_value(&o, "iterations"), "--iterations", 1,
                         1000000, &rounds)) ||
        (options_has(&o, "delay") &&
         !command_number(options_value(&o, "delay"), "--delay", 1, 86400,
                         &delay)))
        return STATUS_FAIL;
    rc = pv_physinfo(&machine);
    if (rc)
        return command_fail("cannot ask the hypervisor: %s", xen_strerror(rc));
    v.machine_kib = machine.total_pages * KIB_PER_PAGE;
    live = terminal_present() && !options_has(&o, "batch") &&
           !options_has(&o, "json");
    if (!live && !rounds)
        rounds = options_has(&o, "batch") && terminal_present() ? 0 : 1;
    if (!options_has(&o, "json"))
        return watch(&v, rounds, delay, live);
    v.j = &j;
    json_begin(&j, stdout);
    json_array(&j, NULL);
    rc = watch(&v, rounds ? rounds : 1, delay, false);
    json_close(&j);
    json_end(&j);
    return rc;
}

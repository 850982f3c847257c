/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <pv-abi/errno.h>

#include "libpv/pv.h"
#include "vireo/command.h"
#include "vireo/config/cpuset.h"
#include "vireo/domains.h"
#include "vireo/format.h"

struct view {
    struct json *j; /* NULL: text */
    unsigned int cpus;
};

struct row {
    struct xen_domctl_getvcpuinfo info;
    char hard[CPUSET_TEXT_MAX], soft[CPUSET_TEXT_MAX];
};

static bool read_row(struct row *row, domid_t domid, unsigned int vcpu,
                     unsigned int cpus)
{
    uint64_t hard, soft;

    if (pv_vcpu_info(domid, vcpu, &row->info) ||
        pv_vcpu_affinity_get(domid, vcpu, &hard, &soft))
        return false; /* it has never been allocated */
    cpuset_write(hard, cpus, row->hard);
    cpuset_write(soft, cpus, row->soft);
    return true;
}

static void show_text(const char *name, domid_t domid, const struct row *row)
{
    const struct xen_domctl_getvcpuinfo *v = &row->info;
    char seconds[FORMAT_SECONDS_LEN];

    printf("%-32s %5u %5u", name, domid, v->vcpu);
    if (v->online)
        printf("%5u %3c%c- ", v->cpu, v->running ? 'r' : '-',
               v->blocked ? 'b' : '-');
    else
        printf("%5c %3c%cp ", '-', '-', '-');
    format_seconds(v->cpu_time, 9, seconds);
    printf("%s  %s / %s\n", seconds, row->hard, row->soft);
}

static void show_json(struct json *j, const char *name, domid_t domid,
                      const struct row *row)
{
    const struct xen_domctl_getvcpuinfo *v = &row->info;

    json_object(j, NULL);
    json_string(j, "name", name);
    json_uint(j, "domid", domid);
    json_uint(j, "vcpu", v->vcpu);
    json_bool(j, "online", v->online);
    json_bool(j, "running", v->running);
    json_bool(j, "blocked", v->blocked);
    if (v->online)
        json_uint(j, "cpu", v->cpu);
    else
        json_null(j, "cpu");
    json_uint(j, "cpu_time_ns", v->cpu_time);
    json_string(j, "affinity_hard", row->hard);
    json_string(j, "affinity_soft", row->soft);
    json_close(j);
}

static int show(const struct xen_domctl_getdomaininfo *info, void *arg)
{
    const struct view *v = arg;
    char *name = domains_name(info->domain);
    struct row row;

    for (unsigned int i = 0; i <= info->max_vcpu_id; i++) {
        if (!read_row(&row, info->domain, i, v->cpus))
            break;
        if (v->j)
            show_json(v->j, name, info->domain, &row);
        else
            show_text(name, info->domain, &row);
    }
    free(name);
    return STATUS_OK;
}

int cmd_vcpu_list(int argc, char **argv)
{
    struct xen_sysctl_physinfo machine;
    struct view v = {NULL};
    struct options o;
    struct json j;
    int rc;

    if (!command_options(&o, argc, argv, 0, -1))
        return STATUS_USAGE;
    rc = pv_physinfo(&machine);
    if (rc)
        return command_fail("cannot ask the hypervisor: %s", xen_strerror(rc));
    v.cpus = machine.max_cpu_id + 1;
    if (!options_has(&o, "json")) {
        printf("%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU",
               "State", "Time(s)", "Affinity (Hard / Soft)");
        return domains_each(o.words, o.count, show, &v);
    }
    v.j = &j;
    return domains_each_json(o.words, o.count, show, &v, &j);
}

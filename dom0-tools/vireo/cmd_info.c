/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <pv-abi/errno.h>
#include <pv-abi/version.h>

#include "libpv/pv.h"
#include "vireo/command.h"
#include "vireo/json.h"

#define PAGES_PER_MIB 256
#define TEXT_MAX      1024

/* Prints one "key : value" line, or one JSON member, at a time. */
struct report {
    bool json;
    struct json j;
};

static void add_uint(struct report *r, const char *key, uint64_t value)
{
    if (r->json)
        json_uint(&r->j, key, value);
    else
        printf("%-23s: %" PRIu64 "\n", key, value);
}

static void add_text(struct report *r, const char *key, const char *value)
{
    if (r->json)
        json_string(&r->j, key, value);
    else
        printf("%-23s: %s\n", key, value);
}

static void add_version_text(struct report *r, const char *key,
                             unsigned int which)
{
    char text[TEXT_MAX] = "";

    if (!pv_version_text(which, text, sizeof(text)))
        add_text(r, key, text);
}

static const char *scheduler_name(void)
{
    uint32_t id;

    if (pv_scheduler_id(&id))
        return "unknown";
    switch (id) {
    case XEN_SCHEDULER_CREDIT:
        return "credit";
    case XEN_SCHEDULER_CREDIT2:
        return "credit2";
    case XEN_SCHEDULER_RTDS:
        return "rtds";
    case XEN_SCHEDULER_NULL:
        return "null";
    default:
        return "unknown";
    }
}

static void add_machine(struct report *r,
                        const struct xen_sysctl_physinfo *info)
{
    add_uint(r, "nr_cpus", info->nr_cpus);
    add_uint(r, "max_cpu_id", info->max_cpu_id);
    add_uint(r, "nr_nodes", info->nr_nodes);
    add_uint(r, "cores_per_socket", info->cores_per_socket);
    add_uint(r, "threads_per_core", info->threads_per_core);
    add_uint(r, "cpu_mhz", info->cpu_khz / 1000);
    add_uint(r, "total_memory", info->total_pages / PAGES_PER_MIB);
    add_uint(r, "free_memory", info->free_pages / PAGES_PER_MIB);
    add_uint(r, "free_memory_kib", info->free_pages * 4);
    add_uint(r, "outstanding_claims", info->outstanding_pages / PAGES_PER_MIB);
}

static void add_version(struct report *r)
{
    int version = pv_version();

    if (version < 0)
        return;
    add_uint(r, "xen_major", (uint64_t)version >> 16);
    add_uint(r, "xen_minor", (uint64_t)version & 0xffff);
    add_version_text(r, "xen_extra", XENVER_extraversion);
    add_version_text(r, "xen_caps", XENVER_capabilities);
    add_text(r, "xen_scheduler", scheduler_name());
    add_version_text(r, "xen_commandline", XENVER_commandline);
}

/* xl's table of nodes; in JSON, an array. */
static void add_nodes(struct report *r)
{
    struct xen_sysctl_meminfo memory;
    uint32_t distance;

    if (pv_node(&memory, &distance))
        return;
    if (r->json) {
        json_array(&r->j, "nodes");
        json_object(&r->j, NULL);
        json_uint(&r->j, "node", 0);
        json_uint(&r->j, "memory_kib", memory.memsize >> 10);
        json_uint(&r->j, "free_memory_kib", memory.memfree >> 10);
        json_close(&r->j);
        json_close(&r->j);
        return;
    }
    printf("numa_info              :\nnode:    memsize    memfree    "
           "distances\n%4d:    %6lu     %6lu      %u\n",
           0, (unsigned long)(memory.memsize >> 20),
           (unsigned long)(memory.memfree >> 20), distance);
}

int cmd_info(int argc, char **argv)
{
    struct xen_sysctl_physinfo info;
    struct options o;
    struct report r;
    int rc;

    if (!command_options(&o, argc, argv, 0, 0))
        return STATUS_USAGE;
    r.json = options_has(&o, "json");
    rc = pv_physinfo(&info);
    if (rc)
        return command_fail("cannot ask the hypervisor: %s", xen_strerror(rc));
    if (r.json) {
        json_begin(&r.j, stdout);
        json_object(&r.j, NULL);
    }
    add_machine(&r, &info);
    if (options_has(&o, "numa"))
        add_nodes(&r);
    add_version(&r);
    if (r.json) {
        json_close(&r.j);
        json_end(&r.j);
    }
    return STATUS_OK;
}

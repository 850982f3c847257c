/* SPDX-License-Identifier: MIT */
#include "vireo/format.h"

#include <string.h>

#include <pv-abi/sched.h>

#define KIB_PER_PAGE  4
#define PAGES_PER_MIB 256
#define NS_PER_TENTH  100000000ul

static unsigned int shutdown_code(const struct xen_domctl_getdomaininfo *info)
{
    return (info->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
}

/* By SHUTDOWN_ code, as xl shows them. */
static const char reason_letters[] = "-rscwS";

void format_state(const struct xen_domctl_getdomaininfo *info,
                  char state[FORMAT_STATE_LEN])
{
    static const struct {
        uint32_t flag;
        char letter;
        int place;
    } flags[] = {
        {XEN_DOMINF_running, 'r', 0}, {XEN_DOMINF_blocked, 'b', 1},
        {XEN_DOMINF_paused, 'p', 2},  {XEN_DOMINF_shutdown, 's', 3},
        {XEN_DOMINF_dying, 'd', 5},
    };

    memcpy(state, "------", FORMAT_STATE_LEN);
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (info->flags & flags[i].flag)
            state[flags[i].place] = flags[i].letter;
    if (info->flags & XEN_DOMINF_shutdown)
        state[4] = shutdown_code(info) < sizeof(reason_letters) - 1
                       ? reason_letters[shutdown_code(info)]
                       : '?';
}

void format_list_head(FILE *out)
{
    fprintf(out, "%-40s %5s %5s %5s     %s  %8s", "Name", "ID", "Mem", "VCPUs",
            "State", "Time(s)");
}

void format_seconds(uint64_t ns, int columns, char text[FORMAT_SECONDS_LEN])
{
    uint64_t tenths = (ns + NS_PER_TENTH / 2) / NS_PER_TENTH;

    /* "%N.1f" without floating point, which the control domain's libc lacks */
    snprintf(text, FORMAT_SECONDS_LEN, "%*lu.%lu", columns - 2,
             (unsigned long)(tenths / 10), (unsigned long)(tenths % 10));
}

void format_list_row(FILE *out, const char *name,
                     const struct xen_domctl_getdomaininfo *info)
{
    char state[FORMAT_STATE_LEN], seconds[FORMAT_SECONDS_LEN];

    format_state(info, state);
    format_seconds(info->cpu_time, 8, seconds);
    fprintf(out, "%-40s %5d %5lu %5d     %s  %s", name, info->domain,
            (unsigned long)((info->tot_pages + info->outstanding_pages) /
                            PAGES_PER_MIB),
            (int)info->nr_online_vcpus, state, seconds);
}

const char *format_shutdown_reason(unsigned int code)
{
    switch (code) {
    case SHUTDOWN_poweroff:
        return "poweroff";
    case SHUTDOWN_reboot:
        return "reboot";
    case SHUTDOWN_suspend:
        return "suspend";
    case SHUTDOWN_crash:
        return "crash";
    case SHUTDOWN_watchdog:
        return "watchdog";
    case SHUTDOWN_soft_reset:
        return "soft_reset";
    default:
        return NULL;
    }
}

void format_list_json(struct json *j, const char *name,
                      const struct xen_domctl_getdomaininfo *info)
{
    bool ended = info->flags & XEN_DOMINF_shutdown;
    const char *reason = format_shutdown_reason(shutdown_code(info));
    char uuid[FORMAT_UUID_LEN], state[FORMAT_STATE_LEN];

    format_uuid(info->handle, uuid);
    format_state(info, state);
    json_object(j, NULL);
    json_string(j, "name", name);
    json_uint(j, "domid", info->domain);
    json_string(j, "uuid", uuid);
    json_string(j, "state", state);
    json_bool(j, "running", info->flags & XEN_DOMINF_running);
    json_bool(j, "blocked", info->flags & XEN_DOMINF_blocked);
    json_bool(j, "paused", info->flags & XEN_DOMINF_paused);
    json_bool(j, "shutdown", ended);
    json_bool(j, "dying", info->flags & XEN_DOMINF_dying);
    if (ended && reason)
        json_string(j, "shutdown_reason", reason);
    else
        json_null(j, "shutdown_reason");
    json_uint(j, "memory_kib", info->tot_pages * KIB_PER_PAGE);
    json_uint(j, "max_memory_kib", info->max_pages * KIB_PER_PAGE);
    json_uint(j, "vcpus", info->nr_online_vcpus);
    json_uint(j, "cpu_time_ns", info->cpu_time);
    json_close(j);
}

void format_uuid(const uint8_t uuid[16], char text[FORMAT_UUID_LEN])
{
    static const char digits[] = "0123456789abcdef";

    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *text++ = '-';
        *text++ = digits[uuid[i] >> 4];
        *text++ = digits[uuid[i] & 15];
    }
    *text = '\0';
}

/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "consoled/consoled.h"
#include "libpv/pv.h"
#include "vireo/command.h"
#include "vireo/config/cpuset.h"
#include "vireo/console.h"
#include "vireo/json.h"
#include "vireo/lifecycle.h"

static void say_created(const struct options *o,
                        const struct domain_config *config, domid_t domid)
{
    struct json j;

    if (options_has(o, "json")) {
        json_begin(&j, stdout);
        json_object(&j, NULL);
        json_string(&j, "name", config->name);
        json_uint(&j, "domid", domid);
        json_close(&j);
        json_end(&j);
    } else if (!options_has(o, "quiet")) {
        printf("Created domain %u '%s'\n", domid, config->name);
    }
    fflush(stdout);
}

/* Show its console from the first byte on: nothing runs before that is read. */
static int show_console(const struct options *o, domid_t domid)
{
    struct console *c = console_find_domid(domid);
    struct console_reader r;
    int status;

    if (!c)
        return command_fail("domain %u has ended and left no console", domid);
    console_open(c, &r, false);
    if (!options_has(o, "paused"))
        pv_domain_unpause(domid);
    status = console_show(&r, CONSOLE_LEAVE);
    console_close(&r);
    console_put(c);
    return status;
}

static int start(const struct options *o, const struct domain_config *config)
{
    char error[LIFECYCLE_ERROR_MAX];
    domid_t domid;

    if (domain_start(config,
                     options_has(o, "paused") || options_has(o, "console"),
                     &domid, error))
        return command_fail("cannot create '%s': %s", config->name, error);
    say_created(o, config, domid);
    if (options_has(o, "console"))
        return show_console(o, domid);
    if (options_has(o, "foreground"))
        domain_wait_end(domid);
    return STATUS_OK;
}

/* Nobody is there to do what the configuration says. */
static void keep_at_end(struct domain_config *config)
{
    config->on_poweroff = config->on_reboot = config->on_crash =
        CONFIG_PRESERVE;
}

/* Sets that differ from "all", as text for each vCPU. */
static void show_sets(struct json *j, const char *name, const uint64_t *sets,
                      unsigned count)
{
    char text[CPUSET_TEXT_MAX];

    json_array(j, name);
    for (unsigned i = 0; i < count; i++) {
        cpuset_write(sets[i] ? sets[i] : UINT64_MAX, CPUSET_MAX, text);
        json_string(j, NULL, text);
    }
    json_close(j);
}

/* Show what would be created. */
static int show(const struct domain_config *config)
{
    struct json j;

    json_begin(&j, stdout);
    json_object(&j, NULL);
    json_string(&j, "name", config->name);
    json_string(&j, "type", "pv");
    json_string(&j, "kernel", config->kernel);
    if (config->ramdisk)
        json_string(&j, "ramdisk", config->ramdisk);
    else
        json_null(&j, "ramdisk");
    json_string(&j, "cmdline", config->cmdline);
    json_uint(&j, "memory", config->memory_mib);
    json_uint(&j, "maxmem", config->maxmem_mib);
    json_uint(&j, "vcpus", config->vcpus);
    json_uint(&j, "cpu_weight", config->cpu_weight);
    json_uint(&j, "cap", config->cap);
    show_sets(&j, "cpus", config->cpus, config->vcpus);
    show_sets(&j, "cpus_soft", config->cpus_soft, config->vcpus);
    json_string(&j, "tsc_mode", config->tsc_mode ? "native" : "default");
    json_string(&j, "on_poweroff", config_action_name(config->on_poweroff));
    json_string(&j, "on_reboot", config_action_name(config->on_reboot));
    json_string(&j, "on_crash", config_action_name(config->on_crash));
    json_close(&j);
    json_end(&j);
    return STATUS_OK;
}

int cmd_create(int argc, char **argv)
{
    struct domain_config config;
    struct options o;
    int status;

    if (!command_options(&o, argc, argv, 1, -1))
        return STATUS_USAGE;
    if (options_has(&o, "vncviewer"))
        return command_fail("a PV domain has no display to attach to; -c "
                            "attaches to its console");
    if (!command_config(o.words, o.count, &config))
        return STATUS_FAIL;
    if (options_has(&o, "exit"))
        keep_at_end(&config);
    status = options_has(&o, "dryrun") ? show(&config) : start(&o, &config);
    domain_config_drop(&config);
    return status;
}

/* SPDX-License-Identifier: MIT */
/*
 * xl.cfg from anybody: no crash, no leak, and either a configuration within
 * its limits or a reason. The input's first NUL ends the file, further ones end
 * settings of the command line.
 */
#include <stdlib.h>
#include <string.h>

#include "vireo/config/config.h"

#define SETTINGS_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check(const struct domain_config *c)
{
    require(strlen(c->name) >= 1 && strlen(c->name) <= CONFIG_NAME_MAX);
    require(c->kernel[0] != '\0' && c->cmdline);
    require(!c->ramdisk || c->ramdisk[0] != '\0');
    require(c->memory_mib >= 1 && c->memory_mib <= c->maxmem_mib);
    require(c->maxmem_mib <= CONFIG_MEMORY_MAX);
    require(c->vcpus >= 1 && c->vcpus <= CONFIG_VCPUS_MAX);
    require(c->on_crash <= CONFIG_COREDUMP_RESTART);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    const char *settings[SETTINGS_MAX];
    struct config_report report;
    struct domain_config config;
    size_t len, count = 0, at;

    memcpy(text, data, size);
    text[size] = '\0';
    len = strlen(text);
    for (at = len + 1; at <= size && count < SETTINGS_MAX;
         at += strlen(text + at) + 1)
        settings[count++] = text + at;

    if (config_read(&config, "fuzz.cfg", text, len, settings, count, &report)) {
        require(report.errors == 0);
        check(&config);
        domain_config_drop(&config);
    } else {
        require(report.errors > 0 && report.text);
    }
    require(!report.text || strlen(report.text) == report.len);
    config_report_drop(&report);
    free(text);
    return 0;
}

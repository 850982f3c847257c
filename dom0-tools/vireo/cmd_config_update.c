/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include <guest/file.h>

#include "vireo/command.h"
#include "vireo/config/config.h"
#include "vireo/domains.h"
#include "vireo/lifecycle.h"

bool command_config(char **words, int count, struct domain_config *config)
{
    struct config_report report;
    size_t bytes;
    const char *text = file_data(words[0], &bytes);
    bool good;

    if (!text) {
        command_fail("no file '%s'; 'ls' shows what is there", words[0]);
        return false;
    }
    good =
        config_read(config, words[0], text, bytes,
                    (const char *const *)words + 1, (size_t)count - 1, &report);
    if (report.text)
        fputs(report.text, stderr);
    config_report_drop(&report);
    return good;
}

int cmd_config_update(int argc, char **argv)
{
    char error[LIFECYCLE_ERROR_MAX];
    struct domain_config config;
    struct options o;
    domid_t domid;
    int rc;

    if (!command_options(&o, argc, argv, 2, -1))
        return STATUS_USAGE;
    if (!domains_resolve(o.words[0], &domid) ||
        !command_config(o.words + 1, o.count - 1, &config))
        return STATUS_FAIL;
    rc = domain_reconfigure(domid, &config, error);
    domain_config_drop(&config);
    return rc ? command_fail("cannot change domain %u: %s", domid, error)
              : STATUS_OK;
}

/* SPDX-License-Identifier: MIT */
/*
 * The control domain, from main() on: its services in the order of their
 * start, then a person's shell or the launcher's script.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <guest/console.h>
#include <guest/evtchn.h>
#include <guest/file.h>
#include <guest/ioport.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <pv-abi/errno.h>

#include "consoled/consoled.h"
#include "libpv/pv.h"
#include "shell/shell.h"
#include "shell/terminal.h"
#include "vireo/domains.h"
#include "vireo/lifecycle.h"
#include "xenstored/dom0.h"

/* The launcher's --exec: commands to run instead of a person's. */
#define SCRIPT "etc/exec"
/* And its --guest: the same at a person's terminal. */
#define SESSION "etc/session"

/* VIRQ_DOM_EXC: some domain has shut down or is gone. */
static void domain_ended(evtchn_port_t port, void *arg)
{
    store_look();
    lifecycle_look();
}

/* What tools expect to find about this domain. */
static bool announce_self(void)
{
    static const char *const keys[][2] = {
        {"/local/domain/0/name", "Domain-0"},
        {"/local/domain/0/domid", "0"},
        {"/tool/xenstored", ""},
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (!xs_write(domains_store(), XBT_NULL, keys[i][0], keys[i][1],
                      (unsigned)strlen(keys[i][1])))
            return false;
    return true;
}

static void start_services(void)
{
    int rc = ioport_enable();

    if (rc)
        printf("no rights to I/O ports: %s\n", xen_strerror(rc));
    rc = store_start();
    if (!rc)
        rc = consoled_start();
    if (!rc)
        rc = lifecycle_start();
    if (rc || !domains_store() || !announce_self())
        panic("the control domain's services did not start");
    rc = evtchn_bind_virq(VIRQ_DOM_EXC, domain_ended, NULL);
    if (rc < 0)
        panic("VIRQ_DOM_EXC: %s", xen_strerror(rc));
}

/* Run the launcher's commands and end the machine with their status. */
static _Noreturn void run_script(const char *data, size_t bytes)
{
    char *text = malloc(bytes + 1);
    int status;

    if (!text)
        panic("no memory for the script");
    memcpy(text, data, bytes);
    text[bytes] = '\0';
    status = shell_run(text);
    machine_exit(status ? 1 : 0);
}

int main(int argc, char **argv)
{
    const char *script;
    size_t bytes;

    if (!start_is_dom0())
        panic("this is a control domain; it must be the first one");
    start_services();
    if (!start_module(&bytes))
        printf("There is no boot archive, so there are no files: the boot "
               "loader brings it as a module 'archive'.\n");
    script = file_data(SCRIPT, &bytes);
    if (script)
        terminal_use_launcher();
    else
        script = file_data(SESSION, &bytes);
    if (script)
        run_script(script, bytes);
    printf("\nThe control domain is ready. 'help' lists the commands.\n\n");
    shell_interact();
}

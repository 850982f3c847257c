/* SPDX-License-Identifier: MIT */
#include "shell/builtins.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <guest/clock.h>
#include <guest/file.h>
#include <guest/memory.h>
#include <guest/shutdown.h>
#include <pv-abi/sched.h>

#include "shell/shell.h"
#include "libpv/pv.h"
#include "vireo/command.h"
#include "vireo/domains.h"

#define REPEAT_MAX 1000000

/* Statuses of `finish`; up to the largest they are exit codes. */
#define FINISH_LARGEST     100
#define FINISH_LARGER      101
#define FINISH_CRASHED     102
#define FINISH_RESTARTED   103
#define FINISH_NOT_CREATED 104

static int run_help(int argc, char **argv);

static int run_echo(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        printf("%s%s", i > 1 ? " " : "", argv[i]);
    putchar('\n');
    return STATUS_OK;
}

static bool show_file(const char *name, size_t bytes, void *arg)
{
    printf("%9zu %s\n", bytes, name);
    ++*(int *)arg;
    return true;
}

static int run_ls(int argc, char **argv)
{
    const char *prefix = argc > 1 ? argv[1] : "";
    int shown = 0;

    file_for_each(prefix, show_file, &shown);
    if (!shown && *prefix) {
        fprintf(stderr, "ls: no file begins with '%s'\n", prefix);
        return STATUS_FAIL;
    }
    return STATUS_OK;
}

static int run_cat(int argc, char **argv)
{
    int status = STATUS_OK;

    for (int i = 1; i < argc; i++) {
        size_t bytes;
        const void *data = file_data(argv[i], &bytes);

        if (data) {
            fwrite(data, 1, bytes, stdout);
        } else {
            fprintf(stderr, "cat: no file '%s'; 'ls' shows what is there\n",
                    argv[i]);
            status = STATUS_FAIL;
        }
    }
    return status;
}

/* The control domain's own memory; that of the machine is in `vireo info`. */
static int run_free(int argc, char **argv)
{
    struct mallinfo heap = mallinfo();

    printf("pages : %lu free of %lu\n", (unsigned long)page_free_count(),
           (unsigned long)page_total());
    printf("heap  : %lu bytes in use of %lu\n", (unsigned long)heap.uordblks,
           (unsigned long)heap.arena);
    return STATUS_OK;
}

static int usage(const char *text)
{
    fprintf(stderr, "usage: %s\n", text);
    return STATUS_USAGE;
}

/* Run a copy of the commands: running changes them. */
static int run_text(const char *commands)
{
    char *text = strdup(commands);
    int status;

    if (!text) {
        fputs("the control domain is out of memory\n", stderr);
        return STATUS_FAIL;
    }
    status = shell_run(text);
    free(text);
    return status;
}

/* Rounds of commands, until one fails. */
static int run_repeat(int argc, char **argv)
{
    int status = STATUS_OK;
    unsigned long rounds;
    char *end;

    if (argc != 3)
        return usage("repeat N 'COMMANDS'");
    rounds = strtoul(argv[1], &end, 10);
    if (end == argv[1] || *end || rounds > REPEAT_MAX)
        return usage("repeat N 'COMMANDS'");
    for (; rounds && status == STATUS_OK; rounds--)
        status = run_text(argv[2]);
    return status;
}

/* How long commands take; while instructions are counted, how many. */
static int run_time(int argc, char **argv)
{
    uint64_t start = clock_ns();
    int status;

    if (argc != 2)
        return usage("time 'COMMANDS'");
    status = run_text(argv[1]);
    printf("%" PRIu64 " ns\n", clock_ns() - start);
    return status;
}

static int run_status(int argc, char **argv)
{
    printf("%d\n", shell_status());
    return STATUS_OK;
}

/* The counter started with the machine, the time with the hypervisor. */
static int run_uptime(int argc, char **argv)
{
    printf("%" PRIu64 " ms, time stamp counter %llu\n", clock_ns() / NS_PER_MS,
           __builtin_ia32_rdtsc());
    return STATUS_OK;
}

static int run_poweroff(int argc, char **argv)
{
    fflush(stdout);
    shutdown(SHUTDOWN_poweroff);
}

static int run_reboot(int argc, char **argv)
{
    fflush(stdout);
    shutdown(SHUTDOWN_reboot);
}

static int run_crash(int argc, char **argv)
{
    fflush(stdout);
    shutdown(SHUTDOWN_crash);
}

/*
 * How --guest ends: the machine, with the exit code of a domain or how else it
 * has ended (tools/vireo_qemu/guest.py).
 */
static int run_finish(int argc, char **argv)
{
    struct xen_domctl_getdomaininfo info;
    uint32_t reason, status = 0;
    domid_t domid;
    char *code;

    if (argc != 2)
        return usage("finish DOMAIN");
    if (!domains_find(argv[1], &domid) || pv_domain_info(domid, &info)) {
        fflush(stdout);
        machine_exit(FINISH_NOT_CREATED);
    }
    reason = info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
    code = domains_read(domid, "data/exit");
    if (!(info.flags & XEN_DOMINF_shutdown))
        status = 0; /* the person has left it */
    else if (reason == SHUTDOWN_reboot)
        status = FINISH_RESTARTED;
    else if (reason != SHUTDOWN_poweroff)
        status = FINISH_CRASHED;
    else if (code)
        status = (uint32_t)strtoul(code, NULL, 10);
    if (status > FINISH_LARGEST && reason == SHUTDOWN_poweroff)
        status = FINISH_LARGER;
    fflush(stdout);
    machine_exit(status);
}

static const struct builtin builtins[] = {
    {"vireo", "COMMAND ...", "manage domains; 'vireo help' lists how",
     vireo_main},
    {"xl", "COMMAND ...", "the same by another name", vireo_main},
    {"cat", "FILE...", "print files", run_cat},
    {"crash", "", "crash the control domain, and the machine with it",
     run_crash},
    {"echo", "[WORD]...", "print words", run_echo},
    {"finish", "DOMAIN", "end the machine as the domain has ended", run_finish},
    {"free", "", "show the control domain's own memory", run_free},
    {"help", "", "this list", run_help},
    {"ls", "[PREFIX]", "list files", run_ls},
    {"poweroff", "", "turn the machine off", run_poweroff},
    {"reboot", "", "start the machine again", run_reboot},
    {"repeat", "N 'COMMANDS'", "run them N times, until a round fails",
     run_repeat},
    {"status", "", "print the status of the command before", run_status},
    {"time", "'COMMANDS'", "run them and say how long it took", run_time},
    {"uptime", "", "print how long the machine has been on", run_uptime},
};

static int run_help(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
        printf("  %-8s %-14s %s\n", builtins[i].name, builtins[i].arguments,
               builtins[i].summary);
    return STATUS_OK;
}

const char *builtin_name(size_t i)
{
    return i < sizeof(builtins) / sizeof(builtins[0]) ? builtins[i].name : NULL;
}

/* The programs that Xen has beside xl are words of their own. */
static int run_store(int argc, char **argv)
{
    return command_find(argv[0])->run(argc, argv);
}

const struct builtin *builtin_find(const char *name)
{
    static const struct builtin store = {"xenstore-...", "...",
                                         "'vireo help' lists them", run_store};

    if (!strncmp(name, "xenstore-", 9) && command_find(name))
        return &store;
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
        if (!strcmp(builtins[i].name, name))
            return &builtins[i];
    return NULL;
}

/* SPDX-License-Identifier: MIT */
/* From the first C function to main(); order of start-up, top to bottom. */
#include <stdlib.h>
#include <string.h>
#include <guest/console.h>
#include <guest/memory.h>
#include <guest/start.h>
#include <guest/xenbus.h>
#include <pv-abi/sched.h>
#include "internal.h"

#define ARGS_MAX 64

struct start_info *start_info;
/* In .data: entry.S writes them before anything is known about .bss. */
struct cpu_user_regs entry_regs __attribute__((section(".data")));
uint8_t entry_fpu[512] __attribute__((aligned(16), section(".data")));

static char words[MAX_GUEST_CMDLINE];
static char *argv[ARGS_MAX + 1] = {"guest"};
static int argc = 1;

int main(int argc, char **argv);

bool start_is_dom0(void)
{
    return start_info->flags & SIF_INITDOMAIN;
}

const void *start_module(size_t *len)
{
    *len = start_info->mod_len;
    return *len ? (const void *)start_info->mod_start : NULL;
}

const char *start_option(const char *name)
{
    size_t len = strlen(name);

    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], name, len))
            continue;
        if (argv[i][len] == '=')
            return argv[i] + len + 1;
        if (!argv[i][len])
            return "";
    }
    return NULL;
}

/* Cut the command line into words; double quotes keep spaces. */
static void split_command_line(void)
{
    const char *from = start_info->cmd_line;
    char *to = words;
    bool quoted = false, in_word = false;

    for (size_t i = 0; i < sizeof(words) - 1 && from[i]; i++) {
        if (from[i] == ' ' && !quoted) {
            if (in_word)
                *to++ = '\0';
            in_word = false;
            continue;
        }
        if (!in_word) {
            if (argc == ARGS_MAX)
                break;
            argv[argc++] = to;
            in_word = true;
        }
        if (from[i] == '"')
            quoted = !quoted;
        else
            *to++ = from[i];
    }
    *to = '\0';
}

static void run_main(void *arg)
{
    console_init();
    files_init();
    if (start_info->store_evtchn && xenbus_init())
        kprintf("xenbus: no connection\n");
    for (void (**fn)(void) = init_array_start; fn < init_array_end; fn++)
        (*fn)();
    exit(main(argc, argv));
}

void start_guest(struct start_info *info)
{
    start_info = info;
    traps_init();
    memory_init();
    if (!start_is_dom0())
        console_ring_map();
    image_protect();
    evtchn_init();
    threads_init();
    timers_init();
    split_command_line();
    threads_start(run_main, NULL);
}

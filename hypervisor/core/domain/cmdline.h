/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's command line: words separated by spaces, each NAME or
 * NAME=VALUE. The table of options is in cmdline.c. Pure.
 */
#ifndef DOMAIN_CMDLINE_H
#define DOMAIN_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As the option lists them. */
enum cmdline_console { CONSOLE_COM1 = 1, CONSOLE_COM2, CONSOLE_NONE };

struct cmdline {
    uint64_t dom0_mem_bytes;     /* 0: the hypervisor chooses */
    uint64_t dom0_max_mem_bytes; /* 0: what dom0 gets at boot */
    uint32_t dom0_max_vcpus;     /* 0: one for each CPU */
    uint32_t maxcpus;            /* 0: all of them */
    uint32_t loglvl;             /* enum loglevel, or more: all of them */
    uint32_t console;            /* enum cmdline_console */
    bool noreboot;     /* after a panic or dom0's crash: stay, do not reset */
    bool debugexit;    /* a panic also writes 3 to I/O port 0xf4 (QEMU) */
    bool x2apic;       /* use it where the processor has it; never run so far */
    bool tsc_deadline; /* the same */

    /* Words that were not understood, separated by spaces; "" for none. */
    char unknown[128];
};

/*
 * Read text (NUL terminated) into *out, starting from the defaults. A word
 * that is no option, or whose value is wrong, changes nothing and is added
 * to out->unknown as far as there is room.
 */
void cmdline_parse(struct cmdline *out, const char *text);

/*
 * One line about option i ("name=value  what it does") for documentation
 * and for the warning about unknown ones; NULL behind the last.
 */
const char *cmdline_help(unsigned int i);

#endif

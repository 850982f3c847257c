/* SPDX-License-Identifier: MIT */
/*
 * What the domain was given at start of day.
 *
 * Filled before main() runs and constant afterwards, so everything here may
 * be read from any thread without a lock.
 *
 * An app is `int main(int argc, char **argv)`: argv[0] is "guest", the rest
 * are the words of the command line. Double quotes keep spaces in a word.
 * main() runs in a thread of its own with upcalls enabled; returning from it
 * is exit(). The machine-facing order of start-up is in start.c.
 *
 * In all headers of the kernel "returns -EINVAL" means -XEN_EINVAL of
 * pv-abi/errno.h: errors of the ABI, not newlib's errno.
 */
#ifndef GUEST_START_H
#define GUEST_START_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pv-abi/arch.h>
#include <pv-abi/start_info.h>

/* The hypervisor's own page, mapped for the life of the domain. */
extern struct start_info *start_info;

/*
 * The registers at the first instruction: all general ones, rip (the entry
 * point), rflags, rsp and the six selectors. error_code, entry_vector and
 * saved_upcall_mask are 0. Source: abi page "start of day", entry state.
 */
extern struct cpu_user_regs entry_regs;

/* The FPU at the same moment, as FXSAVE stores it. */
extern uint8_t entry_fpu[512];

/* True in the initial, privileged domain. */
bool start_is_dom0(void);

/*
 * The module the domain was started with (the boot archive), or NULL.
 *  len  out: bytes, as start_info says; may be rounded up to a page.
 */
const void *start_module(size_t *len);

/*
 * The value of the word NAME=VALUE of the command line, or NULL. A word NAME
 * alone gives "". The text lives as long as the domain.
 */
const char *start_option(const char *name);

#endif

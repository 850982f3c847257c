/* SPDX-License-Identifier: MIT */
/*
 * The person at the control domain, if there is one.
 *
 * With a person, commands print to the machine's console and keys are read
 * from it. With a script (the launcher's --exec) output goes to the second
 * channel, and there are no keys.
 */
#ifndef SHELL_TERMINAL_H
#define SHELL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a person sits there. */
bool terminal_present(void);

/* From now on there is none: everything printed goes to the launcher. */
void terminal_use_launcher(void);

/*
 * Wait for keys until deadline_ns (absolute; WAIT_FOREVER). Returns the bytes
 * read, at most n; 0 when the deadline passed or terminal_wake() was called.
 * Keys come as they are typed: no echo, no line editing.
 */
size_t terminal_read(char *keys, size_t n, uint64_t deadline_ns);

/* Have a terminal_read() that waits in another thread return 0. */
void terminal_wake(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Showing a domain's console to whoever runs a command.
 */
#ifndef VIREO_CONSOLE_H
#define VIREO_CONSOLE_H

struct console;

#define CONSOLE_LEAVE 0x1d /* Ctrl-] */

/*
 * With a person at the terminal: attach until Ctrl-] or the domain's end.
 * Without: print until the domain ends. What was printed before comes first.
 * Returns a status (command.h).
 */
int console_show(struct console *c);

#endif

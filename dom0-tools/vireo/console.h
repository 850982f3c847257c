/* SPDX-License-Identifier: MIT */
/*
 * Showing a domain's console to whoever runs a command.
 */
#ifndef VIREO_CONSOLE_H
#define VIREO_CONSOLE_H

struct console_reader;

#define CONSOLE_LEAVE 0x1d /* Ctrl-] */

/*
 * With a person at the terminal: attach until that key, or the domain's end.
 * Without: print until the domain ends. What the reader has not read comes
 * first; where bytes are missing stands a line "[N bytes skipped]". Returns a
 * status (command.h).
 */
int console_show(struct console_reader *r, char leaves);

#endif

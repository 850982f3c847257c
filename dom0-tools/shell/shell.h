/* SPDX-License-Identifier: MIT */
/*
 * The control domain's shell: commands of its own, and `vireo` (also `xl`).
 */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

/*
 * Run all commands of `text`, separated by ';' or newline, in order, each
 * whatever the one before it said. The text is changed. Returns 0 if all
 * succeeded, else the status of the first that did not.
 */
int shell_run(char *text);

/* What the last command that has ended returned; 0 if there was none. */
int shell_status(void);

/* Read lines from the terminal and run them, for ever. */
_Noreturn void shell_interact(void);

#endif

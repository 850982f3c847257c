/* SPDX-License-Identifier: MIT */
/* What may be typed where: words, commands, options, domains and files. */
#ifndef SHELL_CANDIDATES_H
#define SHELL_CANDIDATES_H

#include "shell/complete.h"

/*
 * Fill *c for the last word of line, the text before the cursor. buffer: holds
 * that word, at least as long as line.
 */
void candidates(struct completion *c, const char *line, char *buffer);

#endif

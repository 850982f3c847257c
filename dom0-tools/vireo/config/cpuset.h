/* SPDX-License-Identifier: MIT */
/*
 * Sets of processors as xl writes them: numbers and ranges between commas,
 * those behind ^ taken out again, or all: "0-3,8", "all,^0".
 */
#ifndef VIREO_CONFIG_CPUSET_H
#define VIREO_CONFIG_CPUSET_H

#include <stdbool.h>
#include <stdint.h>

#define CPUSET_MAX      64 /* processors of a machine: 0 .. 63 */
#define CPUSET_TEXT_MAX 192

/*
 * Read text into *set, a bit for each processor. On false *why is what is
 * wrong, in words that follow the text.
 */
bool cpuset_read(const char *text, uint64_t *set, const char **why);

/* Write set in its shortest form; "all" if it holds all of the first cpus. */
void cpuset_write(uint64_t set, unsigned int cpus, char text[CPUSET_TEXT_MAX]);

#endif

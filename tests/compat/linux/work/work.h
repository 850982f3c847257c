/* SPDX-License-Identifier: MIT */
/*
 * Work for a Linux guest: one program, each of whose tests does something
 * that a hypervisor can spoil, and knows what has to come out.
 *
 * A test returns true, or calls work_fail() and returns false. It may leave
 * nothing behind: no process, no mapping, no signal handler.
 */
#ifndef WORK_H
#define WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Say why the running test fails; returns false. */
bool work_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Say what the running test did; printed behind its name when it passes. */
void work_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* CPUs that are online now. */
unsigned int work_cpus(void);

/* Keep the calling thread on one CPU. Returns false if that is refused. */
bool work_pin(unsigned int cpu);

/* Bytes [first, first + n) of an endless stream that is the same everywhere:
 * compressible, but not trivially. first is a multiple of 8. */
void work_pattern(uint64_t first, void *bytes, size_t n);

#define WORK_TEST(name) bool work_##name(void);
#include "tests.def"
#undef WORK_TEST

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What every host test has in common: one suite per executable, TAP on
 * standard output, exit status 0 only if each test passed.
 *
 * A test file defines suite(); main() is in suite.c. From the environment:
 *   CK_RUN_CASE=name    run this test case only (Check's own variable)
 *   CK_FORK=yes         a process per test; for tests that must crash. Without
 *                       it all run in one process, where the sanitizers
 *                       report best and a debugger needs no help.
 *   SEED=n              random tests run with this seed alone
 */
#ifndef TESTS_HOST_SUITE_H
#define TESTS_HOST_SUITE_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>

/* The suite of this executable; the runner frees it. */
Suite *suite(void);

/*
 * A random sequence that is the same on every machine.
 * random_start() prints the seed as a TAP comment, so that a failure names it;
 * SEED in the environment replaces the argument.
 */
struct random {
    uint64_t state;
};

struct random random_start(uint64_t seed);
uint64_t random_next(struct random *r);
/* Uniform in [0, bound), bound > 0. */
uint64_t random_below(struct random *r, uint64_t bound);
/* Whether SEED asks for one seed: a test that loops over seeds stops at once.
 */
bool random_is_pinned(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/core as a whole: three domains that make any call, with arguments
 * made from the tables, on a machine that schedules and ticks
 * (tests/fuzz/dispatch). The fuzzer runs the same with inputs that it learns
 * from; this is the part that every `make test` can afford.
 */
#include "suite.h"

#include "../fuzz/dispatch/play.h"

#define INPUTS 40
#define BYTES  2000

static void run(uint64_t seed)
{
    struct random r = random_start(seed);
    uint8_t bytes[BYTES];

    for (unsigned int i = 0; i < BYTES; i++)
        bytes[i] = (uint8_t)random_next(&r);
    play_bytes(bytes, sizeof(bytes));
}

/* Invariants, refusals that change nothing, and every frame given back. */
START_TEST(no_sequence_of_calls_breaks_the_machine)
{
    for (uint64_t seed = 1; seed <= INPUTS; seed++) {
        run(seed);
        if (random_is_pinned())
            break;
    }
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("call_model");
    TCase *t = tcase_create("random");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, no_sequence_of_calls_breaks_the_machine);
    suite_add_tcase(s, t);
    return s;
}

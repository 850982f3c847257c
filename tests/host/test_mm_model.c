/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/core/mm as a whole: three domains that do what random bytes say,
 * against an independent oracle and modelled TLBs (tests/fuzz/oracle). The
 * fuzzer runs the same with inputs that it learns from; this is the part that
 * every `make test` can afford.
 */
#include "suite.h"

#include "../fuzz/oracle/actions.h"

#define INPUTS 40
#define BYTES  1500

static void run(uint64_t seed)
{
    struct random r = random_start(seed);
    uint8_t bytes[BYTES];

    for (unsigned int i = 0; i < BYTES; i++)
        bytes[i] = (uint8_t)random_next(&r);
    run_actions(bytes, sizeof(bytes));
}

START_TEST(no_sequence_of_calls_gives_a_frame_two_uses)
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
    Suite *s = suite_create("mm_model");
    TCase *t = tcase_create("random");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, no_sequence_of_calls_gives_a_frame_two_uses);
    suite_add_tcase(s, t);
    return s;
}

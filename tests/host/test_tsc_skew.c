/* SPDX-License-Identifier: MIT */
/* include/tsc_skew: two counters that can only ask each other by messages. */
#include "suite.h"

#include "tsc_skew.h"

#define ROUNDS     32
#define FLIGHT_MAX 400

/*
 * ROUNDS exchanges at a time when the boot CPU's TSC is start; the other one
 * is ahead by `ahead`, and gains `gain` more in each round.
 */
static struct tsc_skew exchange(struct random *r, uint64_t start, int64_t ahead,
                                int64_t gain)
{
    struct tsc_skew s = TSC_SKEW_UNKNOWN;

    for (int i = 0; i < ROUNDS; i++) {
        uint64_t before = start;
        uint64_t there = before + random_below(r, FLIGHT_MAX);
        uint64_t after = there + random_below(r, FLIGHT_MAX);

        tsc_skew_narrow(&s, before, there + (uint64_t)(ahead + i * gain),
                        after);
        start = after + random_below(r, FLIGHT_MAX);
    }
    return s;
}

/* A correction that is not needed would cost guests their stable clock. */
START_TEST(counters_that_agree_are_left_alone)
{
    struct random r = random_start(1);

    for (int i = 0; i < 1000; i++) {
        struct tsc_skew s = exchange(&r, random_next(&r), 0, 0);

        ck_assert(tsc_skew_is_constant(&s));
        ck_assert_int_eq(tsc_skew_offset(&s), 0);
    }
}
END_TEST

START_TEST(a_skew_beyond_the_round_trip_is_found_in_both_directions)
{
    struct tsc_skew ahead = TSC_SKEW_UNKNOWN, behind = TSC_SKEW_UNKNOWN;

    tsc_skew_narrow(&ahead, 1000, 1101, 1100);
    tsc_skew_narrow(&behind, 1000, 999, 1100);
    ck_assert_int_eq(tsc_skew_offset(&ahead), 51);
    ck_assert_int_eq(tsc_skew_offset(&behind), -51);
}
END_TEST

START_TEST(a_skew_that_the_round_trip_explains_is_none)
{
    struct tsc_skew first = TSC_SKEW_UNKNOWN, last = TSC_SKEW_UNKNOWN;

    tsc_skew_narrow(&first, 1000, 1000, 1100);
    tsc_skew_narrow(&last, 1000, 1100, 1100);
    ck_assert_int_eq(tsc_skew_offset(&first), 0);
    ck_assert_int_eq(tsc_skew_offset(&last), 0);
}
END_TEST

/* With the offset taken away, there lies between before and after. */
START_TEST(corrected_time_steps_back_in_no_round)
{
    struct random r = random_start(2);

    for (int i = 0; i < 1000; i++) {
        int64_t ahead = (int64_t)random_next(&r) >> (4 + random_below(&r, 60));
        struct tsc_skew s = exchange(&r, random_next(&r), ahead, 0);
        int64_t left = ahead - tsc_skew_offset(&s);

        ck_assert(tsc_skew_is_constant(&s));
        ck_assert_int_le(s.least, ahead - left);
        ck_assert_int_ge(s.most, ahead - left);
        ck_assert_int_lt(left < 0 ? -left : left, FLIGHT_MAX);
    }
}
END_TEST

START_TEST(counters_at_different_rates_fit_no_offset)
{
    struct random r = random_start(3);

    for (int i = 0; i < 1000; i++) {
        int64_t gain = random_below(&r, 2) ? FLIGHT_MAX : -FLIGHT_MAX;
        struct tsc_skew s = exchange(&r, random_next(&r), 0, gain);

        ck_assert(!tsc_skew_is_constant(&s));
    }
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("tsc_skew");
    TCase *t = tcase_create("rounds");

    tcase_add_test(t, counters_that_agree_are_left_alone);
    tcase_add_test(t, a_skew_beyond_the_round_trip_is_found_in_both_directions);
    tcase_add_test(t, a_skew_that_the_round_trip_explains_is_none);
    tcase_add_test(t, corrected_time_steps_back_in_no_round);
    tcase_add_test(t, counters_at_different_rates_fit_no_offset);
    suite_add_tcase(s, t);
    return s;
}

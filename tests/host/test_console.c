/* SPDX-License-Identifier: MIT */
/* dom0-tools/consoled: what domains print is kept, and nothing else. */
#include "suite.h"

#include <string.h>

#include "consoled/history.h"
#include "consoled/ring.h"

static struct history h;
static struct xencons_interface ring;

static void add(const char *text, uint64_t ns)
{
    history_add(&h, text, strlen(text), ns);
}

/* What follows *place, as a string. */
static const char *read_on(uint64_t *place)
{
    static char text[2 * HISTORY_BYTES];
    size_t n = history_read(&h, place, text, sizeof(text) - 1);

    text[n] = '\0';
    return text;
}

START_TEST(a_reader_gets_what_was_printed_before_and_then_what_follows)
{
    uint64_t place = 0;

    history_init(&h);
    add("boot\n", 1);
    ck_assert_str_eq(read_on(&place), "boot\n");
    ck_assert_str_eq(read_on(&place), "");
    add("login: ", 2);
    ck_assert_str_eq(read_on(&place), "login: ");
}
END_TEST

START_TEST(the_newest_bytes_are_kept_and_a_late_reader_starts_there)
{
    char expected[HISTORY_BYTES + 1] = {0};
    uint64_t place = 0, total = 3 * HISTORY_BYTES + 17;

    history_init(&h);
    for (uint64_t i = 0; i < total; i++) {
        char c = (char)('a' + i % 26);

        history_add(&h, &c, 1, 0);
    }
    for (uint64_t i = 0; i < HISTORY_BYTES; i++)
        expected[i] = (char)('a' + (total - HISTORY_BYTES + i) % 26);
    ck_assert_str_eq(read_on(&place), expected);
    ck_assert_uint_eq(place, total);
}
END_TEST

START_TEST(a_line_has_the_time_of_its_first_byte)
{
    history_init(&h);
    add("one ", 10);
    add("line\nanother", 20);
    add(" one\n", 30);
    ck_assert_uint_eq(history_time(&h, 0), 10);
    ck_assert_uint_eq(history_time(&h, 8), 10);
    ck_assert_uint_eq(history_time(&h, 9), 20);
    ck_assert_uint_eq(history_time(&h, 20), 20);
}
END_TEST

START_TEST(more_lines_than_are_timed_lose_the_oldest_times_only)
{
    history_init(&h);
    for (uint64_t i = 1; i <= HISTORY_LINES + 5; i++)
        add("\n", i);
    ck_assert_uint_eq(history_time(&h, 0), 0);
    ck_assert_uint_eq(history_time(&h, 4), 0);
    ck_assert_uint_eq(history_time(&h, 5), 6);
    ck_assert_uint_eq(history_time(&h, HISTORY_LINES + 4), HISTORY_LINES + 5);
}
END_TEST

/* The guest's side, as a guest would do it. */
static void guest_writes(const char *text)
{
    while (*text)
        ring.out[ring.out_prod++ % sizeof(ring.out)] = *text++;
}

START_TEST(bytes_cross_the_end_of_the_ring_in_order)
{
    char text[16] = {0};

    memset(&ring, 0, sizeof(ring));
    ring.out_cons = ring.out_prod = UINT32_MAX - 3;
    guest_writes("wrap around");
    ck_assert_uint_eq(console_ring_take(&ring, text, 4), 4);
    ck_assert_uint_eq(console_ring_take(&ring, text + 4, 12), 7);
    ck_assert_str_eq(text, "wrap around");
    ck_assert_uint_eq(ring.out_cons, ring.out_prod);
}
END_TEST

START_TEST(input_stops_at_a_full_ring)
{
    static char text[2048];

    memset(&ring, 0, sizeof(ring));
    ck_assert_uint_eq(console_ring_give(&ring, text, sizeof(text)), 1024);
    ck_assert_uint_eq(console_ring_give(&ring, text, 1), 0);
    ring.in_cons += 10;
    ck_assert_uint_eq(console_ring_give(&ring, text, sizeof(text)), 10);
    ck_assert_uint_eq(ring.in_prod, 1034);
}
END_TEST

START_TEST(impossible_indices_of_a_guest_move_nothing)
{
    char text[4096];

    memset(&ring, 0, sizeof(ring));
    ring.out_prod = 2049;
    ck_assert_uint_eq(console_ring_take(&ring, text, sizeof(text)), 0);
    ck_assert_uint_eq(ring.out_cons, 0);
    ring.out_prod = UINT32_MAX;
    ck_assert_uint_eq(console_ring_take(&ring, text, sizeof(text)), 0);
    ring.in_cons = 1;
    ck_assert_uint_eq(console_ring_give(&ring, "x", 1), 0);
    ck_assert_uint_eq(ring.in_prod, 0);
    ring.in_prod = 1026;
    ck_assert_uint_eq(console_ring_give(&ring, "x", 1), 0);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("console");
    TCase *c = tcase_create("history");
    TCase *r = tcase_create("ring");

    tcase_add_test(c,
                   a_reader_gets_what_was_printed_before_and_then_what_follows);
    tcase_add_test(c, the_newest_bytes_are_kept_and_a_late_reader_starts_there);
    tcase_add_test(c, a_line_has_the_time_of_its_first_byte);
    tcase_add_test(c, more_lines_than_are_timed_lose_the_oldest_times_only);
    tcase_add_test(r, bytes_cross_the_end_of_the_ring_in_order);
    tcase_add_test(r, input_stops_at_a_full_ring);
    tcase_add_test(r, impossible_indices_of_a_guest_move_nothing);
    suite_add_tcase(s, c);
    suite_add_tcase(s, r);
    return s;
}

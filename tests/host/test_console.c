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

/* What the reader has not read, as a string. */
static const char *read_on(struct history_reader *r)
{
    static char text[2 * HISTORY_BYTES];
    size_t n = history_read(&h, r, text, sizeof(text) - 1);

    text[n] = '\0';
    return text;
}

/* What stands at n places of a console that prints the alphabet for ever. */
static const char *letters(uint64_t place, size_t n)
{
    static char text[4 * HISTORY_BYTES];

    ck_assert_uint_le(n, sizeof(text));
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('a' + (place + i) % 26);
    return text;
}

/* Add the next n letters. */
static void print_letters(size_t n)
{
    history_add(&h, letters(h.end, n), n, 0);
}

/* Read n bytes, which have to be the letters at the reader's place. */
static void read_letters(struct history_reader *r, size_t n)
{
    static char text[2 * HISTORY_BYTES];
    uint64_t place = r->place;

    ck_assert_uint_eq(history_read(&h, r, text, n), n);
    ck_assert_uint_eq(r->place, place + n);
    ck_assert(memcmp(text, letters(place, n), n) == 0);
}

START_TEST(a_reader_gets_what_was_printed_before_and_then_what_follows)
{
    struct history_reader r;

    history_init(&h);
    add("boot\n", 1);
    history_open(&h, &r, 0);
    ck_assert_str_eq(read_on(&r), "boot\n");
    ck_assert_str_eq(read_on(&r), "");
    add("login: ", 2);
    ck_assert_str_eq(read_on(&r), "login: ");
    ck_assert_uint_eq(r.skipped, 0);
}
END_TEST

START_TEST(the_newest_bytes_are_kept_and_a_late_reader_learns_what_is_missing)
{
    const size_t total = 3 * HISTORY_BYTES + 17;
    struct history_reader r;

    history_init(&h);
    print_letters(total);
    history_open(&h, &r, 0);
    ck_assert_uint_eq(r.skipped, total - HISTORY_BYTES);
    read_letters(&r, HISTORY_BYTES);
    ck_assert_uint_eq(r.place, total);
    ck_assert_str_eq(read_on(&r), "");
}
END_TEST

/* The slowest of two: the guest waits for both. */
START_TEST(there_is_room_for_what_no_reader_loses)
{
    struct history_reader fast, slow;

    history_init(&h);
    ck_assert_uint_eq(history_room(&h), HISTORY_BYTES);
    history_open(&h, &fast, 0);
    history_open(&h, &slow, 0);
    print_letters(HISTORY_BYTES - 100);
    ck_assert_uint_eq(history_room(&h), 100);
    print_letters(100);
    ck_assert_uint_eq(history_room(&h), 0);
    read_letters(&fast, HISTORY_BYTES);
    ck_assert_uint_eq(history_room(&h), 0);
    read_letters(&slow, 10);
    ck_assert_uint_eq(history_room(&h), 10);
    history_close(&slow);
    ck_assert_uint_eq(history_room(&h), HISTORY_BYTES);
}
END_TEST

START_TEST(a_reader_for_whom_the_guest_waits_loses_nothing)
{
    struct history_reader r;

    history_init(&h);
    print_letters(HISTORY_BYTES); /* before he comes */
    history_open(&h, &r, 0);
    for (int i = 0; i < 3000; i++) {
        print_letters(history_room(&h));
        read_letters(&r, 1 + (size_t)(i * 37 % 512));
        history_tick(&h);
    }
    ck_assert_uint_gt(h.end, 8 * HISTORY_BYTES);
    ck_assert_uint_eq(r.skipped, 0);
}
END_TEST

/* The domain ends: its ring is emptied, nobody asks for room any more. */
START_TEST(the_rest_of_a_ring_is_added_without_room_and_nothing_is_lost)
{
    struct history_reader r;

    history_init(&h);
    history_open(&h, &r, 0);
    print_letters(HISTORY_BYTES);
    ck_assert_uint_eq(history_room(&h), 0);
    print_letters(HISTORY_RESERVE);
    ck_assert_uint_eq(history_room(&h), 0);
    read_letters(&r, HISTORY_BYTES + HISTORY_RESERVE);
    ck_assert_uint_eq(r.skipped, 0);
}
END_TEST

/* A terminal that is stuck must not stop a guest for ever. */
START_TEST(who_never_reads_is_waited_for_so_long_and_told_his_loss)
{
    struct history_reader r;

    history_init(&h);
    history_open(&h, &r, 0);
    print_letters(HISTORY_BYTES);
    for (unsigned int i = 0; i < HISTORY_PATIENCE; i++) {
        ck_assert_uint_eq(history_room(&h), 0);
        history_tick(&h);
    }
    ck_assert_uint_eq(history_room(&h), HISTORY_BYTES);
    print_letters(HISTORY_RESERVE + 1);
    ck_assert_uint_eq(strlen(read_on(&r)), HISTORY_BYTES);
    ck_assert_uint_eq(r.skipped, HISTORY_RESERVE + 1);
}
END_TEST

START_TEST(who_reads_again_counts_again)
{
    struct history_reader r;

    history_init(&h);
    history_open(&h, &r, 0);
    print_letters(HISTORY_BYTES);
    for (unsigned int i = 0; i < HISTORY_PATIENCE; i++)
        history_tick(&h);
    read_letters(&r, 10); /* nothing was overwritten yet */
    ck_assert_uint_eq(history_room(&h), 10);
    print_letters(10);
    ck_assert_uint_eq(history_room(&h), 0);
    for (unsigned int i = 1; i < HISTORY_PATIENCE; i++)
        history_tick(&h);
    read_letters(&r, 1); /* patience begins anew with each byte */
    print_letters(1);
    history_tick(&h);
    ck_assert_uint_eq(history_room(&h), 0);
}
END_TEST

/* Only who has no room is waited for. */
START_TEST(a_reader_with_room_is_not_counted_as_idle)
{
    struct history_reader r;

    history_init(&h);
    history_open(&h, &r, 0);
    print_letters(HISTORY_BYTES - 1);
    for (unsigned int i = 0; i < 2 * HISTORY_PATIENCE; i++)
        history_tick(&h);
    ck_assert_uint_eq(history_room(&h), 1);
    print_letters(1);
    ck_assert_uint_eq(history_room(&h), 0);
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
    tcase_add_test(
        c, the_newest_bytes_are_kept_and_a_late_reader_learns_what_is_missing);
    tcase_add_test(c, there_is_room_for_what_no_reader_loses);
    tcase_add_test(c, a_reader_for_whom_the_guest_waits_loses_nothing);
    tcase_add_test(
        c, the_rest_of_a_ring_is_added_without_room_and_nothing_is_lost);
    tcase_add_test(c, who_never_reads_is_waited_for_so_long_and_told_his_loss);
    tcase_add_test(c, who_reads_again_counts_again);
    tcase_add_test(c, a_reader_with_room_is_not_counted_as_idle);
    tcase_add_test(c, a_line_has_the_time_of_its_first_byte);
    tcase_add_test(c, more_lines_than_are_timed_lose_the_oldest_times_only);
    tcase_add_test(r, bytes_cross_the_end_of_the_ring_in_order);
    tcase_add_test(r, input_stops_at_a_full_ring);
    tcase_add_test(r, impossible_indices_of_a_guest_move_nothing);
    suite_add_tcase(s, c);
    suite_add_tcase(s, r);
    return s;
}

/* SPDX-License-Identifier: MIT */
/* hypervisor/lib: formatted text, locks. */
#include "suite.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "fake/fake.h"
#include "printf.h"
#include "spinlock.h"

static char text[64];

static size_t format(char *buf, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static size_t format(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    size_t n;

    va_start(args, fmt);
    n = hv_vsnprintf(buf, size, fmt, args);
    va_end(args);
    return n;
}

#define ck_format(expected, ...)                                               \
    do {                                                                       \
        size_t n_ = format(text, sizeof(text), __VA_ARGS__);                   \
        ck_assert_str_eq(text, expected);                                      \
        ck_assert_uint_eq(n_, strlen(expected));                               \
    } while (0)

START_TEST(numbers_print_as_in_c)
{
    ck_format("-5 5 0", "%d %u %d", -5, 5u, 0);
    ck_format("-2147483648", "%d", -2147483647 - 1);
    ck_format("-9223372036854775808", "%ld", -9223372036854775807L - 1);
    ck_format("18446744073709551615", "%lu", ~0ul);
    ck_format("ff ffffffffffffffff", "%x %llx", 255u, ~0ull);
    ck_format("7", "%zu", (size_t)7);
}
END_TEST

START_TEST(width_and_flags_pad)
{
    ck_format("[   7][0007]", "[%4d][%04d]", 7, 7);
    ck_format("[-007][  -7]", "[%04d][%4d]", -7, -7);
    ck_format("[    ab]", "[%6s]", "ab");
    ck_format("[  x]", "[%3c]", 'x');
    ck_format("0x1000", "%p", (void *)0x1000);
}
END_TEST

START_TEST(text_that_does_not_fit_is_cut_and_measured)
{
    char small[4];

    ck_assert_uint_eq(format(small, sizeof(small), "%s", "abcdef"), 6);
    ck_assert_str_eq(small, "abc");
    ck_assert_uint_eq(format(NULL, 0, "%d", 1234), 4);
}
END_TEST

START_TEST(a_percent_sign_at_the_end_reads_no_further)
{
    char fmt[] = {'a', '%', '\0', '!', '\0'};

    format(text, sizeof(text), fmt, 1);
    ck_assert_str_eq(text, "a%");
}
END_TEST

START_TEST(messages_above_the_level_are_dropped)
{
    fake_start(1);
    hv_set_loglevel(LOG_INFO);
    hv_printf(LOG_INFO, "shown %d\n", 1);
    hv_printf(LOG_DEBUG, "hidden\n");
    ck_assert_str_eq(fake.console, "shown 1\n");
}
END_TEST

static bool leave_early(struct spinlock *l, bool early)
{
    spin_guard(l);
    if (early)
        return spin_is_held(l);
    return !spin_is_held(l);
}

START_TEST(a_guard_ends_with_its_block)
{
    struct spinlock l;

    fake_start(1);
    spin_lock_init(&l, LOCK_MM);
    ck_assert(leave_early(&l, true));
    ck_assert(!spin_is_held(&l));
    ck_assert(!leave_early(&l, false));
    ck_assert(!spin_is_held(&l));
}
END_TEST

START_TEST(locks_taken_against_the_order_panic)
{
    struct spinlock mm, heap;

    spin_lock_init(&mm, LOCK_MM);
    spin_lock_init(&heap, LOCK_HEAP);
    spin_lock(&heap);
    if (FAKE_PANICS()) {
        spin_lock(&mm);
        ck_abort_msg("the wrong order went unnoticed");
    }
    spin_unlock(&heap);
    spin_lock(&mm);
    spin_lock(&heap);
    ck_assert(spin_is_held(&mm));
    spin_unlock(&heap);
    spin_unlock(&mm);
    ck_assert(!spin_is_held(&mm));
}
END_TEST

START_TEST(a_lock_taken_twice_panics)
{
    struct spinlock l;

    spin_lock_init(&l, LOCK_MM);
    spin_lock(&l);
    if (FAKE_PANICS()) {
        spin_lock(&l);
        ck_abort_msg("deadlock");
    }
    spin_unlock(&l);
    if (FAKE_PANICS()) {
        spin_unlock(&l);
        ck_abort_msg("released though not held");
    }
}
END_TEST

START_TEST(a_pair_may_be_two_of_one_level_or_the_same_lock)
{
    struct spinlock l[2];

    spin_lock_init(&l[0], LOCK_GRANT);
    spin_lock_init(&l[1], LOCK_GRANT);
    spin_lock_pair(&l[1], &l[0]);
    ck_assert(spin_is_held(&l[0]) && spin_is_held(&l[1]));
    spin_unlock_pair(&l[1], &l[0]);
    spin_lock_pair(&l[0], &l[0]);
    ck_assert(spin_is_held(&l[0]) && !spin_is_held(&l[1]));
    spin_unlock_pair(&l[0], &l[0]);
    spin_check_none_held();
}
END_TEST

START_TEST(trylock_fails_on_a_held_lock_only)
{
    struct spinlock l;

    spin_lock_init(&l, LOCK_SCHED);
    ck_assert(spin_trylock(&l));
    ck_assert(!spin_trylock(&l));
    spin_unlock(&l);
    spin_lock(&l);
    spin_unlock(&l);
}
END_TEST

static struct spinlock shared_lock;
static unsigned int shared_sum;

static void *add_under_lock(void *cpu)
{
    fake_set_cpu((unsigned int)(uintptr_t)cpu);
    for (int i = 0; i < 10000; i++) {
        spin_lock(&shared_lock);
        shared_sum++;
        spin_unlock(&shared_lock);
    }
    return NULL;
}

START_TEST(two_cpus_exclude_each_other)
{
    pthread_t other;

    shared_sum = 0;
    spin_lock_init(&shared_lock, LOCK_MM);
    ck_assert_int_eq(pthread_create(&other, NULL, add_under_lock, (void *)1),
                     0);
    add_under_lock((void *)0);
    pthread_join(other, NULL);
    ck_assert_uint_eq(shared_sum, 20000);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("lib");
    TCase *printf_ = tcase_create("printf");
    TCase *locks = tcase_create("spinlock");

    tcase_add_test(printf_, numbers_print_as_in_c);
    tcase_add_test(printf_, width_and_flags_pad);
    tcase_add_test(printf_, text_that_does_not_fit_is_cut_and_measured);
    tcase_add_test(printf_, a_percent_sign_at_the_end_reads_no_further);
    tcase_add_test(printf_, messages_above_the_level_are_dropped);
    suite_add_tcase(s, printf_);
    tcase_add_test(locks, a_guard_ends_with_its_block);
    tcase_add_test(locks, locks_taken_against_the_order_panic);
    tcase_add_test(locks, a_lock_taken_twice_panics);
    tcase_add_test(locks, a_pair_may_be_two_of_one_level_or_the_same_lock);
    tcase_add_test(locks, trylock_fails_on_a_held_lock_only);
    tcase_add_test(locks, two_cpus_exclude_each_other);
    suite_add_tcase(s, locks);
    return s;
}

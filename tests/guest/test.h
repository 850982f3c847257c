/* SPDX-License-Identifier: MIT */
/*
 * A guest test: one microkernel, one verdict.
 *
 * A test is a folder with C files that define test_name and test_main(). It is
 * linked like any app, runs as the initial domain of Xen or of Vireo, and ends
 * with the line
 *
 *     pass|warn|skip|error|fail: NAME
 *
 * on the console; QEMU's exit device gets the verdict's number. What may be
 * said on the way:
 *
 *   warn   works, but not as it should; somebody ought to look
 *   skip   cannot be tried here (a CPU feature, a device is missing)
 *   error  the test itself could not do its work: no memory, a call it relies
 *          on failed. Says nothing about the subject.
 *   fail   the subject is wrong
 *
 * The most severe one said wins; nothing said is a pass. error outranks fail,
 * because after it nothing can be believed.
 */
#ifndef TESTS_GUEST_TEST_H
#define TESTS_GUEST_TEST_H

#include <stdbool.h>

enum verdict {
    VERDICT_PASS,
    VERDICT_WARN,
    VERDICT_SKIP,
    VERDICT_FAIL,
    VERDICT_ERROR,
};

/* The test's: */
extern const char test_name[];
void test_main(void);

/* Say what was seen; the test goes on. */
void test_say(enum verdict verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Fail unless the condition holds; the message is the claim that broke. */
#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition))                                                      \
            test_say(VERDICT_FAIL, "%s:%d: not so: %s", __FILE__, __LINE__,    \
                     #condition);                                              \
    } while (0)

/* The same for two numbers, which are printed. */
#define CHECK_EQUAL(got, want)                                                 \
    do {                                                                       \
        long got_ = (long)(got), want_ = (long)(want);                         \
        if (got_ != want_)                                                     \
            test_say(VERDICT_FAIL, "%s:%d: %s is %#lx, not %#lx", __FILE__,    \
                     __LINE__, #got, got_, want_);                             \
    } while (0)

/* For what the test needs and is not its subject: ends the test. */
#define NEED(condition)                                                        \
    do {                                                                       \
        if (!(condition))                                                      \
            test_give_up("%s:%d: needs %s", __FILE__, __LINE__, #condition);   \
    } while (0)

void test_give_up(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

#endif

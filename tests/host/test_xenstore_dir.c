/* SPDX-License-Identifier: MIT */
/*
 * Directories against a plain list of what they should hold, while names come
 * and go at random and memory runs out.
 */
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xenstored/node.h"

#define NAMES 1000
#define NAME  32

static long countdown; /* allocations until one fails; 0: none fails */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    return countdown > 0 && --countdown == 0 ? NULL : __real_malloc(size);
}

/* A directory and what it should hold, as places in `names`. */
struct pair {
    struct dir *dir;
    bool has[NAMES];
};

static char names[NAMES][NAME]; /* in order */
static struct perms *perms;
static struct pair now;
static uint32_t state; /* of the generator */

static uint32_t draw(uint32_t below)
{
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Shorter and longer than what is compared at once, and only then different. */
static void setup(void)
{
    for (unsigned i = 0; i < NAMES; i++) {
        static const char *const forms[] = {"%u", "domain-%u", "back-end-%u"};

        snprintf(names[i], NAME, forms[i % 3], i / 3);
    }
    qsort(names, NAMES, NAME, by_name);
    memset(&now, 0, sizeof(now));
    perms = perms_new(0, ACCESS_NONE);
    ck_assert_ptr_nonnull(perms);
    state = 1;
}

static void teardown(void)
{
    dir_put(now.dir);
    perms_put(perms);
}

static void holds_what_it_should(const struct pair *p)
{
    const struct node *n = dir_first(p->dir);
    size_t start = 0, found;
    unsigned count = 0;

    ck_assert(dir_check(p->dir));
    for (unsigned i = 0; i < NAMES; i++) {
        size_t len = strlen(names[i]);
        const struct node *here = dir_find(p->dir, names[i], len);

        ck_assert(p->has[i] == (here != NULL));
        if (!here)
            continue;
        ck_assert_str_eq(here->name, names[i]);
        ck_assert_ptr_eq(n, here);
        ck_assert_ptr_eq(dir_at(p->dir, start + len, &found), here);
        ck_assert_uint_eq(found, start);
        n = dir_after(p->dir, names[i], len);
        start += len + 1;
        count++;
    }
    ck_assert_ptr_null(n);
    ck_assert_ptr_null(dir_at(p->dir, start, &found));
    ck_assert_uint_eq(dir_count(p->dir), count);
    ck_assert_uint_eq(dir_bytes(p->dir), start);
}

/* Add or remove that name, with the allocation that `fails` failing. */
static int change(unsigned i, bool add, long fails)
{
    size_t len = strlen(names[i]);
    struct node *n = add ? node_new(names[i], len, perms) : NULL;
    struct dir *made = now.dir;
    int err;

    countdown = fails;
    err = add ? dir_with(&made, now.dir, n)
              : dir_without(&made, now.dir, names[i], len);
    countdown = 0;
    node_put(n);
    if (err) {
        ck_assert_int_eq(err, -ENOMEM);
        ck_assert_ptr_eq(made, now.dir);
        return err;
    }
    dir_put(now.dir);
    now.dir = made;
    now.has[i] = add;
    return 0;
}

/* Fills up, thins out and is empty at the end, in steps of all sizes. */
START_TEST(names_come_and_go)
{
    for (unsigned share = 0; share < 8; share++) {
        static const unsigned adds[] = {3, 10, 9, 5, 1, 10, 5, 0};

        for (unsigned step = 0; step < 2 * NAMES; step++) {
            ck_assert_int_eq(change(draw(NAMES), draw(10) < adds[share], 0), 0);
            if (step % 256 == 0)
                holds_what_it_should(&now);
        }
    }
    for (unsigned i = 0; i < NAMES; i++)
        change(i, false, 0);
    ck_assert_ptr_null(now.dir);
}
END_TEST

START_TEST(names_in_order_and_backwards)
{
    for (unsigned i = 0; i < NAMES; i++)
        change(i, true, 0);
    holds_what_it_should(&now);
    for (unsigned i = NAMES; i-- > 20;)
        change(i, false, 0);
    holds_what_it_should(&now);
    for (unsigned i = NAMES; i-- > 0;)
        change(i, true, 0);
    for (unsigned i = 0; i < NAMES - 20; i++)
        change(i, false, 0);
    holds_what_it_should(&now);
}
END_TEST

/* One that is held sees nothing of what comes after it. */
START_TEST(what_is_held_does_not_change)
{
    static struct pair held;

    held.dir = NULL;
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned step = 0; step < 200; step++)
            change(draw(NAMES), draw(10) < (round < 20 ? 8u : 2u), 0);
        holds_what_it_should(&held);
        dir_put(held.dir);
        held = now;
        dir_get(held.dir);
    }
    dir_put(held.dir);
}
END_TEST

START_TEST(without_memory_nothing_changes)
{
    long most = 0;

    for (unsigned step = 0; step < 4 * NAMES; step++) {
        unsigned i = draw(NAMES);
        bool add = draw(10) < (step < 2 * NAMES ? 9u : 1u);
        long fails = 1;

        while (change(i, add, fails))
            fails++;
        most = fails > most ? fails : most;
        if (step % 256 == 0)
            holds_what_it_should(&now);
    }
    ck_assert_int_gt(most, 4);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("xenstore_dir");
    TCase *t = tcase_create("dir");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, names_come_and_go);
    tcase_add_test(t, names_in_order_and_backwards);
    tcase_add_test(t, what_is_held_does_not_change);
    tcase_add_test(t, without_memory_nothing_changes);
    suite_add_tcase(s, t);
    return s;
}

/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include "xenstored/path.h"
#include "xenstored/perms.h"

static const char *resolve(const char *in, const char *home)
{
    static char out[PATH_BUF];

    return path_resolve(out, in, home) ? "refused" : out;
}

START_TEST(relative_path_begins_at_home)
{
    ck_assert_str_eq(resolve("a/b", "/local/domain/3"), "/local/domain/3/a/b");
    ck_assert_str_eq(resolve("a", ""), "/a");
}
END_TEST

START_TEST(absolute_path_stays)
{
    ck_assert_str_eq(resolve("/", "/home"), "/");
    ck_assert_str_eq(resolve("/a/b-c_d@0", "/home"), "/a/b-c_d@0");
}
END_TEST

START_TEST(malformed_path_is_refused)
{
    static const char *const bad[] = {
        "",     "//",     "/a//b",          "/a/",       "a/",
        "a//b", "/a b",   "/a\n",           "/\xc3\xa9", "/a.b",
        "/a:b", "@other", "@releaseDomain",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(strcmp(resolve(bad[i], "/home"), "refused") == 0,
                      "\"%s\" was accepted", bad[i]);
}
END_TEST

/* The limits themselves are allowed, one byte more is not. */
START_TEST(longest_path_is_accepted_and_one_more_is_not)
{
    char text[XENSTORE_ABS_PATH_MAX + 2];

    memset(text, 'a', sizeof(text));
    text[0] = '/';
    text[XENSTORE_ABS_PATH_MAX] = '\0';
    ck_assert_str_ne(resolve(text, ""), "refused");
    text[XENSTORE_ABS_PATH_MAX] = 'a';
    text[XENSTORE_ABS_PATH_MAX + 1] = '\0';
    ck_assert_str_eq(resolve(text, ""), "refused");

    text[0] = 'a';
    text[XENSTORE_REL_PATH_MAX] = '\0';
    ck_assert_str_ne(resolve(text, "/local/domain/1"), "refused");
    text[XENSTORE_REL_PATH_MAX] = 'a';
    text[XENSTORE_REL_PATH_MAX + 1] = '\0';
    ck_assert_str_eq(resolve(text, "/local/domain/1"), "refused");
}
END_TEST

START_TEST(only_the_two_events_may_be_watched)
{
    char out[PATH_BUF];

    ck_assert_int_eq(path_resolve_event(out, "@releaseDomain", "/h"), 0);
    ck_assert(path_is_event(out));
    ck_assert_int_eq(path_resolve_event(out, "@introduceDomain", "/h"), 0);
    ck_assert_int_eq(path_resolve_event(out, "@introduceDomai", "/h"), -EINVAL);
    ck_assert_int_eq(path_resolve_event(out, "a", "/h"), 0);
    ck_assert_str_eq(out, "/h/a");
}
END_TEST

START_TEST(parent_of_root_is_nothing)
{
    ck_assert_uint_eq(path_parent_length("/"), 0);
    ck_assert_uint_eq(path_parent_length("/a"), 1);
    ck_assert_uint_eq(path_parent_length("/a/bc"), 2);
}
END_TEST

START_TEST(subtree_does_not_hold_names_that_only_begin_alike)
{
    ck_assert(path_is_within("/a/b", "/a"));
    ck_assert(path_is_within("/a", "/a"));
    ck_assert(path_is_within("/a", "/"));
    ck_assert(!path_is_within("/ab", "/a"));
    ck_assert(!path_is_within("/a", "/a/b"));
}
END_TEST

/* '-' sorts before '/' in ASCII; a subtree must be one run all the same. */
START_TEST(order_keeps_subtrees_together)
{
    static const char *const sorted[] = {"/",    "/a",  "/a/b",  "/a/b/c",
                                         "/a/z", "/a-", "/a-/b", "/ab"};

    for (size_t i = 0; i + 1 < sizeof(sorted) / sizeof(sorted[0]); i++) {
        ck_assert_int_lt(path_compare(sorted[i], sorted[i + 1]), 0);
        ck_assert_int_gt(path_compare(sorted[i + 1], sorted[i]), 0);
        ck_assert_int_eq(path_compare(sorted[i], sorted[i]), 0);
    }
}
END_TEST

static struct perms *parse(const char *text, size_t len)
{
    struct perms *p = NULL;

    return perms_parse(&p, text, len) ? NULL : p;
}

START_TEST(permissions_survive_the_wire)
{
    static const char text[] = "n0\0r5\0w12\0b32751";
    struct perms *p = parse(text, sizeof(text));
    char back[64];
    size_t len = 0;

    ck_assert_ptr_nonnull(p);
    for (unsigned i = 0; i < p->count; i++)
        len += perms_format(back + len, &p->entry[i]);

    ck_assert_uint_eq(len, sizeof(text));
    ck_assert_mem_eq(back, text, len);
    perms_put(p);
}
END_TEST

START_TEST(malformed_permissions_are_refused)
{
    ck_assert_ptr_null(parse("", 0));
    ck_assert_ptr_null(parse("r1", 2));     /* no NUL */
    ck_assert_ptr_null(parse("", 1));       /* no letter */
    ck_assert_ptr_null(parse("r", 2));      /* no number */
    ck_assert_ptr_null(parse("x1", 3));     /* no such letter */
    ck_assert_ptr_null(parse("r1x", 4));    /* no number */
    ck_assert_ptr_null(parse("r32752", 7)); /* reserved */
    ck_assert_ptr_null(parse("r99999999999", 13));
    ck_assert_ptr_null(parse("r1\0\0", 4)); /* an empty entry */
}
END_TEST

/* Everyone's rights on one list, entry by entry. */
START_TEST(permission_matrix)
{
    static const char text[] = "w1\0r2\0b3\0n4\0r4\0b1";
    static const struct {
        struct subject who;
        unsigned access;
    } matrix[] = {
        {{0, DOMID_INVALID, true}, ACCESS_ALL},   /* control domain */
        {{1, DOMID_INVALID, false}, ACCESS_ALL},  /* owner */
        {{2, DOMID_INVALID, false}, ACCESS_READ}, /* an entry */
        {{3, DOMID_INVALID, false}, ACCESS_READ | ACCESS_WRITE},
        {{4, DOMID_INVALID, false}, ACCESS_NONE},  /* the first of two */
        {{5, DOMID_INVALID, false}, ACCESS_WRITE}, /* everybody else */
        {{5, 1, false}, ACCESS_ALL},               /* for its target */
        {{5, 2, false}, ACCESS_READ},
    };
    struct perms *p = parse(text, sizeof(text));

    for (size_t i = 0; i < sizeof(matrix) / sizeof(matrix[0]); i++)
        ck_assert_uint_eq(perms_access(p, &matrix[i].who), matrix[i].access);
    perms_put(p);
}
END_TEST

START_TEST(unprivileged_creator_becomes_the_owner)
{
    struct subject guest = {7, DOMID_INVALID, false};
    struct subject control = {0, DOMID_INVALID, true};
    struct perms *p = parse("n3\0b7", 6);
    struct perms *by_guest = perms_inherit(p, &guest);
    struct perms *by_control = perms_inherit(p, &control);

    ck_assert_uint_eq(perms_owner(by_guest), 7);
    ck_assert_uint_eq(by_guest->count, 2);
    ck_assert_uint_eq(perms_owner(by_control), 3);

    perms_put(by_control);
    perms_put(by_guest);
    perms_put(p);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("xenstore_path");
    TCase *path = tcase_create("path"), *perms = tcase_create("perms");

    tcase_add_test(path, relative_path_begins_at_home);
    tcase_add_test(path, absolute_path_stays);
    tcase_add_test(path, malformed_path_is_refused);
    tcase_add_test(path, longest_path_is_accepted_and_one_more_is_not);
    tcase_add_test(path, only_the_two_events_may_be_watched);
    tcase_add_test(path, parent_of_root_is_nothing);
    tcase_add_test(path, subtree_does_not_hold_names_that_only_begin_alike);
    tcase_add_test(path, order_keeps_subtrees_together);
    suite_add_tcase(s, path);
    tcase_add_test(perms, permissions_survive_the_wire);
    tcase_add_test(perms, malformed_permissions_are_refused);
    tcase_add_test(perms, permission_matrix);
    tcase_add_test(perms, unprivileged_creator_becomes_the_owner);
    suite_add_tcase(s, perms);
    return s;
}

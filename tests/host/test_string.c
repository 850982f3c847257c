/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/lib/string.c against libc's functions of the same names. The
 * file is compiled in here under other names, because libc has these.
 */
#include "suite.h"

#include <string.h>

#define memcpy  hv_memcpy
#define memmove hv_memmove
#define memset  hv_memset
#define memcmp  hv_memcmp
#define memchr  hv_memchr
#define strlen  hv_strlen
#define strnlen hv_strnlen
#define strcmp  hv_strcmp
#define strncmp hv_strncmp
#define strchr  hv_strchr
#define strlcpy hv_strlcpy
#include "../../hypervisor/lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

START_TEST(copies_and_fills_agree_with_libc)
{
    char a[40], b[40];

    for (size_t from = 0; from < 8; from++)
        for (size_t to = 0; to < 8; to++)
            for (size_t n = 0; n < 24; n++) {
                for (size_t i = 0; i < sizeof(a); i++)
                    a[i] = b[i] = (char)i;
                hv_memmove(a + to, a + from, n);
                memmove(b + to, b + from, n);
                ck_assert_mem_eq(a, b, sizeof(a));
                hv_memset(a + to, 0x5a, n);
                memset(b + to, 0x5a, n);
                ck_assert_mem_eq(a, b, sizeof(a));
            }
    hv_memcpy(a, "0123456789", 11);
    ck_assert_str_eq(a, "0123456789");
}
END_TEST

START_TEST(comparisons_are_of_unsigned_bytes)
{
    ck_assert_int_gt(hv_memcmp("\xff", "\x01", 1), 0);
    ck_assert_int_gt(hv_strcmp("\xff", "\x01"), 0);
    ck_assert_int_eq(hv_memcmp("a", "b", 0), 0);
    ck_assert_int_eq(hv_strncmp("abc", "abd", 2), 0);
    ck_assert_int_eq(sign(hv_strcmp("ab", "abc")), sign(strcmp("ab", "abc")));
}
END_TEST

START_TEST(searches_stop_at_the_end)
{
    const char *s = "vireo";

    ck_assert_uint_eq(hv_strlen(s), 5);
    ck_assert_uint_eq(hv_strnlen(s, 3), 3);
    ck_assert_ptr_eq(hv_strchr(s, 'r'), s + 2);
    ck_assert_ptr_eq(hv_strchr(s, '\0'), s + 5);
    ck_assert_ptr_null(hv_strchr(s, 'x'));
    ck_assert_ptr_eq(hv_memchr(s, 'o', 5), s + 4);
    ck_assert_ptr_null(hv_memchr(s, 'o', 4));
}
END_TEST

START_TEST(strlcpy_always_ends_with_nul)
{
    char b[4] = "zzz";

    ck_assert_uint_eq(hv_strlcpy(b, "abcdef", sizeof(b)), 6);
    ck_assert_str_eq(b, "abc");
    ck_assert_uint_eq(hv_strlcpy(b, "x", sizeof(b)), 1);
    ck_assert_str_eq(b, "x");
    ck_assert_uint_eq(hv_strlcpy(b, "longer", 0), 6);
    ck_assert_str_eq(b, "x");
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("string");
    TCase *t = tcase_create("string");

    tcase_add_test(t, copies_and_fills_agree_with_libc);
    tcase_add_test(t, comparisons_are_of_unsigned_bytes);
    tcase_add_test(t, searches_stop_at_the_end);
    tcase_add_test(t, strlcpy_always_ends_with_nul);
    suite_add_tcase(s, t);
    return s;
}

/* SPDX-License-Identifier: MIT */
/* pv-abi/image/cpio: members of a boot archive. */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv-abi/image/cpio.h>

static char archive[4096];
static size_t size;

static void begin(void)
{
    memset(archive, 0, sizeof(archive));
    size = 0;
}

static void add(const char *name, unsigned int mode, const char *data)
{
    size_t n = strlen(data);

    size += (size_t)sprintf(archive + size,
                            "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X"
                            "%08X%08zX%08X",
                            1u, mode, 0u, 0u, 1u, 0u, n, 0u, 0u, 0u, 0u,
                            strlen(name) + 1, 0u);
    strcpy(archive + size, name);
    size = (size + strlen(name) + 1 + 3) & ~(size_t)3;
    memcpy(archive + size, data, n);
    size = (size + n + 3) & ~(size_t)3;
}

START_TEST(a_file_is_found_by_its_name)
{
    struct cpio_member m;

    begin();
    add(".", 040755, "");
    add("boot", 040755, "");
    add("boot/dom0", 0100644, "kernel");
    add("./etc/hello.cfg", 0100644, "name = 1");
    add("TRAILER!!!", 0, "");

    ck_assert(cpio_find(archive, size, "boot/dom0", &m));
    ck_assert_uint_eq(m.size, 6);
    ck_assert_mem_eq(m.data, "kernel", 6);
    ck_assert(cpio_find(archive, size, "etc/hello.cfg", &m));
    ck_assert_uint_eq(m.size, 8);
}
END_TEST

START_TEST(a_directory_is_no_file)
{
    struct cpio_member m;

    begin();
    add("boot", 040755, "");
    add("TRAILER!!!", 0, "");
    ck_assert(!cpio_find(archive, size, "boot", &m));
}
END_TEST

START_TEST(nothing_behind_the_trailer_is_seen)
{
    struct cpio_member m;

    begin();
    add("TRAILER!!!", 0, "");
    add("late", 0100644, "x");
    ck_assert(!cpio_find(archive, size, "late", &m));
}
END_TEST

START_TEST(members_come_in_their_order)
{
    struct cpio_member m;
    size_t offset = 0;

    begin();
    add("a", 0100644, "1");
    add("b", 0100644, "22222");
    add("TRAILER!!!", 0, "");
    ck_assert(cpio_next(archive, size, &offset, &m));
    ck_assert_str_eq(m.name, "a");
    ck_assert(cpio_next(archive, size, &offset, &m));
    ck_assert_str_eq(m.name, "b");
    ck_assert_uint_eq(m.size, 5);
    ck_assert(!cpio_next(archive, size, &offset, &m));
}
END_TEST

/* Whatever is cut or turned, nothing outside of the archive is read. */
START_TEST(a_damaged_archive_ends_early)
{
    struct cpio_member m;

    begin();
    add("first", 0100644, "data");
    add("second", 0100644, "more data");
    for (size_t n = 0; n < size; n++) {
        char *cut = malloc(n ? n : 1);

        memcpy(cut, archive, n);
        cpio_find(cut, n, "third", &m);
        free(cut);
    }
    for (size_t at = 0; at < size; at++)
        for (unsigned int bit = 0; bit < 8; bit++) {
            char *copy = malloc(size);

            memcpy(copy, archive, size);
            copy[at] ^= (char)(1u << bit);
            cpio_find(copy, size, "third", &m);
            free(copy);
        }
    ck_assert(cpio_find(archive, size, "second", &m));
}
END_TEST

START_TEST(a_member_longer_than_the_archive_is_refused)
{
    struct cpio_member m;

    begin();
    add("big", 0100644, "1234");
    memcpy(archive + 6 + 8 * 6, "FFFFFFFF", 8);
    ck_assert(!cpio_find(archive, size, "big", &m));
    memcpy(archive + 6 + 8 * 6, "0000000G", 8);
    ck_assert(!cpio_find(archive, size, "big", &m));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("cpio");
    TCase *t = tcase_create("cpio");

    tcase_add_test(t, a_file_is_found_by_its_name);
    tcase_add_test(t, a_directory_is_no_file);
    tcase_add_test(t, nothing_behind_the_trailer_is_seen);
    tcase_add_test(t, members_come_in_their_order);
    tcase_add_test(t, a_damaged_archive_ends_early);
    tcase_add_test(t, a_member_longer_than_the_archive_is_refused);
    suite_add_tcase(s, t);
    return s;
}

/* SPDX-License-Identifier: MIT */
/*
 * Files of the boot archive and files made at run time, through newlib. The
 * archive of every run of a guest test holds etc/greeting: see
 * tests/system/guest-tests.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <guest/file.h>
#include <guest/memory.h>
#include <pv-abi/errno.h>
#include "../test.h"

const char test_name[] = "files";

#define GREETING "Good morning.\n"

static void the_archive_can_be_read(void)
{
    char text[64] = "";
    struct stat st;
    size_t bytes = 0;
    FILE *f = fopen("/etc/greeting", "r");

    NEED(f != NULL);
    CHECK(fgets(text, sizeof(text), f) != NULL);
    CHECK(!strcmp(text, GREETING));
    CHECK(fgets(text, sizeof(text), f) == NULL);
    fclose(f);
    CHECK_EQUAL(stat("./etc/greeting", &st), 0);
    CHECK_EQUAL(st.st_size, strlen(GREETING));
    CHECK(file_data("etc/greeting", &bytes) != NULL);
    CHECK_EQUAL(bytes, strlen(GREETING));
}

static void writing_copies_what_the_archive_holds(void)
{
    size_t bytes;
    const char *before = file_data("etc/greeting", &bytes);
    FILE *f = fopen("etc/greeting", "a");
    char text[64] = "";

    NEED(f && before);
    CHECK(fputs("Sleep well.\n", f) >= 0);
    CHECK_EQUAL(fclose(f), 0);
    CHECK(!memcmp(before, GREETING, strlen(GREETING)));
    f = fopen("etc/greeting", "r");
    CHECK(fread(text, 1, sizeof(text), f) == strlen(GREETING) + 12);
    CHECK(!strcmp(text, GREETING "Sleep well.\n"));
    fclose(f);
}

static void files_grow_seek_and_shrink(void)
{
    int fd = open("log/a", O_CREAT | O_RDWR, 0644);
    char text[8] = "";

    NEED(fd >= 0);
    CHECK_EQUAL(write(fd, "0123456789", 10), 10);
    CHECK_EQUAL(lseek(fd, 5, SEEK_SET), 5);
    CHECK_EQUAL(write(fd, "x", 1), 1);
    CHECK_EQUAL(lseek(fd, -6, SEEK_END), 4);
    CHECK_EQUAL(read(fd, text, 4), 4);
    CHECK(!strcmp(text, "4x67"));
    CHECK_EQUAL(lseek(fd, 10000, SEEK_SET), 10000);
    CHECK_EQUAL(write(fd, "end", 3), 3);
    CHECK_EQUAL(lseek(fd, 5000, SEEK_SET), 5000);
    CHECK_EQUAL(read(fd, text, 1), 1);
    CHECK_EQUAL(text[0], 0); /* a hole reads as zeroes */
    CHECK_EQUAL(ftruncate(fd, 2), 0);
    CHECK_EQUAL(lseek(fd, 0, SEEK_END), 2);
    CHECK_EQUAL(read(fd, text, 1), 0);
    CHECK_EQUAL(close(fd), 0);
    CHECK_EQUAL(close(fd), -1);
    CHECK_EQUAL(errno, EBADF);
}

static void an_unlinked_file_lives_until_closed(void)
{
    int fd = open("gone", O_CREAT | O_RDWR, 0644);

    NEED(fd >= 0);
    write(fd, "still here", 10);
    CHECK_EQUAL(unlink("gone"), 0);
    CHECK_EQUAL(open("gone", O_RDONLY), -1);
    CHECK_EQUAL(errno, ENOENT);
    CHECK_EQUAL(lseek(fd, 0, SEEK_END), 10);
    close(fd);
}

static void errors_have_their_errno(void)
{
    char name[200];
    int fd = open("one", O_CREAT | O_WRONLY, 0644);

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    CHECK_EQUAL(open(name, O_CREAT | O_RDWR, 0644), -1);
    CHECK_EQUAL(errno, ENAMETOOLONG);
    CHECK_EQUAL(open("one", O_CREAT | O_EXCL | O_RDWR, 0644), -1);
    CHECK_EQUAL(errno, EEXIST);
    CHECK_EQUAL(write(99, "x", 1), -1);
    CHECK_EQUAL(errno, EBADF);
    CHECK_EQUAL(lseek(fd, -1, SEEK_SET), -1);
    CHECK_EQUAL(errno, EINVAL);
    close(fd);
    fd = open("one", O_RDONLY);
    CHECK_EQUAL(write(fd, "x", 1), -1);
    close(fd);
}

static void descriptors_run_out_and_come_back(void)
{
    int fds[FILE_OPEN_MAX], count = 0, fd;

    while ((fd = open("one", O_RDONLY)) >= 0)
        fds[count++] = fd;
    CHECK_EQUAL(errno, EMFILE);
    CHECK(count > FILE_OPEN_MAX / 2);
    while (count)
        close(fds[--count]);
    fd = open("one", O_RDONLY);
    CHECK(fd >= 0);
    close(fd);
}

static bool count_file(const char *name, size_t bytes, void *arg)
{
    ++*(int *)arg;
    return true;
}

static void names_are_listed_by_prefix(void)
{
    int before = 0, after = 0;

    file_for_each("list/", count_file, &before);
    CHECK_EQUAL(before, 0);
    close(open("list/b", O_CREAT | O_RDWR, 0644));
    close(open("list/a", O_CREAT | O_RDWR, 0644));
    CHECK_EQUAL(rename("list/a", "list/b"), 0); /* replaces it */
    close(open("list/c", O_CREAT | O_RDWR, 0644));
    file_for_each("list/", count_file, &after);
    CHECK_EQUAL(after, 2);
}

static void broken_archives_are_refused_whole(void)
{
    static const char good[] = "070701"
                               "00000001"
                               "000081A4"
                               "00000000"
                               "00000000"
                               "00000001"
                               "00000000"
                               "00000001"
                               "00000000"
                               "00000000"
                               "00000000"
                               "00000000"
                               "00000002"
                               "00000000"
                               "f\0"
                               "x\0\0\0"
                               "070701"
                               "00000000"
                               "00000000"
                               "00000000"
                               "00000000"
                               "00000001"
                               "00000000"
                               "00000000"
                               "00000000"
                               "00000000"
                               "00000000"
                               "00000000"
                               "0000000B"
                               "00000000"
                               "TRAILER!!!\0\0\0";
    char *copy = malloc(sizeof(good));
    size_t bytes;

    NEED(copy != NULL);
    for (size_t cut = 0; cut < sizeof(good) - 8; cut++) {
        if (file_add_archive(good, cut) != -XEN_EINVAL) {
            test_say(VERDICT_FAIL, "accepted when cut at %zu", cut);
            break;
        }
    }
    CHECK(file_data("f", &bytes) == NULL);
    memcpy(copy, good, sizeof(good));
    memcpy(copy + 54, "FFFFFFFF", 8); /* the size of f */
    CHECK_EQUAL(file_add_archive(copy, sizeof(good)), -XEN_EINVAL);
    memcpy(copy + 54, "0000000g", 8);
    CHECK_EQUAL(file_add_archive(copy, sizeof(good)), -XEN_EINVAL);
    free(copy);
    CHECK_EQUAL(file_add_archive(good, sizeof(good)), 1);
    CHECK(file_data("f", &bytes) != NULL);
    CHECK_EQUAL(bytes, 1);
}

void test_main(void)
{
    the_archive_can_be_read();
    writing_copies_what_the_archive_holds();
    files_grow_seek_and_shrink();
    an_unlinked_file_lives_until_closed();
    errors_have_their_errno();
    descriptors_run_out_and_come_back();
    names_are_listed_by_prefix();
    broken_archives_are_refused_whole();
}

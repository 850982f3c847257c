/* SPDX-License-Identifier: MIT */
/*
 * The boot archive: cpio "newc". A member is a header of 110 characters (a
 * magic and 13 numbers of 8 hexadecimal digits), the name with its NUL padded
 * to 4, the data padded to 4. "TRAILER!!!" ends it; zeroes may follow.
 */
#include <stdlib.h>
#include <string.h>
#include <guest/console.h>
#include <guest/file.h>
#include <guest/start.h>
#include <pv-abi/errno.h>
#include "file_table.h"
#include "internal.h"

#define HEADER_BYTES 110
#define MAGIC        "070701"
#define MAGIC_BYTES  6
#define FIELD_MODE   1
#define FIELD_SIZE   6
#define FIELD_NAME   11
#define MODE_TYPE    0170000
#define MODE_FILE    0100000

struct member {
    const char *name;
    const char *data;
    size_t size;
    unsigned long mode;
    size_t next; /* where the one behind it starts */
};

static bool field(const char *header, int index, unsigned long *value)
{
    char digits[9] = {0};
    char *end;

    memcpy(digits, header + MAGIC_BYTES + 8 * index, 8);
    *value = strtoul(digits, &end, 16);
    return end == digits + 8;
}

/* Parse the member at `at`. False when it is not one, or cut short. */
static bool parse(const char *archive, size_t bytes, size_t at,
                  struct member *m)
{
    unsigned long name_bytes, size;
    size_t data;

    if (at > bytes || bytes - at < HEADER_BYTES ||
        memcmp(archive + at, MAGIC, MAGIC_BYTES) ||
        !field(archive + at, FIELD_MODE, &m->mode) ||
        !field(archive + at, FIELD_SIZE, &size) ||
        !field(archive + at, FIELD_NAME, &name_bytes))
        return false;
    /* Both are below 2^32: the sums cannot overflow. */
    data = (at + HEADER_BYTES + name_bytes + 3) & ~3UL;
    if (!name_bytes || data > bytes || size > bytes - data)
        return false;
    m->name = archive + at + HEADER_BYTES;
    if (m->name[name_bytes - 1])
        return false;
    m->data = archive + data;
    m->size = size;
    m->next = (data + size + 3) & ~3UL;
    return true;
}

static bool is_trailer(const struct member *m)
{
    return !strcmp(m->name, "TRAILER!!!");
}

static int take(const struct member *m)
{
    struct file *f = file_find(m->name);

    if (f)
        file_unlink(f);
    f = file_create(m->name);
    if (!f)
        return -XEN_ENOMEM;
    f->data = (char *)(uintptr_t)m->data;
    f->size = m->size;
    return 0;
}

int file_add_archive(const void *archive, size_t bytes)
{
    struct member m = {0};
    int count = 0, error = 0;

    /* Twice: look at all of it before anything is taken. */
    for (m.next = 0; parse(archive, bytes, m.next, &m) && !is_trailer(&m);)
        ;
    if (!m.name || !is_trailer(&m))
        return -XEN_EINVAL;
    mutex_lock(&file_lock);
    m.next = 0;
    while (!error && parse(archive, bytes, m.next, &m) && !is_trailer(&m))
        if ((m.mode & MODE_TYPE) == MODE_FILE && !(error = take(&m)))
            count++;
    mutex_unlock(&file_lock);
    return error ? error : count;
}

void files_init(void)
{
    size_t bytes;
    const void *module = start_module(&bytes);

    if (module && file_add_archive(module, bytes) < 0)
        kprintf("files: the boot module is not a cpio archive\n");
}

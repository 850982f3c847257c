/* SPDX-License-Identifier: MIT */
/* The table of files. See guest/file.h; descriptors are newlib.c's. */
#include <stdlib.h>
#include <string.h>
#include <guest/file.h>
#include <guest/thread.h>
#include <pv-abi/errno.h>
#include "file_table.h"
#include "internal.h"

#define GROW 4096UL

TAILQ_HEAD(file_list, file);
static struct file_list files = TAILQ_HEAD_INITIALIZER(files);
struct mutex file_lock = MUTEX_INIT(file_lock);

/* "/a", "./a" and "a" are one file. */
static const char *canonical(const char *name)
{
    for (;;) {
        if (name[0] == '/')
            name++;
        else if (name[0] == '.' && name[1] == '/')
            name += 2;
        else
            return name;
    }
}

struct file *file_find(const char *name)
{
    struct file *f;

    name = canonical(name);
    TAILQ_FOREACH (f, &files, link)
        if (!strcmp(f->name, name))
            return f;
    return NULL;
}

struct file *file_create(const char *name)
{
    struct file *f;

    name = canonical(name);
    if (!*name || strlen(name) >= FILE_NAME_MAX)
        return NULL;
    f = calloc(1, sizeof(*f));
    if (!f)
        return NULL;
    strcpy(f->name, name);
    TAILQ_INSERT_TAIL(&files, f, link);
    return f;
}

static void drop_data(struct file *f)
{
    if (f->capacity)
        free(f->data);
    f->data = NULL;
    f->capacity = f->size = 0;
}

void file_put(struct file *f)
{
    if (--f->opened || !f->unlinked)
        return;
    drop_data(f);
    free(f);
}

void file_unlink(struct file *f)
{
    TAILQ_REMOVE(&files, f, link);
    f->unlinked = true;
    f->opened++; /* so that the last put frees it */
    file_put(f);
}

void file_rename(struct file *f, const char *to)
{
    struct file *old = file_find(to);

    if (old == f)
        return;
    if (old)
        file_unlink(old);
    strcpy(f->name, canonical(to));
}

/* Own, growable memory behind the file; the archive's copy is left alone. */
static bool make_room(struct file *f, size_t size)
{
    size_t capacity;
    char *data;

    if (f->capacity && size <= f->capacity)
        return true;
    /* Twice as much each time, so that appending is cheap. */
    capacity = size > 2 * f->capacity ? size : 2 * f->capacity;
    capacity = (capacity + GROW - 1) & -GROW;
    data = f->capacity ? realloc(f->data, capacity) : malloc(capacity);
    if (!data)
        return false;
    if (!f->capacity)
        memcpy(data, f->data, f->size);
    f->data = data;
    f->capacity = capacity;
    return true;
}

bool file_truncate(struct file *f, size_t size)
{
    if (!size) {
        drop_data(f);
        return true;
    }
    if (!make_room(f, size))
        return false;
    if (size > f->size)
        memset(f->data + f->size, 0, size - f->size);
    f->size = size;
    return true;
}

size_t file_read(struct file *f, size_t at, void *to, size_t len)
{
    if (at >= f->size)
        return 0;
    len = MIN(len, f->size - at);
    memcpy(to, f->data + at, len);
    return len;
}

bool file_write(struct file *f, size_t at, const void *from, size_t len)
{
    if (len > SIZE_MAX - at)
        return false;
    if (at + len > f->size && !file_truncate(f, at + len))
        return false;
    if (!make_room(f, f->size))
        return false;
    memcpy(f->data + at, from, len);
    return true;
}

void file_for_each(const char *prefix,
                   bool (*fn)(const char *name, size_t bytes, void *arg),
                   void *arg)
{
    struct file *f;

    prefix = canonical(prefix);
    mutex_lock(&file_lock);
    TAILQ_FOREACH (f, &files, link)
        if (!strncmp(f->name, prefix, strlen(prefix)) &&
            !fn(f->name, f->size, arg))
            break;
    mutex_unlock(&file_lock);
}

const void *file_data(const char *name, size_t *bytes)
{
    const void *data = NULL;
    struct file *f;

    mutex_lock(&file_lock);
    f = file_find(name);
    if (f) {
        *bytes = f->size;
        data = f->data ? f->data : "";
    }
    mutex_unlock(&file_lock);
    return data;
}

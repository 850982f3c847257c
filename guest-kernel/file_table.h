/* SPDX-License-Identifier: MIT */
/*
 * One file: its bytes, and how they are changed. Everything here is called
 * with file_lock held. file.c defines it, newlib.c and archive.c use it.
 */
#ifndef GUEST_KERNEL_FILE_TABLE_H
#define GUEST_KERNEL_FILE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <guest/file.h>
#include <guest/thread.h>

struct file {
    TAILQ_ENTRY(file) link;
    char name[FILE_NAME_MAX]; /* without a leading "/" */
    char *data;
    size_t size;
    size_t capacity;     /* of data on the heap; 0: not ours, do not write */
    unsigned int opened; /* descriptors that refer to it */
    bool unlinked;
};

extern struct mutex file_lock;

/* NULL when there is none. */
struct file *file_find(const char *name);

/* A new empty one. NULL: no memory, or a name that is empty or too long. */
struct file *file_create(const char *name);

/* A descriptor lets go; the last one of an unlinked file frees it. */
void file_put(struct file *f);
void file_unlink(struct file *f);

/* `to` is a valid name; a file of that name is unlinked. */
void file_rename(struct file *f, const char *to);

/* False without memory; the file is as before. New bytes are 0. */
bool file_truncate(struct file *f, size_t size);
bool file_write(struct file *f, size_t at, const void *from, size_t len);

/* Returns how many bytes there were, at most len. */
size_t file_read(struct file *f, size_t at, void *to, size_t len);

#endif

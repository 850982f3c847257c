/* SPDX-License-Identifier: MIT */
/*
 * What newlib asks of a system: descriptors, memory, time, the end. Errors go
 * to errno, with newlib's numbers.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <unistd.h>
#include <guest/clock.h>
#include <guest/console.h>
#include <guest/memory.h>
#include <guest/shutdown.h>
#include <guest/start.h>
#include <guest/thread.h>
#include <guest/xenbus.h>
#include <pv-abi/sched.h>
#include "file_table.h"
#include "internal.h"

#define FD_CONSOLE 3 /* descriptors below this are the console */

/* The heap may use this much address space; memory ends it earlier. */
#define HEAP_PAGES (1UL << 18)

static struct descriptor {
    struct file *file; /* NULL: free */
    size_t at;
    int flags;
} descriptors[FILE_OPEN_MAX];

/* Where descriptors 0-2 are written to. */
static void (*console_output)(const char *, size_t) = console_write;

/* With the lock held; NULL and errno when fd is not open. */
static struct descriptor *lookup(int fd)
{
    if (fd >= FD_CONSOLE && fd < FILE_OPEN_MAX && descriptors[fd].file)
        return &descriptors[fd];
    errno = EBADF;
    return NULL;
}

static int fail(int error)
{
    errno = error;
    return -1;
}

static int open_locked(const char *name, int flags)
{
    struct file *f = file_find(name);
    int fd = FD_CONSOLE;

    while (fd < FILE_OPEN_MAX && descriptors[fd].file)
        fd++;
    if (fd == FILE_OPEN_MAX)
        return fail(EMFILE);
    if (!f && !(flags & O_CREAT))
        return fail(ENOENT);
    if (f && (flags & O_CREAT) && (flags & O_EXCL))
        return fail(EEXIST);
    if (!f && !(f = file_create(name)))
        return fail(strlen(name) >= FILE_NAME_MAX ? ENAMETOOLONG : ENOSPC);
    if (flags & O_TRUNC)
        file_truncate(f, 0);
    f->opened++;
    descriptors[fd] = (struct descriptor){.file = f, .flags = flags};
    return fd;
}

int open(const char *name, int flags, ...)
{
    int fd;

    mutex_lock(&file_lock);
    fd = open_locked(name, flags);
    mutex_unlock(&file_lock);
    return fd;
}

int close(int fd)
{
    struct descriptor *d;

    if (fd >= 0 && fd < FD_CONSOLE)
        return 0;
    mutex_lock(&file_lock);
    d = lookup(fd);
    if (d) {
        file_put(d->file);
        d->file = NULL;
    }
    mutex_unlock(&file_lock);
    return d ? 0 : -1;
}

/* Enter sends "\r", and ends a line. */
static int read_terminal(char *to, size_t len)
{
    size_t n = console_read(to, len, WAIT_FOREVER);

    for (size_t i = 0; i < n; i++)
        if (to[i] == '\r')
            to[i] = '\n';
    return (int)n;
}

int read(int fd, void *to, size_t len)
{
    struct descriptor *d;
    int n = -1;

    if (fd >= 0 && fd < FD_CONSOLE)
        return read_terminal(to, len);
    mutex_lock(&file_lock);
    d = lookup(fd);
    if (d) {
        n = file_read(d->file, d->at, to, len);
        d->at += n;
    }
    mutex_unlock(&file_lock);
    return n;
}

static int write_locked(int fd, const void *from, size_t len)
{
    struct descriptor *d = lookup(fd);

    if (!d)
        return -1;
    if ((d->flags & O_ACCMODE) == O_RDONLY)
        return fail(EBADF);
    if (d->flags & O_APPEND)
        d->at = d->file->size;
    if (!file_write(d->file, d->at, from, len))
        return fail(ENOSPC);
    d->at += len;
    return len;
}

void file_console_output(void (*output)(const char *bytes, size_t n))
{
    console_output = output ? output : console_write;
}

int write(int fd, const void *from, size_t len)
{
    int n;

    if (fd >= 0 && fd < FD_CONSOLE) {
        console_output(from, len);
        return len;
    }
    mutex_lock(&file_lock);
    n = write_locked(fd, from, len);
    mutex_unlock(&file_lock);
    return n;
}

static off_t seek_locked(int fd, off_t offset, int whence)
{
    struct descriptor *d = lookup(fd);
    off_t base = 0;

    if (!d)
        return -1;
    if (whence == SEEK_CUR)
        base = d->at;
    else if (whence == SEEK_END)
        base = d->file->size;
    if (base + offset < 0)
        return fail(EINVAL);
    d->at = base + offset;
    return d->at;
}

off_t lseek(int fd, off_t offset, int whence)
{
    off_t at;

    if (fd >= 0 && fd < FD_CONSOLE)
        return fail(ESPIPE);
    mutex_lock(&file_lock);
    at = seek_locked(fd, offset, whence);
    mutex_unlock(&file_lock);
    return at;
}

static void fill_stat(struct stat *st, const struct file *f)
{
    memset(st, 0, sizeof(*st));
    st->st_mode = f ? S_IFREG | 0644 : S_IFCHR | 0666;
    st->st_size = f ? (off_t)f->size : 0;
    st->st_blksize = 1024;
}

int fstat(int fd, struct stat *st)
{
    struct descriptor *d;

    if (fd >= 0 && fd < FD_CONSOLE) {
        fill_stat(st, NULL);
        return 0;
    }
    mutex_lock(&file_lock);
    d = lookup(fd);
    if (d)
        fill_stat(st, d->file);
    mutex_unlock(&file_lock);
    return d ? 0 : -1;
}

int stat(const char *name, struct stat *st)
{
    struct file *f;

    mutex_lock(&file_lock);
    f = file_find(name);
    if (f)
        fill_stat(st, f);
    mutex_unlock(&file_lock);
    return f ? 0 : fail(ENOENT);
}

int isatty(int fd)
{
    if (fd >= 0 && fd < FD_CONSOLE)
        return 1;
    errno = ENOTTY;
    return 0;
}

int ftruncate(int fd, off_t size)
{
    struct descriptor *d;
    bool done = false;

    mutex_lock(&file_lock);
    d = lookup(fd);
    if (d)
        done = file_truncate(d->file, size);
    mutex_unlock(&file_lock);
    return done ? 0 : d ? fail(ENOSPC) : -1;
}

int unlink(const char *name)
{
    struct file *f;

    mutex_lock(&file_lock);
    f = file_find(name);
    if (f)
        file_unlink(f);
    mutex_unlock(&file_lock);
    return f ? 0 : fail(ENOENT);
}

int rename(const char *from, const char *to)
{
    struct file *f;

    if (!*to || strlen(to) >= FILE_NAME_MAX)
        return fail(ENAMETOOLONG);
    mutex_lock(&file_lock);
    f = file_find(from);
    if (f)
        file_rename(f, to);
    mutex_unlock(&file_lock);
    return f ? 0 : fail(ENOENT);
}

/* Hard links would make two names of one file; newlib wants the symbol. */
int link(const char *from, const char *to)
{
    return fail(EMLINK);
}

/* Pages are put behind the break as it rises; it never falls. Called with
 * newlib's malloc lock held. */
void *sbrk(ptrdiff_t increment)
{
    static char *start, *end, *backed;
    char *old;

    if (!start) {
        start = end = backed = kmap_claim(HEAP_PAGES);
        if (!start)
            goto full;
    }
    old = end;
    if (increment < 0 ||
        (size_t)increment > (HEAP_PAGES << PAGE_SHIFT) - (size_t)(end - start))
        goto full;
    while (backed < end + increment) {
        if (kmap_back(backed, 1))
            goto full;
        backed += PAGE_SIZE;
    }
    end += increment;
    return old;
full:
    errno = ENOMEM;
    return (void *)-1;
}

int gettimeofday(struct timeval *tv, void *zone)
{
    uint64_t now = clock_wall_ns();

    tv->tv_sec = now / NS_PER_SEC;
    tv->tv_usec = now % NS_PER_SEC / 1000;
    return 0;
}

/* A guest is one process: its time is all the time. */
clock_t times(struct tms *t)
{
    clock_t now = clock_ns() / (NS_PER_SEC / CLOCKS_PER_SEC);

    *t = (struct tms){.tms_utime = now};
    return now;
}

int getpid(void)
{
    return 1;
}

int kill(int pid, int signal)
{
    panic("signal %d", signal); /* abort() and failed assertions end here */
}

/* Whoever wants to know looks at data/exit; nobody there reads as 0. */
void _exit(int status)
{
    if (status && !start_is_dom0())
        xenbus_printf(XENBUS_NO_TX, "data/exit", "%d", status & 255);
    shutdown(SHUTDOWN_poweroff);
}

/* SPDX-License-Identifier: MIT */
/*
 * Small things that clients of xenstore and tools around it share. Names,
 * numbers and meaning are those of Xen's header of the same name.
 */
#ifndef XENSTORE_LIB_H
#define XENSTORE_LIB_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pv-abi/io/xs_wire.h>

/* One entry of a node's permissions; the first one names the owner. */
struct xs_permissions {
    unsigned int id;    /* domain */
    unsigned int perms; /* XS_PERM_READ and XS_PERM_WRITE */
#define XS_PERM_NONE  0x00
#define XS_PERM_READ  0x01
#define XS_PERM_WRITE 0x02
/* Never in an answer. */
#define XS_PERM_ENOENT_OK 0x04
#define XS_PERM_OWNER     0x08
#define XS_PERM_IGNORE    0x10
};

/* Bytes that hold any value of x's type in decimal, with sign and NUL. */
#define MAX_STRLEN(x) ((sizeof(x) * CHAR_BIT + CHAR_BIT - 1) / 10 * 3 + 2)

/*
 * Where the daemon lives on a Linux host: XENSTORED_RUNDIR and XENSTORED_PATH
 * of the environment, or /var/run/xenstored and its file `socket`. The strings
 * are static.
 */
const char *xs_daemon_rundir(void);
const char *xs_daemon_socket(void);
const char *xs_daemon_socket_ro(void);

/* Write all; false with errno. */
bool xs_write_all(int fd, const void *data, unsigned int len);

/*
 * Read `num` permissions from as many strings, each with its NUL: a letter n,
 * r, w or b and a domain number. False with errno EINVAL.
 */
bool xs_strings_to_perms(struct xs_permissions *perms, unsigned int num,
                         const char *strings);

/* The other way, one entry, into `len` bytes. False with errno EINVAL, ENOSPC.
 */
bool xs_perm_to_string(const struct xs_permissions *perm, char *buffer,
                       size_t len);

/* How many NULs there are in `len` bytes. */
unsigned int xs_count_strings(const char *strings, unsigned int len);

#endif

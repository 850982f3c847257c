/* SPDX-License-Identifier: MIT */
/*
 * Reader of boot archives: cpio in the "new ASCII" format (070701, 070702),
 * as written by `cpio -o -H newc`. Pure, and the archive may be hostile:
 * nothing outside of its size bytes is read.
 *
 * Source: cpio(5).
 */
#ifndef PV_ABI_IMAGE_CPIO_H
#define PV_ABI_IMAGE_CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpio_member {
    const char *name; /* in the archive, NUL terminated, without "./" or "/" */
    uint32_t mode;    /* as st_mode */
    const uint8_t *data; /* in the archive */
    size_t size;
};

/*
 * Read the member at *offset (0: the first) and move *offset behind it.
 * Returns false at the end, and where the archive is damaged.
 */
bool cpio_next(const void *archive, size_t size, size_t *offset,
               struct cpio_member *member);

/* Find the regular file called name ("boot/dom0"). Returns false: none. */
bool cpio_find(const void *archive, size_t size, const char *name,
               struct cpio_member *member);

#endif

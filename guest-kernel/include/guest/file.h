/* SPDX-License-Identifier: MIT */
/*
 * Files: the boot archive, and whatever is written while the domain lives.
 *
 * One flat table of names. A name may contain '/', but there are no
 * directories to make: "log/dom0.log" can be created as it stands; a leading
 * "/" or "./" is ignored. Files of the archive (cpio "newc", given as the
 * boot module) are used in place, and copied when first written.
 *
 * newlib's open, read, write, lseek, fstat, close, unlink, rename and stdio
 * work on them, with descriptors 0-2 on the console. Limits: FILE_OPEN_MAX
 * descriptors; memory.
 */
#ifndef GUEST_FILE_H
#define GUEST_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILE_OPEN_MAX 64
#define FILE_NAME_MAX 128

/*
 * Call fn for each file whose name starts with `prefix` ("" for all), oldest
 * first, until it returns false. fn must not create or delete files.
 */
void file_for_each(const char *prefix,
                   bool (*fn)(const char *name, size_t bytes, void *arg),
                   void *arg);

/*
 * The bytes of a whole file without copying it, e.g. an image to be loaded.
 * Valid until the file is written or deleted. NULL when there is none.
 */
const void *file_data(const char *name, size_t *bytes);

/*
 * Take the files of a cpio archive in memory, which must stay there. Returns
 * how many, or -EINVAL (not an archive, or cut short: nothing is taken).
 */
int file_add_archive(const void *archive, size_t bytes);

/*
 * From now on, what is written to descriptors 0-2 goes to `output` instead of
 * the console; NULL: to the console again. Called from any thread, one at a
 * time for each stream.
 */
void file_console_output(void (*output)(const char *bytes, size_t n));

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What <sys/queue.h> and <sys/tree.h> of newlib expect of their surroundings.
 * Host tests see libc's header of this name.
 */
#ifndef LIB_SYS_CDEFS_H
#define LIB_SYS_CDEFS_H

#define __unused __attribute__((unused))
#define __containerof(ptr, type, member)                                       \
    ((type *)((char *)(ptr)-__builtin_offsetof(type, member)))

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The part of <string.h> the hypervisor uses, with the meaning of the C
 * standard; strlcpy as in BSD. Host tests see libc's header of this name.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int byte, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);

/*
 * Copy src and a NUL into dst[size], cut off where it does not fit.
 * Returns strlen(src): cut off if not less than size.
 */
size_t strlcpy(char *dst, const char *src, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Plain loops, except copy and fill: those are the processor's string
 * instructions, which are fast for whole pages, need no vector state, and
 * which the compiler cannot turn into a call of the very same function.
 */
#include "string.h"

#include <stdint.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
    size_t words = n / 8;
    void *d = dst;

    __asm__ volatile("rep movsq" : "+D"(d), "+S"(src), "+c"(words)::"memory");
    n %= 8;
    if (n > 0)
        __asm__ volatile("rep movsb" : "+D"(d), "+S"(src), "+c"(n)::"memory");
    return dst;
}

void *memset(void *dst, int byte, size_t n)
{
    uint64_t word = (uint8_t)byte * 0x0101010101010101ul;
    size_t words = n / 8;
    void *d = dst;

    __asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(word) : "memory");
    n %= 8;
    if (n > 0)
        __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(word) : "memory");
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    unsigned char *d = dst;
    const unsigned char *s = src;

    if (d == s || (uintptr_t)d - (uintptr_t)s >= n)
        return memcpy(dst, src, n);
    /* From the end, in words as long as there are some. */
    while (n >= sizeof(uint64_t)) {
        uint64_t word;

        n -= sizeof(word);
        __builtin_memcpy(&word, s + n, sizeof(word));
        __builtin_memcpy(d + n, &word, sizeof(word));
    }
    while (n-- > 0)
        d[n] = s[n];
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for (; n > 0; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

void *memchr(const void *s, int byte, size_t n)
{
    for (const unsigned char *p = s; n > 0; n--, p++)
        if (*p == (unsigned char)byte)
            return (void *)p;
    return NULL;
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n])
        n++;
    return n;
}

size_t strlen(const char *s)
{
    return strnlen(s, SIZE_MAX);
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n > 0; n--, a++, b++) {
        if (*a != *b)
            return (unsigned char)*a - (unsigned char)*b;
        if (!*a)
            break;
    }
    return 0;
}

char *strchr(const char *s, int c)
{
    return memchr(s, c, strlen(s) + 1);
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
    size_t length = strlen(src);
    size_t n = length < size ? length : size - 1;

    if (size > 0) {
        memcpy(dst, src, n);
        dst[n] = '\0';
    }
    return length;
}

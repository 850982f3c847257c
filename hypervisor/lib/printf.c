/* SPDX-License-Identifier: MIT */
#include "printf.h"

#include <config.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "hal.h"

struct out {
    char *buf;
    size_t size;
    size_t length; /* of the whole text, cut off or not */
};

/* One conversion: %[flags][width][.precision][length]kind */
struct conversion {
    bool left, zero;
    size_t width;
    size_t precision; /* SIZE_MAX: none */
    unsigned int bytes;
    char kind;
};

static void put(struct out *o, char c)
{
    if (o->length + 1 < o->size)
        o->buf[o->length] = c;
    o->length++;
}

static void pad(struct out *o, char c, size_t n)
{
    while (n-- > 0)
        put(o, c);
}

/* prefix (a sign, 0x), then digits, padded to the width. */
static void put_field(struct out *o, const struct conversion *c,
                      const char *prefix, const char *text, size_t n)
{
    size_t prefix_length = strlen(prefix);
    size_t all = prefix_length + n;
    size_t fill = c->width > all ? c->width - all : 0;

    if (!c->left && !c->zero)
        pad(o, ' ', fill);
    while (*prefix)
        put(o, *prefix++);
    if (!c->left && c->zero)
        pad(o, '0', fill);
    for (size_t i = 0; i < n; i++)
        put(o, text[i]);
    if (c->left)
        pad(o, ' ', fill);
}

static void put_number(struct out *o, const struct conversion *c,
                       const char *prefix, uint64_t value, unsigned int base)
{
    const char *digits =
        c->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[20];
    size_t n = sizeof(text);

    do {
        text[--n] = digits[value % base];
        value /= base;
    } while (value);
    put_field(o, c, prefix, text + n, sizeof(text) - n);
}

/* A number in the format, or *: an argument. Below zero: none. */
static int number(const char **p, va_list *args)
{
    int n = 0;

    if (**p == '*') {
        (*p)++;
        return va_arg(*args, int);
    }
    for (; **p >= '0' && **p <= '9'; (*p)++)
        n = n * 10 + **p - '0';
    return n;
}

/* p: behind the '%'. Returns the first byte behind the conversion. */
static const char *parse(const char *p, struct conversion *c, va_list *args)
{
    int n;

    *c = (struct conversion){.precision = SIZE_MAX, .bytes = 4};
    for (; *p == '-' || *p == '0'; p++) {
        c->left |= *p == '-';
        c->zero |= *p == '0';
    }
    n = number(&p, args);
    c->width = n > 0 ? (size_t)n : 0;
    if (*p == '.') {
        p++;
        n = number(&p, args);
        c->precision = n >= 0 ? (size_t)n : SIZE_MAX;
    }
    for (; *p == 'l' || *p == 'z' || *p == 't' || *p == 'h'; p++)
        if (*p != 'h') /* promoted to int anyway */
            c->bytes = 8;
    c->kind = *p;
    return *p ? p + 1 : p;
}

static void convert(struct out *o, struct conversion *c, va_list *args)
{
    const char *s;
    char one;
    int64_t i;

    switch (c->kind) {
    case 'd':
    case 'i':
        i = c->bytes == 8 ? va_arg(*args, int64_t) : va_arg(*args, int);
        put_number(o, c, i < 0 ? "-" : "", i < 0 ? -(uint64_t)i : (uint64_t)i,
                   10);
        break;
    case 'u':
    case 'x':
    case 'X':
        put_number(o, c, "",
                   c->bytes == 8 ? va_arg(*args, uint64_t)
                                 : va_arg(*args, unsigned int),
                   c->kind == 'u' ? 10 : 16);
        break;
    case 'p':
        put_number(o, c, "0x", (uintptr_t)va_arg(*args, void *), 16);
        break;
    case 's':
        s = va_arg(*args, const char *);
        s = s ? s : "(null)";
        put_field(o, c, "", s, strnlen(s, c->precision));
        break;
    case 'c':
        one = (char)va_arg(*args, int);
        put_field(o, c, "", &one, 1);
        break;
    default:
        put(o, '%');
        if (c->kind && c->kind != '%')
            put(o, c->kind);
    }
}

size_t hv_vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
    struct out o = {.buf = buf, .size = size};
    struct conversion c;
    va_list rest;

    va_copy(rest, args);
    while (*fmt) {
        if (*fmt != '%') {
            put(&o, *fmt++);
            continue;
        }
        fmt = parse(fmt + 1, &c, &rest);
        convert(&o, &c, &rest);
    }
    va_end(rest);
    if (size > 0)
        buf[o.length < size ? o.length : size - 1] = '\0';
    return o.length;
}

size_t hv_snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    size_t n;

    va_start(args, fmt);
    n = hv_vsnprintf(buf, size, fmt, args);
    va_end(args);
    return n;
}

static enum loglevel shown = CONFIG_LOGLVL;

void hv_set_loglevel(enum loglevel level)
{
    shown = level;
}

void hv_vprintf(enum loglevel level, const char *fmt, va_list args)
{
    char line[256];
    size_t n;

    if (level > shown)
        return;
    n = hv_vsnprintf(line, sizeof(line), fmt, args);
    hal_log_write(line, n < sizeof(line) ? n : sizeof(line) - 1);
}

void hv_printf(enum loglevel level, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    hv_vprintf(level, fmt, args);
    va_end(args);
}

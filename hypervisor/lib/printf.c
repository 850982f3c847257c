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

/* One conversion: %[0][width][l]kind */
struct conversion {
    bool zero;
    bool is_long; /* 8 bytes, else 4 */
    size_t width;
    char kind;
};

static void put(struct out *o, char c)
{
    if (o->length + 1 < o->size)
        o->buf[o->length] = c;
    o->length++;
}

/* prefix (a sign, 0x), then digits, padded to the width. */
static void put_field(struct out *o, const struct conversion *c,
                      const char *prefix, const char *text, size_t n)
{
    size_t all = strlen(prefix) + n;
    size_t fill = c->width > all ? c->width - all : 0;

    for (; fill > 0 && !c->zero; fill--)
        put(o, ' ');
    while (*prefix)
        put(o, *prefix++);
    for (; fill > 0; fill--)
        put(o, '0');
    for (size_t i = 0; i < n; i++)
        put(o, text[i]);
}

static void put_number(struct out *o, const struct conversion *c,
                       const char *prefix, uint64_t value, unsigned int base)
{
    char text[20];
    size_t n = sizeof(text);

    do {
        text[--n] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    put_field(o, c, prefix, text + n, sizeof(text) - n);
}

/* p: behind the '%'. Returns the first byte behind the conversion. */
static const char *parse(const char *p, struct conversion *c)
{
    *c = (struct conversion){.zero = *p == '0'};
    for (; *p >= '0' && *p <= '9'; p++)
        c->width = c->width * 10 + (size_t)(*p - '0');
    for (; *p == 'l' || *p == 'z'; p++)
        c->is_long = true;
    c->kind = *p;
    return *p ? p + 1 : p;
}

static void convert(struct out *o, const struct conversion *c, va_list *args)
{
    const char *s;
    char one;
    int64_t i;

    switch (c->kind) {
    case 'd':
        i = c->is_long ? va_arg(*args, int64_t) : va_arg(*args, int);
        put_number(o, c, i < 0 ? "-" : "", i < 0 ? -(uint64_t)i : (uint64_t)i,
                   10);
        break;
    case 'u':
    case 'x':
        put_number(o, c, "",
                   c->is_long ? va_arg(*args, uint64_t)
                              : va_arg(*args, unsigned int),
                   c->kind == 'u' ? 10 : 16);
        break;
    case 'p':
        put_number(o, c, "0x", (uintptr_t)va_arg(*args, void *), 16);
        break;
    case 's':
        s = va_arg(*args, const char *);
        s = s ? s : "(null)";
        put_field(o, c, "", s, strlen(s));
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
        fmt = parse(fmt + 1, &c);
        convert(&o, &c, &rest);
    }
    va_end(rest);
    if (size > 0)
        buf[o.length < size ? o.length : size - 1] = '\0';
    return o.length;
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

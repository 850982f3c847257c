/* SPDX-License-Identifier: MIT */
#include "vireo/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* Bytes of the UTF-8 character at s, 0 if there is none. */
static int utf8_length(const unsigned char *s)
{
    int n = s[0] < 0x80                   ? 1
            : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
            : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
            : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                          : 0;

    for (int i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if (n == 3 && ((s[0] == 0xe0 && s[1] < 0xa0) ||
                   (s[0] == 0xed && s[1] >= 0xa0))) /* too long; surrogate */
        return 0;
    if (n == 4 && ((s[0] == 0xf0 && s[1] < 0x90) ||
                   (s[0] == 0xf4 && s[1] >= 0x90))) /* too long; too large */
        return 0;
    return n;
}

static void write_string(FILE *out, const char *value)
{
    const unsigned char *s = (const unsigned char *)value;

    fputc('"', out);
    while (*s) {
        int n = utf8_length(s);

        if (n == 0)
            fputs("\\ufffd", out);
        else if (*s == '"' || *s == '\\')
            fprintf(out, "\\%c", *s);
        else if (*s < 0x20 || *s == 0x7f)
            fprintf(out, "\\u%04x", *s);
        else
            fwrite(s, 1, (size_t)n, out);
        s += n ? n : 1;
    }
    fputc('"', out);
}

/* Comma, new line, indentation and key of the next value. */
static void lead(struct json *j, const char *key)
{
    if (j->depth) {
        if (!j->empty[j->depth])
            fputc(',', j->out);
        fprintf(j->out, "\n%*s", (int)(4 * j->depth), "");
    }
    j->empty[j->depth] = false;
    if (key) {
        write_string(j->out, key);
        fputs(": ", j->out);
    }
}

static void open_level(struct json *j, const char *key, char first, char last)
{
    assert(j->depth < JSON_DEPTH);
    lead(j, key);
    fputc(first, j->out);
    j->close[j->depth++] = last;
    j->empty[j->depth] = true;
}

void json_begin(struct json *j, FILE *out)
{
    memset(j, 0, sizeof(*j));
    j->out = out;
    j->empty[0] = true;
}

void json_end(struct json *j)
{
    assert(j->depth == 0);
    fputc('\n', j->out);
}

void json_object(struct json *j, const char *key)
{
    open_level(j, key, '{', '}');
}

void json_array(struct json *j, const char *key)
{
    open_level(j, key, '[', ']');
}

void json_close(struct json *j)
{
    bool empty = j->empty[j->depth];

    assert(j->depth > 0);
    j->depth--;
    if (!empty)
        fprintf(j->out, "\n%*s", (int)(4 * j->depth), "");
    fputc(j->close[j->depth], j->out);
}

void json_string(struct json *j, const char *key, const char *value)
{
    lead(j, key);
    write_string(j->out, value);
}

void json_uint(struct json *j, const char *key, uint64_t value)
{
    lead(j, key);
    fprintf(j->out, "%" PRIu64, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
    lead(j, key);
    fputs(value ? "true" : "false", j->out);
}

void json_null(struct json *j, const char *key)
{
    lead(j, key);
    fputs("null", j->out);
}

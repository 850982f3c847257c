/* SPDX-License-Identifier: MIT */
/* The calls people use, each one request. See guest/xenbus.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <guest/xenbus.h>
#include <pv-abi/errno.h>
#include <pv-abi/io/xs_wire.h>
#include "internal.h"

/* Most requests are one string with its NUL. */
static int ask(uint32_t type, xenbus_tx_t tx, const char *text, char **reply,
               size_t *len)
{
    struct xenbus_piece piece = {text, strlen(text) + 1};

    return xenbus_request(type, tx, &piece, 1, reply, len);
}

int xenbus_read(xenbus_tx_t tx, const char *path, char **value, size_t *len)
{
    return ask(XS_READ, tx, path, value, len);
}

int xenbus_read_u64(xenbus_tx_t tx, const char *path, uint64_t *value)
{
    char *text, *end;
    uint64_t number;
    int error = xenbus_read(tx, path, &text, NULL);

    if (error)
        return error;
    number = strtoull(text, &end, 10);
    if (end == text || *end)
        error = -XEN_EINVAL;
    else
        *value = number;
    free(text);
    return error;
}

int xenbus_write(xenbus_tx_t tx, const char *path, const char *value)
{
    struct xenbus_piece pieces[] = {
        {path, strlen(path) + 1},
        {value, strlen(value)},
    };

    return xenbus_request(XS_WRITE, tx, pieces, ARRAY_SIZE(pieces), NULL, NULL);
}

int xenbus_printf(xenbus_tx_t tx, const char *path, const char *format, ...)
{
    char value[256];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(value))
        return -XEN_E2BIG;
    return xenbus_write(tx, path, value);
}

int xenbus_mkdir(xenbus_tx_t tx, const char *path)
{
    return ask(XS_MKDIR, tx, path, NULL, NULL);
}

int xenbus_rm(xenbus_tx_t tx, const char *path)
{
    return ask(XS_RM, tx, path, NULL, NULL);
}

int xenbus_directory(xenbus_tx_t tx, const char *path, char **names,
                     size_t *count)
{
    size_t len;
    int error = ask(XS_DIRECTORY, tx, path, names, &len);

    if (error)
        return error;
    *count = 0;
    for (size_t i = 0; i < len; i++)
        *count += !(*names)[i];
    return 0;
}

int xenbus_begin(xenbus_tx_t *tx)
{
    char *id;
    int error = ask(XS_TRANSACTION_START, XENBUS_NO_TX, "", &id, NULL);

    if (error)
        return error;
    *tx = strtoul(id, NULL, 10);
    free(id);
    return 0;
}

int xenbus_end(xenbus_tx_t tx, bool commit)
{
    return ask(XS_TRANSACTION_END, tx, commit ? "T" : "F", NULL, NULL);
}

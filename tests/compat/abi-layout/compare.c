/* SPDX-License-Identifier: MIT */
/*
 * pv-abi/layout.def against Xen's own headers: one line of TAP for each type
 * and each group of constants, and a comment for each difference.
 */
#include "xen_headers.h"

#include <stdbool.h>
#include <stdio.h>

struct row {
    const char *what;
    bool opens_group;
    uint64_t ours, xens;
};

static const struct row rows[] = {
#define ABI_GROUP(title) {.what = title, .opens_group = true},
#define ABI_SIZE(type, bytes)                                                  \
    ABI_GROUP(#type){.what = "size", .ours = (bytes), .xens = sizeof(type)},
#define ABI_FIELD(type, field, at, bytes)                                      \
    {.what = "place of " #field, .ours = (at), .xens = offsetof(type, field)}, \
        {.what = "size of " #field,                                            \
         .ours = (bytes),                                                      \
         .xens = sizeof(((type *)0)->field)},
#define ABI_VALUE(name, value)                                                 \
    {.what = #name, .ours = (uint64_t)(value), .xens = (uint64_t)(name)},
#include <pv-abi/layout.def>
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* Judge the group that begins at rows[at]; returns where the next one does. */
static size_t report_group(size_t at, unsigned int number, bool *failed)
{
    size_t next = at + 1;
    bool same = true;

    for (; next < ROW_COUNT && !rows[next].opens_group; next++) {
        if (rows[next].ours == rows[next].xens)
            continue;
        same = false;
        printf("# %s: %#jx here, %#jx in Xen\n", rows[next].what,
               (uintmax_t)rows[next].ours, (uintmax_t)rows[next].xens);
    }
    printf("%sok %u - %s\n", same ? "" : "not ", number, rows[at].what);
    *failed |= !same;
    return next;
}

int main(void)
{
    unsigned int count = 0;
    bool failed = false;

    for (size_t at = 0; at < ROW_COUNT;)
        at = report_group(at, ++count, &failed);
    printf("1..%u\n", count);
    return failed;
}

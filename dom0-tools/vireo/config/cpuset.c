/* SPDX-License-Identifier: MIT */
#include "cpuset.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool fail(const char **why, const char *text)
{
    *why = text;
    return false;
}

/* A number below CPUSET_MAX; *s moves behind it. */
static bool read_cpu(const char **s, unsigned int *cpu, const char **why)
{
    char *end;

    if (!isdigit((unsigned char)**s))
        return fail(why, "is no set of processors, like \"0-3,^2\" or \"all\"");
    *cpu = (unsigned int)strtoul(*s, &end, 10);
    if (end - *s > 4 || *cpu >= CPUSET_MAX)
        return fail(why, "names a processor above 63");
    *s = end;
    return true;
}

/* N, N-M, all, or one of these behind ^; *s moves behind it. */
static bool read_part(const char **s, uint64_t *set, const char **why)
{
    bool out = **s == '^';
    unsigned int first, last;
    uint64_t part = UINT64_MAX;

    *s += out;
    if (strncmp(*s, "all", 3) == 0) {
        *s += 3;
    } else {
        if (!read_cpu(s, &first, why))
            return false;
        last = first;
        if (**s == '-') {
            ++*s;
            if (!read_cpu(s, &last, why))
                return false;
        }
        if (last < first)
            return fail(why, "has a range that ends before it begins");
        part = UINT64_MAX >> (CPUSET_MAX - 1 - (last - first)) << first;
    }
    *set = out ? *set & ~part : *set | part;
    return true;
}

bool cpuset_read(const char *text, uint64_t *set, const char **why)
{
    *set = 0;
    for (;;) {
        if (!read_part(&text, set, why))
            return false;
        if (*text == '\0')
            break;
        if (*text++ != ',')
            return fail(why, "needs commas between its processors");
    }
    return *set ? true : fail(why, "has no processor left");
}

void cpuset_write(uint64_t set, unsigned int cpus, char text[CPUSET_TEXT_MAX])
{
    uint64_t all = cpus < CPUSET_MAX ? (UINT64_C(1) << cpus) - 1 : UINT64_MAX;
    size_t n = 0;

    text[0] = '\0';
    if ((set & all) == all) {
        strcpy(text, "all");
        return;
    }
    for (unsigned int first = 0; first < CPUSET_MAX; first++) {
        unsigned int last = first;

        if (!(set >> first & 1))
            continue;
        while (last + 1 < CPUSET_MAX && set >> (last + 1) & 1)
            last++;
        n += (size_t)snprintf(text + n, CPUSET_TEXT_MAX - n,
                              last > first ? "%s%u-%u" : "%s%u", n ? "," : "",
                              first, last);
        first = last;
    }
}

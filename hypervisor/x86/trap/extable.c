/* SPDX-License-Identifier: MIT */
#include "x86/trap/extable.h"

struct extable_entry {
    int32_t from, to;
};

extern const struct extable_entry extable_start[], extable_end[];

/* Some two dozen entries: a search by halves would not be faster. */
uint64_t extable_find(uint64_t rip)
{
    for (const struct extable_entry *e = extable_start; e < extable_end; e++)
        if ((uint64_t)&e->from + (int64_t)e->from == rip)
            return (uint64_t)&e->to + (int64_t)e->to;
    return 0;
}

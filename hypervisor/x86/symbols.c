/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "x86/symbols.h"

/* Empty in the first link, made by symbols.awk in the second. */
struct symbol_table {
    uint32_t count;
    struct {
        uint32_t address; /* from image_start */
        uint32_t name;    /* from the end of the entries */
    } entries[];
};

extern const char symbols_start[], symbols_end[];
extern const char image_start[], text_end[];

const char *symbol_find(uint64_t address, uint64_t *offset)
{
    const struct symbol_table *t = (const void *)symbols_start;
    uint32_t low = 0, high, at;

    if (address < (uint64_t)image_start || address >= (uint64_t)text_end ||
        &symbols_start[0] == &symbols_end[0])
        return NULL;
    at = (uint32_t)(address - (uint64_t)image_start);
    high = t->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (t->entries[middle].address <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return NULL;
    *offset = at - t->entries[low - 1].address;
    return (const char *)&t->entries[t->count] + t->entries[low - 1].name;
}

/* SPDX-License-Identifier: MIT */
#include "domain/bitmap_arg.h"

#include "errno.h"
#include "hal.h"

static uint32_t byte_count(const struct xenctl_bitmap *arg)
{
    return arg->nr_bits / 8 + (arg->nr_bits % 8 != 0);
}

static uint64_t first(uint64_t set, uint32_t bits)
{
    return bits < 64 ? set & ((1ul << bits) - 1) : set;
}

int bitmap_read(const struct xenctl_bitmap *arg, uint64_t *set)
{
    uint32_t n = byte_count(arg);
    uint64_t word = 0;

    if (n > sizeof(word))
        n = sizeof(word);
    if (hal_copy_from_guest(&word, arg->bitmap.va, n))
        return -EFAULT;
    *set = first(word, arg->nr_bits);
    return 0;
}

int bitmap_write(const struct xenctl_bitmap *arg, uint64_t set, unsigned int n)
{
    uint32_t bytes = byte_count(arg);
    uint64_t word = first(first(set, n), arg->nr_bits);
    uint64_t va = arg->bitmap.va;

    /* Tools size a bitmap by the CPUs there are; a page is more than any. */
    if (bytes > PAGE_SIZE)
        bytes = PAGE_SIZE;
    while (bytes > 0) {
        uint32_t part = bytes < sizeof(word) ? bytes : sizeof(word);

        if (hal_copy_to_guest(va, &word, part))
            return -EFAULT;
        word = 0;
        va += part;
        bytes -= part;
    }
    return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Memory at addresses that a guest chose. hal_copy_from_guest() and
 * hal_copy_to_guest() go through the kernel's tables; the fetch here through
 * whatever tables are loaded, as the processor does.
 */
#ifndef X86_GUEST_COPY_H
#define X86_GUEST_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether [va, va + n) is wholly the guest's own part of the space. */
bool guest_range_ok(uint64_t va, uint64_t n);

/* Read n bytes as the running mode of the guest would. False: a fault. */
bool guest_fetch(void *dst, uint64_t va, size_t n);
/* Write n bytes, the same. */
bool guest_store(uint64_t va, const void *src, size_t n);

#endif

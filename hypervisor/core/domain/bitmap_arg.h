/* SPDX-License-Identifier: MIT */
/*
 * Sets of small numbers (CPUs, nodes) as tools pass them. At most 64 numbers
 * mean anything here. Locks: none may be held.
 */
#ifndef DOMAIN_BITMAP_ARG_H
#define DOMAIN_BITMAP_ARG_H

#include <stdint.h>

#include <pv-abi/domctl.h>

#include "types.h"

/* The first 64 members of *arg; missing ones are not in it. 0, -EFAULT. */
must_check int bitmap_read(const struct xenctl_bitmap *arg, uint64_t *set);

/*
 * Write the first n (<= 64) members of set to *arg, as far as it has room,
 * and zeroes behind them. Returns 0, -EFAULT.
 */
must_check int bitmap_write(const struct xenctl_bitmap *arg, uint64_t set,
                            unsigned int n);

#endif

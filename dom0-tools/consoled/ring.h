/* SPDX-License-Identifier: MIT */
/*
 * The control domain's side of a console ring. The other side is a guest:
 * each of its indices is read once and judged, and an impossible one means
 * there is nothing to do. Pure; the caller notifies.
 * Source: pv-abi/io/console.h.
 */
#ifndef CONSOLED_RING_H
#define CONSOLED_RING_H

#include <stddef.h>

#include <pv-abi/io/console.h>

/* Take up to n bytes of what the guest wrote. Returns how many. */
size_t console_ring_take(struct xencons_interface *ring, char *bytes, size_t n);

/* Offer up to n bytes as input. Returns how many found room. */
size_t console_ring_give(struct xencons_interface *ring, const char *bytes,
                         size_t n);

#endif

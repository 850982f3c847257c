/* SPDX-License-Identifier: MIT */
/*
 * The guest that races: what the hypervisor reads from memory that a guest may
 * write at that moment is now and then something else, and stays so. Only in
 * the fuzz build, where reads ask (pv-abi/inline/shared.h).
 */
#include <string.h>

#include <pv-abi/inline/shared.h>

#include "mm/frame.h"
#include "scene.h"

/* Whether some guest can write to the frame behind at. */
static bool is_guests(const volatile void *at)
{
    const struct frame *f;
    mfn_t m;

    if (!fake_frame_of((const void *)(uintptr_t)at, &m))
        return false;
    f = &scene.hv->frames[m.n];
    return f->owner < DOMID_FIRST_RESERVED &&
           (f->type & FRAME_TYPE_MASK) == FRAME_WRITABLE &&
           (f->type & FRAME_TYPE_COUNT) > 0;
}

void shared_read_hook(const volatile void *at, void *value, size_t size)
{
    if (!scene.racing || !is_guests(at) || byte() % 4)
        return;
    ((uint8_t *)value)[byte() % size] ^= (uint8_t)byte();
    memcpy((void *)(uintptr_t)at, value, size);
}

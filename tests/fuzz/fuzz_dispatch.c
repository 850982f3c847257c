/* SPDX-License-Identifier: MIT */
/*
 * Any hypercall of any of three domains, through the real dispatcher, on a
 * whole machine that schedules, ticks, creates and destroys:
 * tests/fuzz/dispatch/play.h.
 */
#include "dispatch/play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    play_bytes(data, size);
    return 0;
}

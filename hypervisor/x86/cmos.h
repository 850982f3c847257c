/* SPDX-License-Identifier: MIT */
/* The battery-backed clock: the time of day at boot. */
#ifndef X86_CMOS_H
#define X86_CMOS_H

#include <stdint.h>

/* Seconds since 1970-01-01 00:00 UTC. Boot CPU. */
uint64_t cmos_read_seconds(void);

#endif

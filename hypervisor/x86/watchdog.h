/* SPDX-License-Identifier: MIT */
/*
 * Each CPU serves its timer at least once per WATCHDOG_TICK_NS; the CPU
 * before it sees that it does, and otherwise has all CPUs report.
 */
#ifndef X86_WATCHDOG_H
#define X86_WATCHDOG_H

#include <stdint.h>

#define WATCHDOG_TICK_NS  1000000000ul
#define WATCHDOG_LIMIT_NS 5000000000ul

/* cpu, which is this CPU, serves its timer at now_ns. */
void watchdog_tick(unsigned int cpu, uint64_t now_ns);

#endif

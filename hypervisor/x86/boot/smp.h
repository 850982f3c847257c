/* SPDX-License-Identifier: MIT */
/*
 * The other CPUs: woken one after the other, each on its own area; the
 * interrupts between CPUs; and how each sees that the next one still lives.
 */
#ifndef X86_SMP_H
#define X86_SMP_H

#include "cpumask.h"

#define WATCHDOG_TICK_NS  1000000000ul
#define WATCHDOG_LIMIT_NS 5000000000ul

/*
 * Wake every CPU of acpi_info up to max, give it its number, area and
 * tables, and count it online. Those that do not answer stay off, with a
 * message. Each then calls ap_main() on its own stack.
 */
void smp_start(unsigned int max);
/* Where another CPU goes on, online; main.c. */
void ap_main(void);

/* An interrupt on each CPU of m except this one. */
void smp_send(cpumask_t m, uint8_t vector);
/* For a panic: no other CPU does anything any more. */
void smp_stop_others(void);

/*
 * cpu, which is this CPU, serves its timer at now_ns; it does so at least
 * once per WATCHDOG_TICK_NS. If the next CPU has not for WATCHDOG_LIMIT_NS,
 * all CPUs report where they are.
 */
void watchdog_tick(unsigned int cpu, uint64_t now_ns);

#endif

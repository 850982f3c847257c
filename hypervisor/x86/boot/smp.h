/* SPDX-License-Identifier: MIT */
/*
 * The other CPUs: woken one after the other, each on its own area; and
 * interrupts between CPUs.
 */
#ifndef X86_SMP_H
#define X86_SMP_H

#include "cpumask.h"

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

#endif

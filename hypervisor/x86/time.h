/* SPDX-License-Identifier: MIT */
/*
 * Time from the TSC: hal_now_ns() is 0 at tsc_init and grows at the measured
 * rate; the same scale, as guests know it from pvclock, is in
 * hv->machine.tsc_mul and tsc_shift. A CPU whose TSC is ahead of the boot
 * CPU's takes that off (percpu.tsc_ahead, found by smp_start), so that time
 * does not step back on the way from one CPU to another.
 * The date from the battery-backed clock.
 */
#ifndef X86_TIME_H
#define X86_TIME_H

#include <stdint.h>

/* Measure the TSC against the ACPI PM timer, or the PIT. Boot CPU. */
void tsc_init(void);

/* Wait by watching the TSC; before tsc_init: not at all. */
void tsc_wait_us(uint64_t us);

/*
 * A moment as this CPU's TSC and system time, for the clock of a vCPU that is
 * about to run here. With a stable TSC it is always the same one: two vCPUs
 * that started from different moments would differ by their rounding, and a
 * guest that goes from one to the other would see time step back.
 */
struct tsc_moment {
    uint64_t tsc;
    uint64_t ns;
};
struct tsc_moment tsc_moment(void);

/* Seconds since 1970-01-01 00:00 UTC, of this century. Boot CPU. */
uint64_t cmos_read_seconds(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The few devices the hypervisor has: interrupt controllers, clocks, and the
 * serial line. Memory-mapped ones are described by ACPI (boot/acpi.h).
 */
#ifndef X86_DEVICES_H
#define X86_DEVICES_H

#include <stdbool.h>
#include <stdint.h>

/* -------------------------------------- interrupt controllers: apic.c */

/* What apic_send() can send other than a vector. */
#define APIC_ICR_NMI     0x400
#define APIC_ICR_INIT    0x500
#define APIC_ICR_STARTUP 0x600

/*
 * The local one: end of interrupt, interrupts to other CPUs, the one-shot
 * timer. Its registers are in memory, or MSRs (x2APIC); its timer is a
 * counter, or a deadline of the TSC. The second of each is off unless the
 * command line asks, or firmware has left x2APIC on; neither has run so far
 * (docs/support.md). The I/O APIC: the serial line is the hypervisor's one
 * device; everything else is masked, the old 8259 pair too.
 *
 * Mask all interrupts of devices; map the controllers. Boot CPU, first.
 */
void apic_map(bool want_x2apic, bool want_deadline);
/* Enable this CPU's, and note its id in percpu. */
void apic_init(void);
void apic_eoi(void);

/* Whether an interrupt can be sent there at all. */
bool apic_reaches(unsigned int apic_id);
/* Send vector, or an APIC_ICR_ value, to the CPU with that APIC id. */
void apic_send(unsigned int apic_id, uint32_t command);

/* Measure the timer against the calibrated TSC. Boot CPU. */
void apic_calibrate(void);
/*
 * VEC_TIMER at system time deadline_ns, once, on this CPU; in the past: at
 * once. May fire early when it is too far away for the counter.
 */
void apic_set_timer(uint64_t deadline_ns, uint64_t now_ns);

/*
 * ISA interrupt irq (0 .. 15) raises vector on this CPU. False: there is no
 * I/O APIC that has it.
 */
bool ioapic_route_isa(unsigned int irq, uint8_t vector);

/* ------------------------------------------------------ clocks: time.c */

/* Ports of the PC's old ones, which guests may also find (trap/io.c). */
#define PIT_HZ       1193182ul
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND  0x43
#define PIT_GATE     0x61
#define CMOS_INDEX   0x70
#define CMOS_DATA    0x71

/*
 * Time from the TSC: hal_now_ns() is 0 at tsc_init and grows at the measured
 * rate; the same scale, as guests know it from pvclock, is in
 * hv->machine.tsc_mul and tsc_shift. A CPU whose TSC is ahead of the boot
 * CPU's takes that off (percpu.tsc_ahead, found by smp_start), so that time
 * does not step back on the way from one CPU to another.
 *
 * Measure the TSC against the ACPI PM timer, or the PIT. Boot CPU.
 */
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

/* -------------------------------------------------- serial line: uart.c */

#define UART_COM1 0x3f8 /* ISA interrupt 4 */
#define UART_COM2 0x2f8 /* ISA interrupt 3 */

/*
 * The console: a 16550, 115200 baud, 8 data bits, no parity. Output,
 * hal_console_write(), waits for the transmitter; input raises an interrupt.
 *
 * Use the UART at that port; 0: none. Before the first message, and again
 * when the command line is known. Without a UART, output is dropped.
 */
void uart_init(uint16_t port);
/* The log is kept from now on: there are locks and a CPU number. */
void uart_log_ready(void);
/* Let input raise its interrupt, VEC_UART, on this CPU. */
void uart_enable_input(void);

/* Whether any of these ports is the console's. */
bool uart_owns(uint16_t first, unsigned int count);
/* The next character received, or -1: none. */
int uart_read(void);

#endif

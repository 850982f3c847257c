/* SPDX-License-Identifier: MIT */
/*
 * The local interrupt controller: end of interrupt, interrupts to other
 * CPUs, the one-shot timer. Two kinds of access (registers in memory, or
 * MSRs: x2apic.c), two kinds of timer (counter, or TSC deadline:
 * tsc_deadline.c); the second of each is off unless the command line asks, or
 * firmware has left x2APIC on.
 * Source: SDM vol. 3, 11.
 */
#ifndef X86_APIC_H
#define X86_APIC_H

#include <stdbool.h>
#include <stdint.h>

enum apic_register {
    APIC_ID = 0x20,
    APIC_EOI = 0xb0,
    APIC_SPURIOUS = 0xf0,
    APIC_ICR = 0x300,
    APIC_ICR_HIGH = 0x310,
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_LINT0 = 0x350,
    APIC_LVT_LINT1 = 0x360,
    APIC_TIMER_INITIAL = 0x380,
    APIC_TIMER_CURRENT = 0x390,
    APIC_TIMER_DIVIDE = 0x3e0,
};

#define APIC_ENABLE       0x100
#define APIC_LVT_MASKED   0x10000
#define APIC_LVT_NMI      0x400
#define APIC_LVT_DEADLINE 0x40000
#define APIC_ICR_NMI      0x400
#define APIC_ICR_INIT     0x500
#define APIC_ICR_STARTUP  0x600
#define APIC_ICR_ASSERT   0x4000
#define APIC_ICR_PENDING  0x1000
#define APIC_BASE_X2APIC  0x400

/* Map the registers. Boot CPU, before any other of these. */
void apic_map(uint64_t phys, bool want_x2apic, bool want_deadline);
/* Enable this CPU's. */
void apic_init(void);
unsigned int apic_id(void);
void apic_eoi(void);

/* Whether an interrupt can be sent there at all. */
bool apic_reaches(unsigned int apic_id);

/* Send vector, or an APIC_ICR_ value, to the CPU with that APIC id. */
void apic_send(unsigned int apic_id, uint32_t command);

/* Measure the timer against the calibrated TSC. Boot CPU. */
void apic_calibrate(void);
/*
 * VEC_TIMER at system time deadline_ns, once, on this CPU; UINT64_MAX: off.
 * A deadline in the past fires at once. May fire early when it is too far
 * away for the counter.
 */
void apic_set_timer(uint64_t deadline_ns, uint64_t now_ns);

/* The second kinds; each in a file of its own. */
uint32_t x2apic_read(enum apic_register r);
void x2apic_write(enum apic_register r, uint32_t v);
void x2apic_send(unsigned int apic_id, uint32_t command);
void x2apic_enable(void);
void tsc_deadline_init(void);
void tsc_deadline_set(uint64_t deadline_ns, uint64_t now_ns);

#endif

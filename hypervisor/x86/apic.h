/* SPDX-License-Identifier: MIT */
/*
 * Interrupt controllers. The local one: end of interrupt, interrupts to
 * other CPUs, the one-shot timer. Its registers are in memory, or MSRs
 * (x2APIC); its timer is a counter, or a deadline of the TSC. The second of
 * each is off unless the command line asks, or firmware has left x2APIC on.
 * The I/O APIC: the hypervisor has one device, the serial line; everything
 * else is masked, the old 8259 pair too.
 */
#ifndef X86_APIC_H
#define X86_APIC_H

#include <stdbool.h>
#include <stdint.h>

/* Registers by their offset in memory; as MSRs, MSR_X2APIC + offset / 16. */
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

#define APIC_ICR_ASSERT  0x4000
#define APIC_BASE_X2APIC 0x400 /* of MSR_APIC_BASE */

/* What apic_send() can send other than a vector. */
#define APIC_ICR_NMI     0x400
#define APIC_ICR_INIT    0x500
#define APIC_ICR_STARTUP 0x600

/* Mask all interrupts of devices; map the controllers. Boot CPU, first. */
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

/* x2apic.c: the registers as MSRs. command has APIC_ICR_ASSERT. */
void x2apic_enable(void);
uint32_t x2apic_read(enum apic_register r);
void x2apic_write(enum apic_register r, uint32_t v);
void x2apic_send(unsigned int apic_id, uint32_t command);

/* tsc_deadline.c: behind the choice of the mode; fire in so many ticks. */
void tsc_deadline_init(void);
void tsc_deadline_set(uint64_t ticks);

/*
 * ISA interrupt irq (0 .. 15) raises vector on this CPU. False: there is no
 * I/O APIC that has it.
 */
bool ioapic_route_isa(unsigned int irq, uint8_t vector);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Interrupts from devices. The hypervisor has one device, the serial line;
 * everything else is masked, the old 8259 pair too.
 */
#ifndef X86_IOAPIC_H
#define X86_IOAPIC_H

#include <stdbool.h>
#include <stdint.h>

/* Mask everything; map the I/O APIC of acpi_info. Boot CPU, before heap. */
void ioapic_init(void);
/*
 * ISA interrupt irq (0 .. 15) raises vector on the CPU of that APIC id. False:
 * there is no I/O APIC that has it.
 */
bool ioapic_route_isa(unsigned int irq, uint8_t vector, unsigned int apic_id);

#endif

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
/* ISA interrupt 4 raises vector on the CPU. False: there is no I/O APIC. */
bool ioapic_route_serial(uint8_t vector, unsigned int apic_id);

#endif

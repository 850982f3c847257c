/* SPDX-License-Identifier: MIT */
/*
 * The few facts of ACPI that a hypervisor without drivers needs: which CPUs
 * there are, where the interrupt controllers are, how to turn the machine
 * off and reset it, a timer to calibrate with. No AML is executed; the
 * values of \_S5 are read from the bytes of the DSDT.
 *
 * A machine without tables has one CPU and the legacy ways to reset.
 * Source: ACPI 6.4, 5.2 (tables), 7.4.2 (S5), 4.8.3 (PM timer).
 */
#ifndef X86_ACPI_H
#define X86_ACPI_H

#include <stdbool.h>
#include <stdint.h>

#include <config.h>

struct boot_info;

struct acpi_info {
    uint64_t lapic; /* physical address of the local APIC's registers */
    unsigned int cpu_count;
    uint32_t apic_ids[CONFIG_MAX_CPUS]; /* usable CPUs, as listed */
    uint64_t ioapic; /* of the one that has the ISA interrupts; 0: none */
    uint32_t ioapic_gsi;
    struct acpi_isa_irq {
        bool moved; /* else the line of the same number, edge, high */
        bool level, low;
        uint32_t gsi;
    } isa[16];

    uint16_t pm_timer;   /* port, 0: none; 3.579545 MHz */
    uint16_t pm1a, pm1b; /* control ports; 0: none */
    bool s5_known;
    uint8_t s5_a, s5_b; /* SLP_TYP of soft off */

    bool reset_known;
    bool reset_is_port;
    uint64_t reset_address;
    uint8_t reset_value;
};

extern struct acpi_info acpi_info;

/* Read the tables. After paging_init, before the heap; boot CPU. */
void acpi_init(const struct boot_info *b);

#endif

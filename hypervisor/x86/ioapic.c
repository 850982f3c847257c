/* SPDX-License-Identifier: MIT */
/* Source: Intel 82093AA data sheet; 8259A data sheet. */
#include "x86/boot/acpi.h"
#include "x86/insn.h"
#include "x86/ioapic.h"
#include "x86/paging.h"

#define IOAPIC_VERSION   1
#define IOAPIC_ENTRY(n)  (0x10 + 2 * (n))
#define ENTRY_LOW_ACTIVE (1u << 13)
#define ENTRY_LEVEL      (1u << 15)
#define ENTRY_MASKED     (1u << 16)

#define PIC1 0x20
#define PIC2 0xa0

static volatile uint32_t *registers;
static unsigned int entry_count;

static uint32_t read(unsigned int index)
{
    registers[0] = index;
    return registers[4];
}

static void write(unsigned int index, uint32_t v)
{
    registers[0] = index;
    registers[4] = v;
}

/* Moved away from the exceptions' vectors, should one fire all the same. */
static void mask_8259(void)
{
    outb(PIC1, 0x11);
    outb(PIC2, 0x11);
    outb(PIC1 + 1, 0xe0);
    outb(PIC2 + 1, 0xe8);
    outb(PIC1 + 1, 4);
    outb(PIC2 + 1, 2);
    outb(PIC1 + 1, 1);
    outb(PIC2 + 1, 1);
    outb(PIC1 + 1, 0xff);
    outb(PIC2 + 1, 0xff);
}

void ioapic_init(void)
{
    mask_8259();
    if (!acpi_info.ioapic)
        return;
    registers = paging_map_device(acpi_info.ioapic, 4096, false);
    entry_count = (read(IOAPIC_VERSION) >> 16 & 0xff) + 1;
    for (unsigned int i = 0; i < entry_count; i++)
        write(IOAPIC_ENTRY(i), ENTRY_MASKED);
}

bool ioapic_route_isa(unsigned int irq, uint8_t vector, unsigned int apic_id)
{
    const struct acpi_isa_irq *isa = &acpi_info.isa[irq];
    uint32_t n = (isa->moved ? isa->gsi : irq) - acpi_info.ioapic_gsi;

    if (!registers || n >= entry_count)
        return false;
    write(IOAPIC_ENTRY(n) + 1, apic_id << 24);
    write(IOAPIC_ENTRY(n), vector | (isa->low ? ENTRY_LOW_ACTIVE : 0) |
                               (isa->level ? ENTRY_LEVEL : 0));
    return true;
}

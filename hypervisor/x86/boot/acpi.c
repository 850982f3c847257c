/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "printf.h"
#include "types.h"
#include "x86/boot/acpi.h"
#include "x86/boot/boot_info.h"
#include "x86/paging.h"

struct acpi_info acpi_info = {.lapic = 0xfee00000};

/* Where fields are, in bytes from the start of their table. */
enum acpi_field {
    RSDP_REVISION = 15,
    RSDP_RSDT = 16,
    RSDP_XSDT = 24,
    RSDP_SIZE = 36,

    TABLE_LENGTH = 4,
    TABLE_HEADER = 36, /* bytes before what is a table's own */

    MADT_LAPIC_BASE = 36,
    MADT_ENTRIES = 44,

    FADT_DSDT = 40,
    FADT_PM1A = 64,
    FADT_PM1B = 68,
    FADT_PM_TIMER = 76,
    FADT_PM_TIMER_LENGTH = 91,
    FADT_FLAGS = 112,
    FADT_RESET_SPACE = 116,
    FADT_RESET_ADDRESS = 120,
    FADT_RESET_VALUE = 128,
    FADT_X_DSDT = 140,
};

#define FADT_HAS_RESET (1u << 10) /* in the flags */
#define SPACE_MEMORY   0
#define SPACE_IO       1

enum madt_type {
    MADT_LAPIC = 0,
    MADT_IOAPIC = 1,
    MADT_OVERRIDE = 2,
    MADT_LAPIC_ADDRESS = 5,
    MADT_X2APIC = 9,
};

static uint64_t get(const uint8_t *p, unsigned int bytes)
{
    uint64_t v = 0;

    memcpy(&v, p, bytes);
    return v;
}

static uint32_t length_of(const uint8_t *table)
{
    return (uint32_t)get(table + TABLE_LENGTH, 4);
}

static bool checksum_ok(const uint8_t *p, uint32_t n)
{
    uint8_t sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum = (uint8_t)(sum + p[i]);
    return sum == 0;
}

/* The whole table at pa, mapped; NULL if it is damaged. */
static const uint8_t *map_table(uint64_t pa)
{
    const uint8_t *t = paging_map_device(pa, TABLE_HEADER, true);
    uint32_t length = length_of(t);

    if (length < TABLE_HEADER || length > 16u << 20)
        return NULL;
    t = paging_map_device(pa, length, true);
    return checksum_ok(t, length) ? t : NULL;
}

static const uint8_t *find_rsdp(const struct boot_info *b)
{
    const uint8_t *bios;

    if (b->rsdp_size)
        return b->rsdp_copy;
    if (b->rsdp)
        return paging_map_device(b->rsdp, RSDP_SIZE, true);
    bios = paging_map_device(0xe0000, 0x20000, true);
    for (unsigned int i = 0; i + 20 <= 0x20000; i += 16)
        if (!memcmp(bios + i, "RSD PTR ", 8) && checksum_ok(bios + i, 20))
            return bios + i;
    return NULL;
}

static void add_cpu(uint32_t apic_id, uint32_t flags)
{
    struct acpi_info *a = &acpi_info;

    if (!(flags & 1)) /* not enabled */
        return;
    for (unsigned int i = 0; i < a->cpu_count; i++)
        if (a->apic_ids[i] == apic_id) /* listed in both ways */
            return;
    if (a->cpu_count == CONFIG_MAX_CPUS) {
        hv_printf(LOG_INFO, "CPU with APIC id %u stays off: more than %d\n",
                  apic_id, CONFIG_MAX_CPUS);
        return;
    }
    a->apic_ids[a->cpu_count++] = apic_id;
}

static void read_madt_entry(const uint8_t *p, uint8_t length)
{
    struct acpi_info *a = &acpi_info;
    uint32_t at4 = length >= 8 ? (uint32_t)get(p + 4, 4) : 0;
    uint32_t at8 = length >= 12 ? (uint32_t)get(p + 8, 4) : 0;

    if (p[0] == MADT_LAPIC && length >= 8)
        add_cpu(p[3], at4);
    else if (p[0] == MADT_X2APIC && length >= 16)
        add_cpu(at4, at8);
    else if (p[0] == MADT_LAPIC_ADDRESS && length >= 12)
        a->lapic = get(p + 4, 8);
    else if (p[0] == MADT_IOAPIC && length >= 12 &&
             (!a->ioapic || at8 < a->ioapic_gsi)) {
        a->ioapic = at4;
        a->ioapic_gsi = at8;
    } else if (p[0] == MADT_OVERRIDE && length >= 10 && p[3] < 16) {
        a->isa[p[3]] = (struct acpi_isa_irq){
            .moved = true,
            .level = (p[8] >> 2 & 3) == 3,
            .low = (p[8] & 3) == 3,
            .gsi = at4,
        };
    }
}

static void read_madt(const uint8_t *madt)
{
    const uint8_t *p = madt + MADT_ENTRIES, *end = madt + length_of(madt);

    if (p > end)
        return;
    acpi_info.lapic = get(madt + MADT_LAPIC_BASE, 4);
    for (; p + 2 <= end && p[1] >= 2 && p + p[1] <= end; p += p[1])
        read_madt_entry(p, p[1]);
}

/* One integer of AML: ZeroOp, OneOp, or BytePrefix and a byte. */
static const uint8_t *aml_byte(const uint8_t *p, uint8_t *value)
{
    if (*p == 0x0a)
        p++;
    *value = *p;
    return p + 1;
}

/*
 * NameOp "_S5_" PackageOp PkgLength NumElements a b ...; the name may be
 * written "\_S5_".
 */
static void read_s5(const uint8_t *dsdt)
{
    const uint8_t *p = dsdt + TABLE_HEADER, *end = dsdt + length_of(dsdt);

    for (; p + 16 < end; p++) {
        if (memcmp(p, "_S5_", 4) || p[4] != 0x12 ||
            !(p[-1] == 0x08 || (p[-1] == '\\' && p[-2] == 0x08)))
            continue;
        p += 5;
        p += (*p >> 6) + 2; /* PkgLength, NumElements */
        p = aml_byte(p, &acpi_info.s5_a);
        aml_byte(p, &acpi_info.s5_b);
        acpi_info.s5_known = true;
        return;
    }
}

static void read_reset(const uint8_t *fadt)
{
    struct acpi_info *a = &acpi_info;
    uint8_t space;

    if (length_of(fadt) <= FADT_RESET_VALUE ||
        !(get(fadt + FADT_FLAGS, 4) & FADT_HAS_RESET))
        return;
    space = fadt[FADT_RESET_SPACE];
    if (space != SPACE_IO && space != SPACE_MEMORY)
        return;
    a->reset_known = true;
    a->reset_is_port = space == SPACE_IO;
    a->reset_address = get(fadt + FADT_RESET_ADDRESS, 8);
    a->reset_value = fadt[FADT_RESET_VALUE];
    if (!a->reset_is_port)
        a->reset_address =
            (uint64_t)paging_map_device(a->reset_address, 1, false);
}

static void read_fadt(const uint8_t *fadt)
{
    struct acpi_info *a = &acpi_info;
    uint64_t dsdt_pa;
    const uint8_t *dsdt;

    if (length_of(fadt) < FADT_RESET_SPACE)
        return;
    if (fadt[FADT_PM_TIMER_LENGTH] == 4)
        a->pm_timer = (uint16_t)get(fadt + FADT_PM_TIMER, 2);
    a->pm1a = (uint16_t)get(fadt + FADT_PM1A, 2);
    a->pm1b = (uint16_t)get(fadt + FADT_PM1B, 2);
    read_reset(fadt);
    dsdt_pa = get(fadt + FADT_DSDT, 4);
    if (!dsdt_pa && length_of(fadt) >= FADT_X_DSDT + 8)
        dsdt_pa = get(fadt + FADT_X_DSDT, 8);
    dsdt = dsdt_pa ? map_table(dsdt_pa) : NULL;
    if (dsdt)
        read_s5(dsdt);
}

void acpi_init(const struct boot_info *b)
{
    const uint8_t *rsdp = find_rsdp(b), *root = NULL, *t;
    unsigned int width = 4;

    if (rsdp && rsdp[RSDP_REVISION] >= 2 && get(rsdp + RSDP_XSDT, 8)) {
        root = map_table(get(rsdp + RSDP_XSDT, 8));
        width = 8;
    } else if (rsdp) {
        root = map_table(get(rsdp + RSDP_RSDT, 4));
    }
    if (!root) {
        hv_printf(LOG_ERROR, "no ACPI tables: one CPU, legacy reset only\n");
        return;
    }
    for (uint32_t at = TABLE_HEADER; at + width <= length_of(root);
         at += width) {
        t = map_table(get(root + at, width));
        if (t && !memcmp(t, "APIC", 4))
            read_madt(t);
        else if (t && !memcmp(t, "FACP", 4))
            read_fadt(t);
    }
}

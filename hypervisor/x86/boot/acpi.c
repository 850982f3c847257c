/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "printf.h"
#include "types.h"
#include "x86/boot/acpi.h"
#include "x86/boot/boot_info.h"
#include "x86/paging.h"

struct acpi_info acpi_info = {.lapic = 0xfee00000};

struct acpi_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));

struct acpi_rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t extended_checksum, reserved[3];
} __attribute__((packed));

struct acpi_address {
    uint8_t space, width, offset, access;
    uint64_t address;
} __attribute__((packed));

#define SPACE_MEMORY 0
#define SPACE_IO     1

struct acpi_fadt {
    struct acpi_header h;
    uint32_t facs, dsdt;
    uint8_t reserved0, profile;
    uint16_t sci;
    uint32_t smi_command;
    uint8_t acpi_enable, acpi_disable, s4bios, pstate;
    uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control;
    uint32_t pm_timer, gpe0, gpe1;
    uint8_t pm1_event_len, pm1_control_len, pm2_control_len, pm_timer_len;
    uint8_t gpe0_len, gpe1_len, gpe1_base, cst;
    uint16_t c2_latency, c3_latency, flush_size, flush_stride;
    uint8_t duty_offset, duty_width, day_alarm, month_alarm, century;
    uint16_t boot_flags;
    uint8_t reserved1;
    uint32_t flags;
    struct acpi_address reset;
    uint8_t reset_value;
    uint16_t arm_flags;
    uint8_t minor;
    uint64_t x_facs, x_dsdt;
} __attribute__((packed));

#define FADT_RESET (1u << 10)

struct acpi_madt {
    struct acpi_header h;
    uint32_t lapic, flags;
} __attribute__((packed));

enum madt_type {
    MADT_LAPIC = 0,
    MADT_IOAPIC = 1,
    MADT_OVERRIDE = 2,
    MADT_LAPIC_ADDRESS = 5,
    MADT_X2APIC = 9,
};

static bool checksum_ok(const void *p, uint32_t n)
{
    const uint8_t *b = p;
    uint8_t sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum = (uint8_t)(sum + b[i]);
    return sum == 0;
}

/* The whole table at pa, mapped; NULL if it is damaged. */
static const struct acpi_header *map_table(uint64_t pa)
{
    const struct acpi_header *h = paging_map_device(pa, sizeof(*h), true);
    uint32_t length = h->length;

    if (length < sizeof(*h) || length > 16u << 20)
        return NULL;
    h = paging_map_device(pa, length, true);
    return checksum_ok(h, length) ? h : NULL;
}

static const struct acpi_rsdp *find_rsdp(const struct boot_info *b)
{
    const char *bios;

    if (b->rsdp_size)
        return (const void *)b->rsdp_copy;
    if (b->rsdp)
        return paging_map_device(b->rsdp, sizeof(struct acpi_rsdp), true);
    bios = paging_map_device(0xe0000, 0x20000, true);
    for (unsigned int i = 0; i < 0x20000; i += 16)
        if (!memcmp(bios + i, "RSD PTR ", 8) && checksum_ok(bios + i, 20))
            return (const void *)(bios + i);
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

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static void read_madt_entry(const uint8_t *p, uint8_t length)
{
    struct acpi_info *a = &acpi_info;

    if (p[0] == MADT_LAPIC && length >= 8)
        add_cpu(p[3], get32(p + 4));
    else if (p[0] == MADT_X2APIC && length >= 16)
        add_cpu(get32(p + 4), get32(p + 8));
    else if (p[0] == MADT_LAPIC_ADDRESS && length >= 12)
        memcpy(&a->lapic, p + 4, sizeof(a->lapic));
    else if (p[0] == MADT_IOAPIC && length >= 12 &&
             (!a->ioapic || get32(p + 8) < a->ioapic_gsi)) {
        a->ioapic = get32(p + 4);
        a->ioapic_gsi = get32(p + 8);
    } else if (p[0] == MADT_OVERRIDE && length >= 10 && p[3] < 16) {
        a->isa[p[3]] = (struct acpi_isa_irq){
            .moved = true,
            .level = (p[8] >> 2 & 3) == 3,
            .low = (p[8] & 3) == 3,
            .gsi = get32(p + 4),
        };
    }
}

static void read_madt(const struct acpi_header *h)
{
    const struct acpi_madt *m = (const void *)h;
    const uint8_t *p = (const uint8_t *)(m + 1);
    const uint8_t *end = (const uint8_t *)h + h->length;

    acpi_info.lapic = m->lapic;
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
static void read_s5(const struct acpi_header *dsdt)
{
    const uint8_t *p = (const uint8_t *)(dsdt + 1);
    const uint8_t *end = (const uint8_t *)dsdt + dsdt->length;

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

static void read_reset(const struct acpi_fadt *f)
{
    struct acpi_info *a = &acpi_info;

    if (f->h.length < offsetof(struct acpi_fadt, arm_flags) ||
        !(f->flags & FADT_RESET))
        return;
    if (f->reset.space != SPACE_IO && f->reset.space != SPACE_MEMORY)
        return;
    a->reset_is_port = f->reset.space == SPACE_IO;
    a->reset_address = f->reset.address;
    a->reset_value = f->reset_value;
    if (!a->reset_is_port)
        a->reset_address =
            (uint64_t)paging_map_device(f->reset.address, 1, false);
    a->reset_known = true;
}

static void read_fadt(const struct acpi_header *h)
{
    const struct acpi_fadt *f = (const void *)h;
    struct acpi_info *a = &acpi_info;
    const struct acpi_header *dsdt;
    uint64_t dsdt_pa;

    if (h->length < offsetof(struct acpi_fadt, reset))
        return;
    a->pm_timer = f->pm_timer_len == 4 ? (uint16_t)f->pm_timer : 0;
    a->pm1a = (uint16_t)f->pm1a_control;
    a->pm1b = (uint16_t)f->pm1b_control;
    read_reset(f);
    dsdt_pa = f->dsdt;
    if (!dsdt_pa && h->length >= sizeof(*f))
        dsdt_pa = f->x_dsdt;
    dsdt = dsdt_pa ? map_table(dsdt_pa) : NULL;
    if (dsdt)
        read_s5(dsdt);
}

static void read_table(uint64_t pa)
{
    const struct acpi_header *h = map_table(pa);

    if (h && !memcmp(h->signature, "APIC", 4))
        read_madt(h);
    else if (h && !memcmp(h->signature, "FACP", 4))
        read_fadt(h);
}

void acpi_init(const struct boot_info *b)
{
    const struct acpi_rsdp *rsdp = find_rsdp(b);
    const struct acpi_header *root = NULL;
    unsigned int width = 4;

    if (rsdp && rsdp->revision >= 2 && rsdp->xsdt) {
        root = map_table(rsdp->xsdt);
        width = 8;
    } else if (rsdp) {
        root = map_table(rsdp->rsdt);
    }
    if (!root) {
        hv_printf(LOG_ERROR, "no ACPI tables: one CPU, legacy reset only\n");
        return;
    }
    for (uint32_t at = sizeof(*root); at + width <= root->length; at += width) {
        uint64_t pa = 0;

        memcpy(&pa, (const char *)root + at, width);
        read_table(pa);
    }
}

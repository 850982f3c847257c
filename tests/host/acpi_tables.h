/* SPDX-License-Identifier: MIT */
/*
 * A firmware's tables in physical memory that is played: a map of it is a
 * copy of exactly the bytes that were asked for.
 */
#ifndef HOST_ACPI_TABLES_H
#define HOST_ACPI_TABLES_H

#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "fake/fake.h"
#include "x86/boot/acpi.h"
#include "x86/boot/boot_info.h"
#include "x86/paging.h"

/* Where the tables are. */
#define RSDP_PA 0x7fe0014
#define ROOT_PA 0x7fe1000
#define MADT_PA 0x7fe2004
#define FADT_PA 0x7fe3008
#define DSDT_PA 0x7fe4000
#define BIOS_PA 0xe0000

#define PIECES     8
#define BIOS_BYTES 0x20000
#define MAPS_MAX   4096

/* Physical memory: 0xff but for these. */
static struct piece {
    uint64_t pa;
    uint32_t size;
    uint8_t bytes[BIOS_BYTES + 64];
} pieces[PIECES];
static unsigned int piece_count;

static void *maps[MAPS_MAX];
static unsigned int map_count;

static struct boot_info info;

/* Exactly so many bytes: ASan sees a read of one more. */
void *paging_map_device(uint64_t pa, uint64_t size, bool cached)
{
    uint8_t *map = malloc(size);

    ck_assert_uint_lt(map_count, MAPS_MAX);
    maps[map_count++] = map;
    memset(map, 0xff, size);
    for (unsigned int i = 0; i < piece_count; i++) {
        const struct piece *p = &pieces[i];
        uint64_t from = pa > p->pa ? pa : p->pa;
        uint64_t end =
            pa + size < p->pa + p->size ? pa + size : p->pa + p->size;

        if (from < end)
            memcpy(map + (from - pa), p->bytes + (from - p->pa), end - from);
    }
    return map;
}

static inline void forget_maps(void)
{
    while (map_count > 0)
        free(maps[--map_count]);
}

static inline void begin(void)
{
    forget_maps();
    memset(&info, 0, sizeof(info));
    acpi_info = (struct acpi_info){.lapic = 0xfee00000};
    for (unsigned int i = 0; i < piece_count; i++)
        pieces[i].size = 0;
    piece_count = 0;
    fake.console_length = 0;
}

/* ----------------------------------------------------------------- tables */

static inline void put(struct piece *p, uint64_t value, unsigned int bytes)
{
    memcpy(p->bytes + p->size, &value, bytes);
    p->size += bytes;
}

static inline void fill(struct piece *p, uint32_t size)
{
    memset(p->bytes + p->size, 0, size - p->size);
    p->size = size;
}

static inline struct piece *piece(uint64_t pa)
{
    struct piece *p = &pieces[piece_count++];

    ck_assert_uint_le(piece_count, PIECES);
    p->pa = pa;
    p->size = 0;
    return p;
}

/* So that n bytes from `from` on sum to 0, by the one at `at`. */
static inline void set_sum(struct piece *p, uint32_t from, uint32_t n,
                           uint32_t at)
{
    uint8_t sum = 0;

    p->bytes[from + at] = 0;
    for (uint32_t i = 0; i < n; i++)
        sum = (uint8_t)(sum + p->bytes[from + i]);
    p->bytes[from + at] = (uint8_t)-sum;
}

static inline struct piece *table(uint64_t pa, const char *name)
{
    struct piece *p = piece(pa);

    memcpy(p->bytes, name, 4);
    p->size = 4;
    fill(p, 36);
    return p;
}

/* Its length, as it is or as it claims, and a sum that fits. */
static inline void finish_as(struct piece *p, uint32_t length)
{
    memcpy(p->bytes + 4, &length, 4);
    set_sum(p, 0, length < p->size ? length : p->size, 9);
}

static inline void finish(struct piece *p)
{
    finish_as(p, p->size);
}

static inline void put_rsdp(struct piece *p, unsigned int revision)
{
    uint32_t from = p->size;

    memcpy(p->bytes + p->size, "RSD PTR \0VIREO ", 15);
    p->size += 15;
    put(p, revision, 1);
    put(p, revision < 2 ? ROOT_PA : 0, 4);
    if (revision >= 2) {
        put(p, 36, 4);
        put(p, ROOT_PA, 8);
        put(p, 0, 4);
    }
    set_sum(p, from, 20, 8);
    info.rsdp = p->pa + from;
}

/* A root table with these tables in it, and its pointer. */
static inline struct piece *put_root(unsigned int revision, const uint64_t *pa,
                                     unsigned int n)
{
    struct piece *p;

    put_rsdp(piece(RSDP_PA), revision);
    p = table(ROOT_PA, revision < 2 ? "RSDT" : "XSDT");
    for (unsigned int i = 0; i < n; i++)
        put(p, pa[i], revision < 2 ? 4 : 8);
    finish(p);
    return p;
}

static inline struct piece *begin_with(uint64_t pa)
{
    begin();
    return put_root(2, &pa, 1);
}

static inline struct piece *madt(void)
{
    struct piece *p = table(MADT_PA, "APIC");

    put(p, 0xfee01000, 4);
    put(p, 1, 4);
    return p;
}

static inline void put_lapic(struct piece *p, uint8_t id, uint32_t flags)
{
    put(p, 0, 1);
    put(p, 8, 1);
    put(p, 7, 1);
    put(p, id, 1);
    put(p, flags, 4);
}

static inline void put_x2apic(struct piece *p, uint32_t id, uint32_t flags)
{
    put(p, 9, 1);
    put(p, 16, 1);
    put(p, 0, 2);
    put(p, id, 4);
    put(p, flags, 4);
    put(p, 0, 4);
}

static inline void put_ioapic(struct piece *p, uint32_t pa, uint32_t gsi)
{
    put(p, 1, 1);
    put(p, 12, 1);
    put(p, 0, 2);
    put(p, pa, 4);
    put(p, gsi, 4);
}

/* The fields of a FADT of 276 bytes; length may say less. */
static inline void put_fadt(uint32_t length, uint8_t space, uint64_t dsdt)
{
    struct piece *p = table(FADT_PA, "FACP");

    fill(p, 40);
    put(p, dsdt, 4);
    fill(p, 64);
    put(p, 0x604, 4);
    put(p, 0x644, 4);
    fill(p, 76);
    put(p, 0x608, 4);
    fill(p, 91);
    put(p, 4, 1);
    fill(p, 112);
    put(p, 1u << 10, 4);
    put(p, space, 1);
    fill(p, 120);
    put(p, 0xcf9, 8);
    put(p, 0x0f, 1);
    fill(p, 276);
    p->size = length;
    finish(p);
}

/* Name(_S5_, Package(4) {5, 7, ...}), and what is around it. */
static const char soft_off[] =
    "....\x08_S5_\x12\x06\x04\x0a\x05\x0a\x07............";

static inline void put_dsdt(const void *aml, uint32_t n)
{
    struct piece *p = table(DSDT_PA, "DSDT");

    memcpy(p->bytes + p->size, aml, n);
    p->size += n;
    finish(p);
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/x86/boot/acpi.c: what is taken from the firmware's tables, and
 * that damaged ones are not read beyond what was mapped of them.
 */
#include "acpi_tables.h"

/* ------------------------------------------------------------------- root */

START_TEST(tables_are_found_by_either_root)
{
    const uint64_t pa[] = {0, FADT_PA, MADT_PA, ROOT_PA};

    for (unsigned int revision = 0; revision <= 2; revision++) {
        struct piece *p;

        begin();
        p = put_root(revision, pa, 4);
        put(p, 0, 3); /* and a part of one more */
        finish(p);
        put_fadt(276, 1, 0);
        p = madt();
        put_lapic(p, 3, 1);
        finish(p);
        acpi_init(&info);
        ck_assert_uint_eq(acpi_info.cpu_count, 1);
        ck_assert_uint_eq(acpi_info.apic_ids[0], 3);
        ck_assert_uint_eq(acpi_info.lapic, 0xfee01000);
        ck_assert_uint_eq(acpi_info.pm_timer, 0x608);
    }
}
END_TEST

START_TEST(a_copy_of_the_root_pointer_is_used_first)
{
    const uint64_t pa[] = {MADT_PA};
    struct piece *p;

    begin();
    put_root(0, pa, 1);
    memcpy(info.rsdp_copy, pieces[0].bytes, 20);
    info.rsdp_size = 20;
    info.rsdp = 0x1234;
    p = madt();
    put_lapic(p, 3, 1);
    finish(p);
    acpi_init(&info);
    ck_assert_uint_eq(acpi_info.cpu_count, 1);
}
END_TEST

/* The last place there is room for one, and what begins like one there. */
START_TEST(the_firmwares_memory_is_searched_to_its_end)
{
    const uint32_t places[] = {0, 0x500, BIOS_BYTES - 32, BIOS_BYTES - 16};
    const uint64_t pa[] = {MADT_PA};

    for (unsigned int i = 0; i < 4; i++) {
        struct piece *p;

        begin();
        put_root(0, pa, 1);
        p = madt();
        put_lapic(p, 3, 1);
        finish(p);
        p = piece(BIOS_PA);
        fill(p, places[i]);
        put_rsdp(p, 0);
        if (p->size > BIOS_BYTES)
            p->size = BIOS_BYTES;
        info.rsdp = 0; /* nobody says where */
        acpi_init(&info);
        ck_assert_uint_eq(acpi_info.cpu_count, places[i] < BIOS_BYTES - 16);
    }
}
END_TEST

START_TEST(without_tables_there_is_one_cpu_and_a_message)
{
    begin();
    acpi_init(&info);
    ck_assert_uint_eq(acpi_info.cpu_count, 0);
    ck_assert_ptr_nonnull(strstr(fake.console, "no ACPI tables"));
    begin();
    put_rsdp(piece(RSDP_PA), 2); /* its root is 0xff */
    acpi_init(&info);
    ck_assert_ptr_nonnull(strstr(fake.console, "no ACPI tables"));
}
END_TEST

/* Lengths that lie, and sums that are wrong: as if it were not there. */
START_TEST(a_damaged_table_is_passed_over)
{
    const uint32_t lies[] = {0, 1, 35, 16u << 20 | 1, UINT32_MAX};

    for (unsigned int i = 0; i < 5; i++) {
        struct piece *p;

        begin_with(MADT_PA);
        p = madt();
        put_lapic(p, 3, 1);
        finish_as(p, lies[i]);
        acpi_init(&info);
        ck_assert_uint_eq(acpi_info.cpu_count, 0);
        finish(p);
        p->bytes[40]++;
        acpi_init(&info);
        ck_assert_uint_eq(acpi_info.cpu_count, 0);
        p = &pieces[1];
        finish_as(p, lies[i]);
        acpi_init(&info);
        ck_assert_ptr_nonnull(strstr(fake.console, "no ACPI tables"));
    }
}
END_TEST

/* ------------------------------------------------------------------- MADT */

START_TEST(cpus_are_counted_once_and_up_to_the_limit)
{
    struct piece *p;

    begin_with(MADT_PA);
    p = madt();
    put_lapic(p, 0, 1);
    put_x2apic(p, 0, 1); /* listed in both ways */
    put_lapic(p, 1, 0);  /* not there */
    put_lapic(p, 2, 2);  /* not yet */
    put_x2apic(p, 0x12345, 1);
    for (uint32_t i = 0; i < 1000; i++)
        put_x2apic(p, 1000 + i, 1);
    finish(p);
    acpi_init(&info);
    ck_assert_uint_eq(acpi_info.cpu_count, CONFIG_MAX_CPUS);
    ck_assert_uint_eq(acpi_info.apic_ids[0], 0);
    ck_assert_uint_eq(acpi_info.apic_ids[1], 0x12345);
    ck_assert_uint_eq(acpi_info.apic_ids[2], 1000);
}
END_TEST

START_TEST(interrupts_go_to_the_first_controller_as_overridden)
{
    struct piece *p;

    begin_with(MADT_PA);
    p = madt();
    put_ioapic(p, 0xfec10000, 24);
    put_ioapic(p, 0xfec00000, 0);
    put_ioapic(p, 0xfec20000, 48);
    put(p, 0x00000a02, 4); /* override: bus 0, irq 0 */
    put(p, 2, 4);
    put(p, 0, 2);
    put(p, 0x09000a02, 4); /* irq 9: level, low */
    put(p, 9, 4);
    put(p, 0xf, 2);
    put(p, 0x10000a02, 4); /* irq 16 is none of ISA's */
    put(p, 9, 4);
    put(p, 0xf, 2);
    put(p, 0x00000c05, 4); /* the local APIC is elsewhere */
    put(p, 0x1fee00000, 8);
    finish(p);
    acpi_init(&info);
    ck_assert_uint_eq(acpi_info.ioapic, 0xfec00000);
    ck_assert_uint_eq(acpi_info.ioapic_gsi, 0);
    ck_assert(acpi_info.isa[0].moved && acpi_info.isa[0].gsi == 2);
    ck_assert(!acpi_info.isa[0].level && !acpi_info.isa[0].low);
    ck_assert(acpi_info.isa[9].level && acpi_info.isa[9].low);
    ck_assert_uint_eq(acpi_info.lapic, 0x1fee00000);
}
END_TEST

/* Too short for their type, without a length, over the end of the table. */
START_TEST(entries_that_lie_about_their_length_end_the_list)
{
    for (unsigned int type = 0; type < 12; type++)
        for (unsigned int length = 0; length < 20; length++) {
            struct piece *p;

            begin_with(MADT_PA);
            p = madt();
            put(p, type, 1);
            put(p, length, 1);
            finish(p);
            acpi_init(&info);
            ck_assert_uint_eq(acpi_info.cpu_count, 0);
            ck_assert_uint_eq(acpi_info.ioapic, 0);
        }
    begin_with(MADT_PA);
    madt()->size = 43; /* no entries, and less */
    finish(&pieces[2]);
    acpi_init(&info);
    ck_assert_uint_eq(acpi_info.lapic, 0xfee00000);
}
END_TEST

/* ------------------------------------------------------------------- FADT */

START_TEST(a_fadt_says_how_to_reset_and_turn_off)
{
    begin_with(FADT_PA);
    put_fadt(276, 1, DSDT_PA);
    put_dsdt(soft_off, sizeof(soft_off));
    acpi_init(&info);
    ck_assert_uint_eq(acpi_info.pm1a, 0x604);
    ck_assert_uint_eq(acpi_info.pm1b, 0x644);
    ck_assert(acpi_info.reset_known && acpi_info.reset_is_port);
    ck_assert_uint_eq(acpi_info.reset_address, 0xcf9);
    ck_assert_uint_eq(acpi_info.reset_value, 0x0f);
    ck_assert(acpi_info.s5_known);
    ck_assert_uint_eq(acpi_info.s5_a, 5);
    ck_assert_uint_eq(acpi_info.s5_b, 7);
}
END_TEST

START_TEST(a_short_fadt_says_less)
{
    for (uint32_t length = 36; length <= 148; length++) {
        begin_with(FADT_PA);
        put_fadt(length, 1, 0);
        acpi_init(&info);
        ck_assert_int_eq(acpi_info.reset_known, length > 128);
        ck_assert_uint_eq(acpi_info.pm_timer, length >= 116 ? 0x608 : 0);
    }
}
END_TEST

START_TEST(a_reset_elsewhere_than_in_ports_or_memory_is_none)
{
    begin_with(FADT_PA);
    put_fadt(276, 2, 0);
    acpi_init(&info);
    ck_assert(!acpi_info.reset_known);
    begin_with(FADT_PA);
    put_fadt(276, 0, 0);
    acpi_init(&info);
    ck_assert(acpi_info.reset_known && !acpi_info.reset_is_port);
    ck_assert_ptr_eq((void *)acpi_info.reset_address, maps[map_count - 1]);
}
END_TEST

/* At every distance from the end of the table, and in every form. */
START_TEST(the_values_of_s5_are_read_inside_of_the_table)
{
    static const char aml[] =
        "\x08\\_S5_\x12\xc6\1\2\3\4\x0a\x05\x01............";
    struct piece *p;

    for (uint32_t n = 0; n < sizeof(aml); n++) {
        begin_with(FADT_PA);
        put_fadt(276, 1, DSDT_PA);
        put_dsdt(aml, n);
        acpi_init(&info);
    }
    ck_assert(acpi_info.s5_known);
    ck_assert_uint_eq(acpi_info.s5_a, 5);
    ck_assert_uint_eq(acpi_info.s5_b, 1);
    /* A table that is its own DSDT, and one that is the root. */
    begin_with(FADT_PA);
    put_fadt(276, 1, FADT_PA);
    acpi_init(&info);
    ck_assert(!acpi_info.s5_known);
    p = begin_with(FADT_PA);
    put_fadt(276, 1, p->pa);
    acpi_init(&info);
    ck_assert(!acpi_info.s5_known);
}
END_TEST

/* ----------------------------------------------------------------- random */

START_TEST(any_damage_is_read_inside_of_what_is_mapped)
{
    static const uint64_t pa[] = {FADT_PA, MADT_PA};
    struct random r = random_start(0x5eed0053);

    for (unsigned int n = 0; n < 5000; n++) {
        struct piece *p;

        begin();
        put_root(n % 3, pa, 2);
        put_fadt(116 + (uint32_t)random_below(&r, 160), 1, DSDT_PA);
        put_dsdt(soft_off, sizeof(soft_off));
        p = madt();
        for (uint8_t i = 0; i < 4; i++)
            put_lapic(p, i, 1);
        put_ioapic(p, 0xfec00000, 0);
        for (unsigned int i = 0; i < 3; i++) {
            p = &pieces[1 + random_below(&r, piece_count - 1)];
            p->bytes[36 + random_below(&r, p->size - 36)] =
                (uint8_t)random_next(&r);
            finish(p);
        }
        acpi_init(&info);
        ck_assert_uint_le(acpi_info.cpu_count, CONFIG_MAX_CPUS);
    }
    begin();
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("acpi");
    TCase *t = tcase_create("root");

    tcase_add_test(t, tables_are_found_by_either_root);
    tcase_add_test(t, a_copy_of_the_root_pointer_is_used_first);
    tcase_add_test(t, the_firmwares_memory_is_searched_to_its_end);
    tcase_add_test(t, without_tables_there_is_one_cpu_and_a_message);
    tcase_add_test(t, a_damaged_table_is_passed_over);
    suite_add_tcase(s, t);

    t = tcase_create("madt");
    tcase_add_test(t, cpus_are_counted_once_and_up_to_the_limit);
    tcase_add_test(t, interrupts_go_to_the_first_controller_as_overridden);
    tcase_add_test(t, entries_that_lie_about_their_length_end_the_list);
    suite_add_tcase(s, t);

    t = tcase_create("fadt");
    tcase_add_test(t, a_fadt_says_how_to_reset_and_turn_off);
    tcase_add_test(t, a_short_fadt_says_less);
    tcase_add_test(t, a_reset_elsewhere_than_in_ports_or_memory_is_none);
    tcase_add_test(t, the_values_of_s5_are_read_inside_of_the_table);
    suite_add_tcase(s, t);

    t = tcase_create("random");
    tcase_add_test(t, any_damage_is_read_inside_of_what_is_mapped);
    suite_add_tcase(s, t);
    return s;
}

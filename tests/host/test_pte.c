/* SPDX-License-Identifier: MIT */
/* hypervisor/core/mm/table.h: the rules that need no state. */
#include "suite.h"

#include "mm/table.h"

#define FRAME 0x1234000ul

START_TEST(kernel_pages_are_marked_and_never_global)
{
    uint64_t e = FRAME | PTE_P | PTE_RW;

    ck_assert_uint_eq(pte_adjust(1, e), e | PTE_US | PTE_GUEST_KERNEL);
    ck_assert_uint_eq(pte_adjust(1, e | PTE_G), e | PTE_US | PTE_GUEST_KERNEL);
    /* What the guest reads back, it may write again. */
    ck_assert_uint_eq(pte_adjust(1, pte_adjust(1, e)), pte_adjust(1, e));
}
END_TEST

START_TEST(user_pages_are_global)
{
    uint64_t e = FRAME | PTE_P | PTE_US;

    ck_assert_uint_eq(pte_adjust(1, e), e | PTE_G);
    ck_assert_uint_eq(pte_adjust(1, pte_adjust(1, e)), pte_adjust(1, e));
}
END_TEST

START_TEST(upper_entries_get_us_and_absent_ones_nothing)
{
    ck_assert_uint_eq(pte_adjust(2, FRAME | PTE_P), FRAME | PTE_P | PTE_US);
    ck_assert_uint_eq(pte_adjust(3, FRAME | PTE_P), FRAME | PTE_P | PTE_US);
    ck_assert_uint_eq(pte_adjust(4, FRAME | PTE_P),
                      FRAME | PTE_P | PTE_US | PTE_A);
    for (unsigned int level = 1; level <= 4; level++)
        ck_assert_uint_eq(pte_adjust(level, FRAME | PTE_RW), FRAME | PTE_RW);
}
END_TEST

/* XSA-148: a superpage would be a window on any memory. */
START_TEST(superpages_and_global_upper_entries_are_refused)
{
    for (unsigned int level = 2; level <= 4; level++) {
        ck_assert(pte_flags_ok(
            level, PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | PTE_NX | 0xe00,
            false));
        ck_assert(!pte_flags_ok(level, PTE_P | PTE_PSE, true));
        ck_assert(!pte_flags_ok(level, PTE_P | PTE_G, true));
        ck_assert(!pte_flags_ok(level, PTE_P | PTE_PWT, true));
        ck_assert(!pte_flags_ok(level, PTE_P | PTE_PCD, true));
    }
}
END_TEST

START_TEST(cache_attributes_are_for_owners_of_devices)
{
    const uint64_t bits[] = {PTE_PWT, PTE_PCD, PTE_PAT};

    for (unsigned int i = 0; i < 3; i++) {
        ck_assert(!pte_flags_ok(1, PTE_P | bits[i], false));
        ck_assert(pte_flags_ok(1, PTE_P | bits[i], true));
    }
    /* Every available bit is the guest's, bit 62 too. */
    ck_assert(pte_flags_ok(1, PTE_P | PTE_G | 0x7ff0000000000e00, false));
}
END_TEST

START_TEST(the_same_target_needs_the_same_right_to_write)
{
    uint64_t e = FRAME | PTE_P;

    ck_assert(pte_same_target(1, e, e | PTE_A | PTE_D | PTE_NX | PTE_US));
    ck_assert(!pte_same_target(1, e, e | PTE_RW));
    ck_assert(!pte_same_target(1, e | PTE_RW, e));
    ck_assert(!pte_same_target(1, e, e | PTE_PCD));
    ck_assert(!pte_same_target(1, e, e + PAGE_SIZE));
    ck_assert(!pte_same_target(1, e, e & ~PTE_P));
    ck_assert(!pte_same_target(1, e & ~PTE_P, e & ~PTE_P));
    /* Tables are referenced as tables, whatever the entry allows. */
    ck_assert(pte_same_target(2, e, e | PTE_RW));
}
END_TEST

START_TEST(addresses_in_the_hole_and_non_canonical_ones_are_not_the_guest_s)
{
    ck_assert(va_is_guest(0));
    ck_assert(va_is_guest(0x00007fffffffffff));
    ck_assert(!va_is_guest(0x0000800000000000));
    ck_assert(!va_is_guest(0xffff7fffffffffff));
    ck_assert(!va_is_guest(0xffff800000000000));
    ck_assert(!va_is_guest(0xffff87ffffffffff));
    ck_assert(va_is_guest(0xffff880000000000));
    ck_assert(va_is_guest(~0ul));
    ck_assert(!pte_slot_is_hv(4, 255) && pte_slot_is_hv(4, 256));
    ck_assert(pte_slot_is_hv(4, 271) && !pte_slot_is_hv(4, 272));
    ck_assert(!pte_slot_is_hv(3, 256));
    ck_assert_uint_eq(pte_index(0xffff880000000000, 4), 272);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("pte");
    TCase *t = tcase_create("pte");

    tcase_add_test(t, kernel_pages_are_marked_and_never_global);
    tcase_add_test(t, user_pages_are_global);
    tcase_add_test(t, upper_entries_get_us_and_absent_ones_nothing);
    tcase_add_test(t, superpages_and_global_upper_entries_are_refused);
    tcase_add_test(t, cache_attributes_are_for_owners_of_devices);
    tcase_add_test(t, the_same_target_needs_the_same_right_to_write);
    tcase_add_test(
        t, addresses_in_the_hole_and_non_canonical_ones_are_not_the_guest_s);
    suite_add_tcase(s, t);
    return s;
}

/* SPDX-License-Identifier: MIT */
/* hypervisor/core/mm/mmuext.c, and types as guests meet them: pins. */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include "fake/machine.h"

START_TEST(pin_checks_a_tree_and_unpin_lets_go_of_it)
{
    struct hv *hv = machine_with_domains(1, 8);
    struct domain *d = machine_domain(hv, 0);
    struct vcpu *v = machine_vcpu(hv, 0);
    struct tree t = write_tree(d, 0);
    mfn_t data = domain_frame(d, 4);

    poke(t.l1, 7, pte_make(data, PTE_DATA));
    ck_assert_int_eq(call_mmuext(v, MMUEXT_PIN_L4_TABLE, t.l4.n, 0), 0);
    ck_assert_uint_eq(last_done, 1);
    ck_assert(frame_is(frame_of(hv, t.l4), FRAME_L4));
    ck_assert(frame_is(frame_of(hv, t.l1), FRAME_L1));
    ck_assert(frame_is(frame_of(hv, data), FRAME_WRITABLE));
    ck_assert_uint_eq(peek(t.l1, 7),
                      pte_make(data, PTE_DATA | PTE_US | PTE_GUEST_KERNEL));
    machine_check(hv, NULL, 0);

    ck_assert_int_eq(call_mmuext(v, MMUEXT_UNPIN_TABLE, t.l4.n, 0), 0);
    ck_assert(!frame_is(frame_of(hv, t.l1), FRAME_L1));
    ck_assert(!frame_is(frame_of(hv, data), FRAME_WRITABLE));
    machine_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("mmuext");
    TCase *t = tcase_create("pin");

    tcase_add_test(t, pin_checks_a_tree_and_unpin_lets_go_of_it);
    suite_add_tcase(s, t);
    return s;
}

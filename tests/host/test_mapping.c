/* SPDX-License-Identifier: MIT */
/* hypervisor/core/mm/mapping.c: the entry that maps an address. */
#include <errno.h>
#include <string.h>

#include "mm/alloc.h"
#include "mm/frame.h"
#include "tree_fixture.h"

START_TEST(update_va_mapping_finds_the_entry_through_the_kernel_tree)
{
    ck_assert_int_eq(
        call_update_va(v, 5 << 12, pte_make(data(0), PTE_DATA), UVMF_NONE), 0);
    ck_assert_uint_eq(pte_mfn(peek(t.l1, 5)).n, data(0).n);
    ck_assert(cpumask_is_empty(last_fx.flush));
    ck_assert_int_eq(call_update_va(v, 5 << 12, pte_make(t.l3, PTE_DATA), 0),
                     -EBUSY);
    /* No table there; the hole; not canonical. */
    ck_assert_int_eq(call_update_va(v, 1ul << 30, 0, 0), -EINVAL);
    ck_assert_int_eq(call_update_va(v, 0xffff820000000000, 0, 0), -EINVAL);
    ck_assert_int_eq(call_update_va(v, 0x0000900000000000, 0, 0), -EINVAL);
    ck_assert_int_eq(call_update_va(machine_vcpu(hv, 2), 0, 0, 0), -EINVAL);
}
END_TEST

START_TEST(update_va_mapping_flushes_whom_it_is_told)
{
    uint64_t e = pte_make(data(0), PTE_RO), mask = 1;
    uint64_t mask_va = FAKE_GUEST_VA;

    memcpy(fake_guest(mask_va), &mask, sizeof(mask));
    cpumask_add(&d->dirty_cpus, 2);
    ck_assert_int_eq(call_update_va(v, 0, e, UVMF_TLB_FLUSH | UVMF_LOCAL), 0);
    ck_assert_uint_eq(last_fx.flush.bits, 1 << 1);
    ck_assert_int_eq(call_update_va(v, 0, e, UVMF_TLB_FLUSH | UVMF_ALL), 0);
    ck_assert_uint_eq(last_fx.flush.bits, 1 << 1 | 1 << 2);
    ck_assert_int_eq(call_update_va(v, 0x3000, e, UVMF_INVLPG | UVMF_ALL), 0);
    ck_assert_uint_eq(last_fx.flush_page.bits, 1 << 1 | 1 << 2);
    ck_assert_uint_eq(last_fx.flush_va, 0x3000);
    ck_assert_int_eq(call_update_va(v, 0x3000, e, UVMF_INVLPG | mask_va), 0);
    ck_assert_uint_eq(last_fx.flush_page.bits, 1 << 1);
    ck_assert_int_eq(call_update_va(v, 0, e, UVMF_TLB_FLUSH | 0x7ffffff000),
                     -EFAULT);
}
END_TEST

/* A vCPU is switched in there before the entry is written. */
static void come_to_cpu_3(cpumask_t cpus)
{
    fake.on_flush = NULL;
    v->sched.cpu = 3;
    cpumask_add(&d->dirty_cpus, 3);
}

/* What it loaded, it loaded too early. */
START_TEST(update_va_mapping_flushes_vcpus_that_move_meanwhile)
{
    const uint64_t flags[] = {UVMF_TLB_FLUSH | UVMF_ALL,
                              UVMF_TLB_FLUSH | FAKE_GUEST_VA};

    *(uint64_t *)fake_guest(FAKE_GUEST_VA) = 1;
    for (unsigned int i = 0; i < 2; i++) {
        d->dirty_cpus = cpumask_of(1);
        v->sched.cpu = 1;
        /* To write to a former table, CPUs are flushed on the way. */
        ck_assert_int_eq(call_mmuext(v, MMUEXT_PIN_L1_TABLE, data(5).n, 0), 0);
        ck_assert_int_eq(call_mmuext(v, MMUEXT_UNPIN_TABLE, data(5).n, 0), 0);
        fake.on_flush = come_to_cpu_3;
        ck_assert_int_eq(
            call_update_va(v, 0, pte_make(data(5), PTE_DATA), flags[i]), 0);
        ck_assert_ptr_null(fake.on_flush);
        ck_assert(cpumask_has(last_fx.flush, 3));
        ck_assert_int_eq(call_update_va(v, 0, 0, 0), 0);
    }
}
END_TEST

/* XSA-279: an address that was refused must not reach the instruction. */
START_TEST(a_refused_update_flushes_nothing)
{
    ck_assert_int_eq(
        call_update_va(v, 0x0000900000000000, 0, UVMF_INVLPG | UVMF_LOCAL),
        -EINVAL);
    ck_assert(cpumask_is_empty(last_fx.flush_page));
    ck_assert_int_eq(
        call_update_va(v, 0, pte_make(t.l1, PTE_DATA), UVMF_TLB_FLUSH), -EBUSY);
    ck_assert(cpumask_is_empty(last_fx.flush));
}
END_TEST

/* Dom0 builds others, from any frame of theirs that is no table. */
START_TEST(update_va_mapping_takes_a_frame_of_another_domain)
{
    struct tree t0 = write_tree(dom0, 0);
    uint64_t theirs = pte_make(data(0), PTE_DATA);

    ck_assert_int_eq(call_mmuext(v0, MMUEXT_PIN_L4_TABLE, t0.l4.n, 0), 0);
    ck_assert_int_eq(call_mmuext(v0, MMUEXT_NEW_BASEPTR, t0.l4.n, 0), 0);
    ck_assert_int_eq(call_update_va_for(v0, 0x5000, theirs, 0, 1), 0);
    ck_assert_uint_eq(pte_mfn(peek(t0.l1, 5)).n, data(0).n);
    ck_assert(frame_is(frame_of(hv, data(0)), FRAME_WRITABLE));
    ck_assert_uint_eq(d->refs, 1);
    ck_assert_int_eq(
        call_update_va_for(v0, 0x6000, pte_make(t.l1, PTE_DATA), 0, 1), -EBUSY);
    ck_assert_int_eq(call_update_va_for(v0, 0x6000, theirs, 0, DOMID_SELF),
                     -EBUSY);
    ck_assert_int_eq(call_update_va_for(v0, 0x6000, theirs, 0, 77), -ESRCH);
    ck_assert_int_eq(call_update_va_for(v0, 0x6000, theirs, 0, 0), -ESRCH);
    ck_assert_int_eq(call_update_va_for(v0, 0x6000, theirs, 0, DOMID_IO),
                     -EBUSY);
    ck_assert_int_eq(call_update_va_for(v0, 0x6000,
                                        pte_make(hal_mfn_of(hv->m2p), PTE_DATA),
                                        0, DOMID_XEN),
                     -EPERM);
    ck_assert_uint_eq(peek(t0.l1, 6), 0);
    ck_assert_uint_eq(d->refs, 1);
    ck_assert_int_eq(call_update_va_for(v0, 0x6000,
                                        pte_make(hal_mfn_of(hv->m2p), PTE_RO),
                                        UVMF_INVLPG, DOMID_XEN),
                     0);
    ck_assert_uint_eq(last_fx.flush_va, 0x6000);
    ck_assert_int_eq(call_update_va_for(v0, 0x5000, 0, 0, DOMID_SELF), 0);
    ck_assert_int_eq(call_update_va_for(v0, 0x6000, 0, 0, DOMID_SELF), 0);
}
END_TEST

START_TEST(update_va_mapping_without_privilege_takes_one_s_own)
{
    const domid_t others[] = {0, 2, DOMID_XEN, DOMID_IO};
    uint64_t own = pte_make(data(0), PTE_RO);

    for (unsigned int i = 0; i < ARRAY_SIZE(others); i++)
        ck_assert_int_eq(call_update_va_for(v, 0x5000, own, 0, others[i]),
                         -EPERM);
    ck_assert_int_eq(call_update_va_for(v, 0x5000, own, 0, 1), -ESRCH);
    ck_assert_uint_eq(peek(t.l1, 5), 0);
    ck_assert_int_eq(call_update_va_for(v, 0x5000, own, 0, DOMID_SELF), 0);
    ck_assert_uint_eq(pte_mfn(peek(t.l1, 5)).n, data(0).n);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("mapping");
    TCase *m = tcase_create("update_va_mapping");

    tcase_add_checked_fixture(m, setup_loaded_tree, teardown_tree);
    tcase_add_test(m,
                   update_va_mapping_finds_the_entry_through_the_kernel_tree);
    tcase_add_test(m, update_va_mapping_flushes_whom_it_is_told);
    tcase_add_test(m, update_va_mapping_takes_a_frame_of_another_domain);
    tcase_add_test(m, update_va_mapping_without_privilege_takes_one_s_own);
    tcase_add_test(m, update_va_mapping_flushes_vcpus_that_move_meanwhile);
    tcase_add_test(m, a_refused_update_flushes_nothing);
    suite_add_tcase(s, m);
    return s;
}

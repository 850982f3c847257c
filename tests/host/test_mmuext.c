/* SPDX-License-Identifier: MIT */
/* hypervisor/core/mm/mmu.c, vcpu_mmu.c, tlb.c: pins, roots, flushes. */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include "fake/machine.h"
#include "mm/vcpu_mmu.h"

static struct hv *hv;
static struct domain *d;
static struct vcpu *v;
static struct tree t;

static void setup(void)
{
    hv = machine_with_domains(2, 24);
    d = machine_domain(hv, 1);
    v = machine_vcpu(hv, 1);
    t = write_tree(d, 0);
}

static void teardown(void)
{
    machine_end(hv);
}

/* Where these tests keep a bitmap of vCPUs. */
#define MASK_VA (FAKE_GUEST_VA + 32 * PAGE_SIZE)

static int64_t op(unsigned int cmd, uint64_t arg1)
{
    return call_mmuext(v, cmd, arg1, 0);
}

START_TEST(pin_checks_a_tree_and_unpin_lets_go_of_it)
{
    mfn_t data = domain_frame(d, 4);

    poke(t.l1, 7, pte_make(data, PTE_DATA));
    ck_assert_int_eq(op(MMUEXT_PIN_L4_TABLE, t.l4.n), 0);
    ck_assert_uint_eq(last_done, 1);
    ck_assert(frame_is(frame_of(hv, t.l4), FRAME_L4));
    ck_assert(frame_is(frame_of(hv, t.l1), FRAME_L1));
    ck_assert(frame_is(frame_of(hv, data), FRAME_WRITABLE));
    ck_assert_uint_eq(peek(t.l1, 7),
                      pte_make(data, PTE_DATA | PTE_US | PTE_GUEST_KERNEL));
    machine_check(hv, NULL, 0);

    ck_assert_int_eq(op(MMUEXT_UNPIN_TABLE, t.l4.n), 0);
    ck_assert(!frame_is(frame_of(hv, t.l1), FRAME_L1));
    ck_assert(!frame_is(frame_of(hv, data), FRAME_WRITABLE));
}
END_TEST

START_TEST(the_builder_pins_for_its_target)
{
    struct mmuext_op o = {.cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = t.l4.n};

    ck_assert_int_eq(call_mmuext_n(machine_vcpu(hv, 0), &o, 1, 1), 0);
    ck_assert_int_eq(call_mmuext_n(v, &o, 1, 0), -EPERM);
    ck_assert_int_eq(call_mmuext_n(v, &o, 1, 99), -ESRCH);
    o.cmd = MMUEXT_NEW_BASEPTR;
    ck_assert_int_eq(call_mmuext_n(machine_vcpu(hv, 0), &o, 1, 1), -EPERM);
    o.cmd = MMUEXT_TLB_FLUSH_ALL;
    ck_assert_int_eq(call_mmuext_n(machine_vcpu(hv, 0), &o, 1, 1), -EPERM);
    o.cmd = MMUEXT_UNPIN_TABLE;
    ck_assert_int_eq(call_mmuext_n(machine_vcpu(hv, 0), &o, 1, 1), 0);
}
END_TEST

/* -------------------------------------------------------------- roots */

static mfn_t loaded; /* what the processor would have in CR3 */

static void load(struct vcpu *vcpu, unsigned int what)
{
    if (!(what & RELOAD_BASE))
        return;
    /* The root that is being left must still be whole. */
    if (mfn_is_valid(loaded))
        ck_assert(frame_is(frame_of(hv, loaded), FRAME_L4));
    loaded = vcpu->mmu.kernel_base;
}

START_TEST(a_root_is_left_before_it_may_fall_apart)
{
    struct tree other = write_tree(d, 8);

    loaded = MFN_INVALID;
    fake.on_reload = load;
    ck_assert_int_eq(op(MMUEXT_NEW_BASEPTR, t.l4.n), 0);
    ck_assert_uint_eq(loaded.n, t.l4.n);
    ck_assert_int_eq(op(MMUEXT_NEW_BASEPTR, other.l4.n), 0);
    ck_assert_uint_eq(loaded.n, other.l4.n);
    ck_assert(!frame_is(frame_of(hv, t.l4), FRAME_L4));
    machine_check(hv, NULL, 0);
}
END_TEST

START_TEST(the_same_kernel_root_again_is_a_flush)
{
    ck_assert_int_eq(op(MMUEXT_NEW_BASEPTR, t.l4.n), 0);
    ck_assert_int_eq(op(MMUEXT_NEW_BASEPTR, t.l4.n), 0);
    ck_assert_uint_eq(last_fx.flush.bits, 1 << 1);
    ck_assert_int_eq(op(MMUEXT_NEW_USER_BASEPTR, t.l4.n), 0);
    ck_assert_int_eq(op(MMUEXT_NEW_USER_BASEPTR, t.l4.n), 0);
    ck_assert(cpumask_is_empty(last_fx.flush));
}
END_TEST

START_TEST(one_table_may_be_both_roots)
{
    ck_assert_int_eq(op(MMUEXT_NEW_BASEPTR, t.l4.n), 0);
    ck_assert_int_eq(op(MMUEXT_NEW_USER_BASEPTR, t.l4.n), 0);
    ck_assert_uint_eq(frame_type(frame_of(hv, t.l4)) & FRAME_TYPE_COUNT, 2);
    ck_assert_int_eq(op(MMUEXT_NEW_USER_BASEPTR, 0), 0);
    ck_assert_uint_eq(frame_type(frame_of(hv, t.l4)) & FRAME_TYPE_COUNT, 1);
    ck_assert(!mfn_is_valid(v->mmu.user_base));
}
END_TEST

START_TEST(roots_must_be_l4_tables)
{
    ck_assert_int_eq(op(MMUEXT_NEW_BASEPTR, t.l4.n), 0);
    ck_assert_int_eq(op(MMUEXT_NEW_BASEPTR, t.l3.n), -EINVAL);
    ck_assert_int_eq(op(MMUEXT_NEW_BASEPTR, 0), -EINVAL);
    ck_assert_int_eq(op(MMUEXT_NEW_BASEPTR, ~0ul), -EINVAL);
    ck_assert_int_eq(
        op(MMUEXT_NEW_BASEPTR, domain_frame(machine_domain(hv, 0), 0).n),
        -EINVAL);
    ck_assert_int_eq(op(MMUEXT_NEW_USER_BASEPTR, t.l1.n), -EINVAL);
    ck_assert_int_eq(op(MMUEXT_NEW_USER_BASEPTR, ~0ul), -EINVAL);
    ck_assert_uint_eq(v->mmu.kernel_base.n, t.l4.n);
}
END_TEST

/* Start of day, 9: who sees the machine-to-physical table. */
START_TEST(the_m2p_slot_follows_the_use_of_the_root)
{
    ck_assert_int_eq(op(MMUEXT_NEW_USER_BASEPTR, t.l4.n), 0);
    ck_assert_uint_eq(peek(t.l4, 256), 0);
    ck_assert_int_eq(op(MMUEXT_NEW_BASEPTR, t.l4.n), 0);
    ck_assert_uint_eq(peek(t.l4, 256), hv->l4_template[0]);
    vcpu_mm_drop(v);
    d->vm_assist = 1ul << VMASST_TYPE_m2p_strict;
    ck_assert_int_eq(op(MMUEXT_NEW_BASEPTR, t.l4.n), 0);
    ck_assert_uint_eq(peek(t.l4, 256), hv->l4_template[0]);
    ck_assert_int_eq(op(MMUEXT_NEW_USER_BASEPTR, t.l4.n), 0);
    ck_assert_uint_eq(peek(t.l4, 256), 0);
}
END_TEST

/* ------------------------------------------------------------ flushes */

START_TEST(flushes_go_where_they_are_sent)
{
    uint64_t mask = 1, va = MASK_VA;

    memcpy(fake_guest(va), &mask, sizeof(mask));
    cpumask_add(&d->dirty_cpus, 3);
    ck_assert_int_eq(op(MMUEXT_TLB_FLUSH_LOCAL, 0), 0);
    ck_assert_uint_eq(last_fx.flush.bits, 1 << 1);
    ck_assert_int_eq(op(MMUEXT_TLB_FLUSH_ALL, 0), 0);
    ck_assert_uint_eq(last_fx.flush.bits, 1 << 1 | 1 << 3);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_TLB_FLUSH_MULTI, 0, va), 0);
    ck_assert_uint_eq(last_fx.flush.bits, 1 << 1);
    ck_assert_int_eq(op(MMUEXT_INVLPG_LOCAL, 0x5000), 0);
    ck_assert_uint_eq(last_fx.flush_page.bits, 1 << 1);
    ck_assert_uint_eq(last_fx.flush_va, 0x5000);
    ck_assert_int_eq(op(MMUEXT_INVLPG_ALL, 0x5000), 0);
    ck_assert_uint_eq(last_fx.flush_page.bits, 1 << 1 | 1 << 3);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_INVLPG_MULTI, 0x5000, va), 0);
    ck_assert_uint_eq(last_fx.flush_page.bits, 1 << 1);
}
END_TEST

START_TEST(vcpus_that_do_not_exist_are_not_flushed)
{
    uint64_t mask = ~1ul;

    memcpy(fake_guest(MASK_VA), &mask, sizeof(mask));
    ck_assert_int_eq(call_mmuext(v, MMUEXT_TLB_FLUSH_MULTI, 0, MASK_VA), 0);
    ck_assert(cpumask_is_empty(last_fx.flush));
    ck_assert_int_eq(call_mmuext(v, MMUEXT_TLB_FLUSH_MULTI, 0, 8), -EINVAL);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_INVLPG_MULTI, 0, 8), -EINVAL);
}
END_TEST

START_TEST(silly_addresses_are_not_flushed)
{
    const uint64_t silly[] = {0x0000900000000000, 0xffff830000000000};

    for (unsigned int i = 0; i < 2; i++) {
        ck_assert_int_eq(op(MMUEXT_INVLPG_LOCAL, silly[i]), 0);
        ck_assert_int_eq(op(MMUEXT_INVLPG_ALL, silly[i]), 0);
        ck_assert(cpumask_is_empty(last_fx.flush_page));
    }
}
END_TEST

/* ---------------------------------------------------------- the rest */

START_TEST(pages_are_cleared_and_copied_if_they_are_memory)
{
    mfn_t a = domain_frame(d, 8), b = domain_frame(d, 9);
    mfn_t other = domain_frame(machine_domain(hv, 0), 0);

    ck_assert_int_eq(op(MMUEXT_PIN_L4_TABLE, t.l4.n), 0);
    poke(a, 511, 0x1234);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_COPY_PAGE, b.n, a.n), 0);
    ck_assert_uint_eq(peek(b, 511), 0x1234);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_COPY_PAGE, b.n, b.n), 0);
    ck_assert_int_eq(op(MMUEXT_CLEAR_PAGE, b.n), 0);
    ck_assert_uint_eq(peek(b, 511), 0);
    ck_assert_int_eq(op(MMUEXT_CLEAR_PAGE, t.l2.n), -EINVAL);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_COPY_PAGE, t.l1.n, a.n), -EINVAL);
    ck_assert_int_eq(op(MMUEXT_CLEAR_PAGE, other.n), -EINVAL);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_COPY_PAGE, b.n, other.n), -EINVAL);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_COPY_PAGE, other.n, b.n), -EINVAL);
    /* Reading a table is no harm. */
    ck_assert_int_eq(call_mmuext(v, MMUEXT_COPY_PAGE, b.n, t.l4.n), 0);
}
END_TEST

START_TEST(what_is_refused_is_refused_as_the_table_says)
{
    const struct {
        unsigned int cmd;
        int error;
    } rows[] = {
        {12, -EACCES},     {14, -ENOSYS}, {18, -EINVAL},  {19, -EOPNOTSUPP},
        {20, -EOPNOTSUPP}, {21, -ENOSYS}, {~0u, -ENOSYS},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
        ck_assert_int_eq(op(rows[i].cmd, 0), rows[i].error);
}
END_TEST

START_TEST(a_batch_stops_at_the_first_failure)
{
    struct mmuext_op ops[] = {
        {.cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = t.l4.n},
        {.cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = t.l4.n},
        {.cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = t.l4.n},
        {.cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = t.l4.n},
    };

    ck_assert_int_eq(call_mmuext_n(v, ops, 4, DOMID_SELF), -EINVAL);
    ck_assert_uint_eq(last_done, 2);
    ck_assert(frame_type(frame_of(hv, t.l4)) & FRAME_PINNED);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("mmuext");
    TCase *c = tcase_create("mmuext");

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, pin_checks_a_tree_and_unpin_lets_go_of_it);
    tcase_add_test(c, the_builder_pins_for_its_target);
    tcase_add_test(c, a_root_is_left_before_it_may_fall_apart);
    tcase_add_test(c, the_same_kernel_root_again_is_a_flush);
    tcase_add_test(c, one_table_may_be_both_roots);
    tcase_add_test(c, roots_must_be_l4_tables);
    tcase_add_test(c, the_m2p_slot_follows_the_use_of_the_root);
    tcase_add_test(c, flushes_go_where_they_are_sent);
    tcase_add_test(c, vcpus_that_do_not_exist_are_not_flushed);
    tcase_add_test(c, silly_addresses_are_not_flushed);
    tcase_add_test(c, pages_are_cleared_and_copied_if_they_are_memory);
    tcase_add_test(c, what_is_refused_is_refused_as_the_table_says);
    tcase_add_test(c, a_batch_stops_at_the_first_failure);
    suite_add_tcase(s, c);
    return s;
}

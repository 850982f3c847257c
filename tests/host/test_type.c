/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/core/mm/type.c, entry.c: what may become a table,
 * and what happens when it does not, or not at once.
 */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include "fake/machine.h"
#include "mm/alloc.h"
#include "mm/table.h"
#include "mm/vcpu_mmu.h"

static struct hv *hv;
static struct domain *d;
static struct vcpu *v;
static struct tree t;

/* Domain 1, unprivileged, with a tree in frames 0-3; 4 and up are data. */
static void setup(void)
{
    hv = machine_with_domains(2, 48);
    d = machine_domain(hv, 1);
    v = machine_vcpu(hv, 1);
    t = write_tree(d, 0);
}

static void teardown(void)
{
    machine_end(hv);
}

static int64_t pin(unsigned int level, mfn_t m)
{
    return call_mmuext(v, MMUEXT_PIN_L1_TABLE + level - 1, m.n, 0);
}

static int64_t unpin(mfn_t m)
{
    return call_mmuext(v, MMUEXT_UNPIN_TABLE, m.n, 0);
}

/* Nothing of the domain is in use as anything. */
static void assert_no_types(void)
{
    for (unsigned int i = 0; i < d->pages.total; i++) {
        struct frame *f = frame_of(hv, domain_frame(d, i));

        ck_assert_uint_eq(f->type & (FRAME_TYPE_COUNT | FRAME_PARTIAL), 0);
        ck_assert_uint_eq(f->count, FRAME_ALLOCATED | 1);
    }
}

/* A tree with one bad L1 entry is refused, and nothing of it remains, nor of
 * the good ones before. */
static void refused(uint64_t l1_entry, int error)
{
    poke(t.l1, 98, pte_make(domain_frame(d, 4), PTE_DATA));
    poke(t.l1, 99, pte_make(domain_frame(d, 5), PTE_RO));
    poke(t.l1, 100, l1_entry);
    ck_assert_int_eq(pin(4, t.l4), error);
    ck_assert_uint_eq(last_done, 0);
    /* What the refusal left to be emptied, the next call empties. */
    ck_assert_int_eq(call_mmuext_n(v, NULL, 0, DOMID_SELF), 0);
    assert_no_types();
    poke(t.l1, 100, 0);
}

START_TEST(tables_are_never_mapped_writable)
{
    const mfn_t tables[] = {t.l1, t.l2, t.l3, t.l4};

    for (unsigned int i = 0; i < 4; i++)
        refused(pte_make(tables[i], PTE_DATA), -EBUSY);
    /* Read-only is fine. */
    for (unsigned int i = 0; i < 4; i++)
        poke(t.l1, i, pte_make(tables[i], PTE_RO));
    ck_assert_int_eq(pin(4, t.l4), 0);
    ck_assert_int_eq(unpin(t.l4), 0);
    assert_no_types();
}
END_TEST

START_TEST(descriptor_pages_are_never_mapped_writable)
{
    struct vcpu *own = v;
    uint64_t gdt = domain_frame(d, 9).n;

    memcpy(fake_guest(FAKE_GUEST_VA), &gdt, sizeof(gdt));
    own->mmu.gdt_frames[0] = domain_frame(d, 9);
    {
        struct effects fx;
        struct frame *f;

        effects_init(&fx);
        spin_lock(&d->mm_lock);
        ck_assert_int_eq(type_get(d, mfn_of(gdt), FRAME_SEGDESC, &fx, &f), 0);
        spin_unlock(&d->mm_lock);
        poke(t.l1, 1, pte_make(mfn_of(gdt), PTE_DATA));
        ck_assert_int_eq(pin(1, t.l1), -EBUSY);
        poke(t.l1, 1, pte_make(mfn_of(gdt), PTE_RO));
        ck_assert_int_eq(pin(1, t.l1), 0);
        /* Nor can a descriptor page be a table. */
        ck_assert_int_eq(pin(1, mfn_of(gdt)), -EINVAL);
        ck_assert_int_eq(unpin(t.l1), 0);
        spin_lock(&d->mm_lock);
        type_put(d, f);
        spin_unlock(&d->mm_lock);
    }
    own->mmu.gdt_frames[0] = MFN_INVALID;
    assert_no_types();
}
END_TEST

START_TEST(others_frames_and_holes_are_refused_in_l1)
{
    struct domain *other = machine_domain(hv, 0);

    refused(pte_make(domain_frame(other, 0), PTE_DATA), -EBUSY);
    refused(pte_make(domain_frame(other, 0), PTE_RO), -EBUSY);
    refused(pte_make(hal_mfn_of(hv->m2p), PTE_RO), -EBUSY);
    /* no RAM; far beyond; frame ~0 */
    refused(pte_make(mfn_of(0), PTE_DATA), -EPERM);
    refused(pte_make(mfn_of(1ul << 28), PTE_DATA), -EPERM);
    refused(PTE_FRAME_MASK | PTE_RO, -EINVAL);
    /* attributes */
    refused(pte_make(domain_frame(d, 5), PTE_RO | PTE_PCD), -EINVAL);
    refused(pte_make(domain_frame(d, 5), PTE_RO | PTE_PWT), -EINVAL);
    refused(pte_make(domain_frame(d, 5), PTE_RO | PTE_PAT), -EINVAL);
}
END_TEST

START_TEST(absent_entries_may_say_anything)
{
    uint64_t noise = 0xfffffffffffffffe;

    poke(t.l1, 3, noise);
    poke(t.l2, 3, noise);
    ck_assert_int_eq(pin(4, t.l4), 0);
    ck_assert_uint_eq(peek(t.l1, 3), noise);
    ck_assert_uint_eq(peek(t.l2, 3), noise);
    ck_assert_int_eq(unpin(t.l4), 0);
    assert_no_types();
}
END_TEST

START_TEST(each_level_takes_the_next_one_only)
{
    /* The same frame cannot be the L4 of one and the L1 of another. */
    ck_assert_int_eq(pin(2, t.l2), 0);
    for (unsigned int level = 1; level <= 4; level++)
        if (level != 2)
            ck_assert_int_eq(pin(level, t.l2), -EINVAL);
    ck_assert_int_eq(pin(1, t.l2), -EINVAL);
    ck_assert_int_eq(pin(2, t.l2), -EINVAL); /* pinned already */
    ck_assert_int_eq(unpin(t.l1), -EINVAL);  /* in use, but not pinned */
    ck_assert_int_eq(unpin(t.l2), 0);
    ck_assert_int_eq(unpin(t.l2), -EINVAL);
    assert_no_types();
}
END_TEST

START_TEST(loops_are_refused)
{
    const struct {
        mfn_t table, target;
    } loops[] = {
        {t.l2, t.l2}, {t.l3, t.l3}, {t.l4, t.l4}, {t.l2, t.l4}, {t.l3, t.l4},
    };

    for (unsigned int i = 0; i < 5; i++) {
        poke(loops[i].table, 9, pte_make(loops[i].target, PTE_RO | PTE_US));
        ck_assert_int_eq(pin(4, t.l4), -EINVAL);
        poke(loops[i].table, 9, 0);
        ck_assert_int_eq(call_mmuext_n(v, NULL, 0, DOMID_SELF), 0);
        assert_no_types();
    }
}
END_TEST

START_TEST(upper_tables_of_others_and_no_ram_are_refused)
{
    const mfn_t bad[] = {domain_frame(machine_domain(hv, 0), 0), mfn_of(0),
                         mfn_of(1ul << 30), hal_mfn_of(hv->m2p)};

    for (unsigned int i = 0; i < 4; i++) {
        poke(t.l2, 9, pte_make(bad[i], PTE_TABLE));
        ck_assert_int_eq(pin(4, t.l4), -EINVAL);
        ck_assert_int_eq(pin(1, bad[i]), -EINVAL);
    }
    poke(t.l2, 9, 0);
    poke(t.l3, 9, pte_make(t.l2, PTE_TABLE | PTE_PSE));
    ck_assert_int_eq(pin(4, t.l4), -EINVAL);
    ck_assert_int_eq(call_mmuext_n(v, NULL, 0, DOMID_SELF), 0);
    assert_no_types();
}
END_TEST

START_TEST(the_hypervisor_s_slots_are_overwritten_not_checked)
{
    for (unsigned int i = 256; i < 272; i++)
        poke(t.l4, i, pte_make(t.l4, PTE_TABLE | PTE_PSE));
    ck_assert_int_eq(pin(4, t.l4), 0);
    ck_assert_uint_eq(peek(t.l4, 256), 0);
    for (unsigned int i = 257; i < 272; i++)
        ck_assert_uint_eq(peek(t.l4, i), hv->l4_template[i - 256]);
    ck_assert_int_eq(unpin(t.l4), 0);
    d->vm_assist = 1ul << VMASST_TYPE_m2p_strict;
    ck_assert_int_eq(pin(4, t.l4), 0);
    ck_assert_uint_eq(peek(t.l4, 256), hv->l4_template[0]);
    ck_assert_int_eq(unpin(t.l4), 0);
    assert_no_types();
}
END_TEST

/* ------------------------------------------------- in several runs */

/* An L2 table whose first n entries are empty L1 tables, frames 8 and up. */
static void write_wide_l2(unsigned int n)
{
    for (unsigned int i = 0; i < n; i++)
        poke(t.l2, i, pte_make(domain_frame(d, 8 + i), PTE_TABLE));
}

/* XSA-45: no single run may check or drop more than its budget. */
START_TEST(a_wide_table_takes_several_runs_each_way)
{
    write_wide_l2(30);
    ck_assert_int_eq(pin(4, t.l4), 0);
    ck_assert_uint_ge(last_restarts, 14);
    for (unsigned int i = 0; i < 30; i++)
        ck_assert(frame_is(frame_of(hv, domain_frame(d, 8 + i)), FRAME_L1));
    machine_check(hv, NULL, 0);
    ck_assert_int_eq(unpin(t.l4), 0);
    ck_assert_uint_ge(last_restarts, 14);
    assert_no_types();
}
END_TEST

/* One run of a pin that needs more. */
static void half_a_pin(unsigned int level, mfn_t m)
{
    struct effects fx;
    struct frame *f;

    effects_init(&fx);
    spin_lock(&d->mm_lock);
    ck_assert_int_eq(type_get(d, m, type_of_level(level), &fx, &f), -ERESTART);
    spin_unlock(&d->mm_lock);
}

/* XSA-299, XSA-310: what is half done keeps its own references. */
START_TEST(a_half_checked_table_stays_whole_between_runs)
{
    write_wide_l2(30);
    half_a_pin(4, t.l4);
    machine_check(hv, NULL, 0);
    ck_assert(frame_type(frame_of(hv, t.l4)) & FRAME_PARTIAL);
    /* Neither memory nor another table meanwhile. */
    ck_assert_int_eq(call_mmuext(v, MMUEXT_CLEAR_PAGE, t.l2.n, 0), -EINVAL);
    poke(domain_frame(d, 5), 0, pte_make(t.l2, PTE_DATA));
    ck_assert_int_eq(pin(1, domain_frame(d, 5)), -EBUSY);
    machine_check(hv, NULL, 0);
    ck_assert_int_eq(pin(4, t.l4), 0);
    ck_assert_int_eq(unpin(t.l4), 0);
    assert_no_types();
}
END_TEST

START_TEST(a_half_checked_table_wanted_as_another_is_emptied_first)
{
    write_wide_l2(30);
    half_a_pin(2, t.l2);
    poke(t.l3, 0, 0);
    /* Its entries name empty frames, which will do as L2 tables too. */
    ck_assert_int_eq(pin(3, t.l2), 0);
    ck_assert(frame_is(frame_of(hv, domain_frame(d, 8)), FRAME_L2));
    machine_check(hv, NULL, 0);
    ck_assert_int_eq(unpin(t.l2), 0);
    assert_no_types();
}
END_TEST

START_TEST(a_refusal_at_the_very_end_lets_go_of_everything)
{
    write_wide_l2(30);
    poke(t.l2, 511, pte_make(t.l2, PTE_RO));
    ck_assert_int_eq(pin(4, t.l4), -EINVAL);
    machine_check(hv, NULL, 0);
    ck_assert_int_eq(call_mmuext_n(v, NULL, 0, DOMID_SELF), 0);
    assert_no_types();
}
END_TEST

/* Debris is not for use, not even as a descriptor page. */
START_TEST(what_is_still_to_be_emptied_cannot_be_used)
{
    uint64_t frames[14] = {t.l2.n};
    struct effects fx;

    write_wide_l2(30);
    poke(t.l2, 511, pte_make(t.l2, PTE_RO));
    ck_assert_int_eq(pin(4, t.l4), -EINVAL);
    ck_assert_uint_ne(d->debris, FRAME_LIST_END);
    ck_assert_int_eq(vcpu_set_gdt(v, frames, 512), -EINVAL);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_CLEAR_PAGE, t.l2.n, 0), -EINVAL);
    machine_check(hv, NULL, 0);
    memcpy(fake_guest(FAKE_GUEST_VA), frames, sizeof(frames));
    effects_init(&fx);
    fx.budget = 8;
    ck_assert_int_eq(do_set_gdt(v, (guest_ptr_t){FAKE_GUEST_VA}, 0, &fx),
                     -ERESTART);
    ck_assert_int_eq(call_mmuext_n(v, NULL, 0, DOMID_SELF), 0);
    assert_no_types();
}
END_TEST

START_TEST(tables_in_the_way_of_emptying_can_be_had_back)
{
    struct mmuext_op ops[] = {
        {.cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = t.l4.n},
        {.cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = t.l4.n},
        {.cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = t.l4.n},
        {.cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = t.l1.n},
    };

    write_wide_l2(30);
    poke(t.l2, 30, pte_make(t.l1, PTE_TABLE));
    ck_assert_int_eq(pin(4, t.l4), 0);
    ck_assert_int_eq(call_mmuext_n(v, ops, 3, DOMID_SELF), 0);
    ck_assert_uint_eq(last_done, 3);
    ck_assert_int_eq(call_mmuext_n(v, ops + 3, 1, DOMID_SELF), 0);
    assert_no_types();
}
END_TEST

/* Shared L1 tables are checked once and counted. */
/* A count that ran over would let a table go that is still in use. */
START_TEST(a_full_count_of_uses_is_refused)
{
    struct frame *f = frame_of(hv, t.l1);

    ck_assert_int_eq(pin(1, t.l1), 0);
    f->type |= FRAME_TYPE_COUNT;
    poke(t.l2, 0, pte_make(t.l1, PTE_TABLE));
    ck_assert_int_eq(pin(2, t.l2), -EINVAL);
    f->type = (f->type & ~FRAME_TYPE_COUNT) | 1;
    ck_assert_int_eq(unpin(t.l1), 0);
    assert_no_types();
}
END_TEST

START_TEST(a_table_used_twice_holds_two_references)
{
    poke(t.l2, 1, pte_make(t.l1, PTE_TABLE));
    ck_assert_int_eq(pin(4, t.l4), 0);
    ck_assert_uint_eq(frame_type(frame_of(hv, t.l1)) & FRAME_TYPE_COUNT, 2);
    ck_assert_int_eq(pin(1, t.l1), 0);
    ck_assert_int_eq(unpin(t.l4), 0);
    ck_assert(frame_is(frame_of(hv, t.l1), FRAME_L1));
    ck_assert_int_eq(unpin(t.l1), 0);
    assert_no_types();
}
END_TEST

/*
 * A table that waits to be emptied names the next one by number. Whatever
 * that number is, the heap must not take the table for a free block and join
 * it with its buddy: here the number is 0x200, and the buddy is freed by
 * emptying the table itself.
 */
START_TEST(a_table_on_its_way_out_is_no_free_block)
{
    mfn_t l2, l1, buddy;
    struct frame *f;

    machine_end(hv);
    hv = machine_with_domains(1, 600);
    d = machine_domain(hv, 0);
    v = machine_vcpu(hv, 0);
    l2 = mfn_of(0x200);
    l1 = mfn_of(0x210);
    buddy = mfn_of(0x211);
    poke(l1, 0, pte_make(buddy, PTE_DATA));
    poke(l2, 0, pte_make(l1, PTE_TABLE));
    ck_assert_int_eq(pin(2, l2), 0);
    ck_assert_int_eq(frame_get(d, buddy, &f), 0);
    ck_assert_int_eq(domain_frame_release(d, f), 0);
    frame_put(hv, f);
    ck_assert_int_eq(unpin(l2), 0);
    ck_assert_int_eq(frame_get(d, l1, &f), 0);
    frame_put(hv, f);
    ck_assert_uint_eq(hv->heap.free[1], FRAME_LIST_END);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("type");
    TCase *c = tcase_create("contents");
    TCase *r = tcase_create("runs");

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, tables_are_never_mapped_writable);
    tcase_add_test(c, descriptor_pages_are_never_mapped_writable);
    tcase_add_test(c, others_frames_and_holes_are_refused_in_l1);
    tcase_add_test(c, absent_entries_may_say_anything);
    tcase_add_test(c, each_level_takes_the_next_one_only);
    tcase_add_test(c, loops_are_refused);
    tcase_add_test(c, upper_tables_of_others_and_no_ram_are_refused);
    tcase_add_test(c, the_hypervisor_s_slots_are_overwritten_not_checked);
    tcase_add_test(c, a_full_count_of_uses_is_refused);
    tcase_add_test(c, a_table_used_twice_holds_two_references);
    tcase_add_test(c, a_table_on_its_way_out_is_no_free_block);
    suite_add_tcase(s, c);
    tcase_add_checked_fixture(r, setup, teardown);
    tcase_add_test(r, a_wide_table_takes_several_runs_each_way);
    tcase_add_test(r, a_half_checked_table_stays_whole_between_runs);
    tcase_add_test(r, a_half_checked_table_wanted_as_another_is_emptied_first);
    tcase_add_test(r, a_refusal_at_the_very_end_lets_go_of_everything);
    tcase_add_test(r, what_is_still_to_be_emptied_cannot_be_used);
    tcase_add_test(r, tables_in_the_way_of_emptying_can_be_had_back);
    suite_add_tcase(s, r);
    return s;
}

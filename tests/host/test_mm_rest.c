/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/core/mm/mapping.c, memory_op.c, type.c, entry.c: what
 * others ask of the page tables.
 */
#include <errno.h>
#include <string.h>

#include "mm/alloc.h"
#include "mm/calls.h"
#include "mm/table.h"
#include "tree_fixture.h"

static void setup(void)
{
    setup_tree();
    poke(t.l1, 1, pte_make(domain_frame(d, 5), PTE_DATA));
    poke(t.l1, 9, pte_make(t.l1, PTE_RO));
    load_tree();
}

/* ------------------------------------------------------------ teardown */

static unsigned int release_all(struct domain *who)
{
    struct effects fx;
    unsigned int runs = 1;

    who->dying = DOMAIN_DYING;
    for (;; runs++) {
        effects_init(&fx);
        if (domain_release_memory(who, &fx) != -ERESTART)
            return runs;
        machine_check(hv, NULL, 0);
        ck_assert_int_ge(fx.budget, -EFFECTS_BUDGET);
    }
}

START_TEST(a_dead_domain_gives_back_every_frame)
{
    uint64_t free_frames = hv->heap.free_frames;

    release_all(d);
    ck_assert(!domain_owns_frames(d));
    ck_assert_uint_eq(hv->heap.free_frames, free_frames + 48);
    ck_assert(!mfn_is_valid(v->mmu.kernel_base));
}
END_TEST

START_TEST(teardown_of_many_tables_takes_several_runs)
{
    for (unsigned int i = 0; i < 30; i++) {
        mfn_t l1 = domain_frame(d, 10 + i);

        poke(l1, i, pte_make(domain_frame(d, 6), PTE_DATA));
        ck_assert_int_eq(call_mmu_update(v, pte_ptr(t.l2, 1 + i, 0),
                                         pte_make(l1, PTE_TABLE)),
                         0);
    }
    ck_assert_uint_ge(release_all(d), 10);
    ck_assert(!domain_owns_frames(d));
}
END_TEST

/* A table left half checked by a call that was never continued. */
START_TEST(teardown_finishes_what_a_guest_abandoned)
{
    struct effects fx;
    struct frame *f;

    for (unsigned int i = 0; i < 30; i++)
        poke(domain_frame(d, 41), i,
             pte_make(domain_frame(d, 10 + i), PTE_TABLE));
    effects_init(&fx);
    spin_lock(&d->mm_lock);
    ck_assert_int_eq(type_get(d, domain_frame(d, 41), FRAME_L2, &fx, &f),
                     -ERESTART);
    spin_unlock(&d->mm_lock);
    release_all(d);
    ck_assert(!domain_owns_frames(d));
}
END_TEST

START_TEST(a_zombie_goes_with_its_last_foreign_mapping)
{
    struct tree own = write_tree(dom0, 0);
    struct mmu_update u = {pte_ptr(own.l1, 0, 0),
                           pte_make(domain_frame(d, 5), PTE_DATA)};
    uint64_t free_frames = hv->heap.free_frames;

    ck_assert_int_eq(call_mmuext(v0, MMUEXT_PIN_L4_TABLE, own.l4.n, 0), 0);
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, 1), 0);
    release_all(d);
    release_all(d); /* again: nothing more to do */
    ck_assert(domain_owns_frames(d));
    ck_assert_uint_eq(d->pages.total, 1);
    u.val = 0;
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, 1), 0);
    ck_assert(!domain_owns_frames(d));
    ck_assert_uint_eq(hv->heap.free_frames, free_frames + 48);
}
END_TEST

/* Frames that others hold remain in the list: the end of it is the end. */
START_TEST(teardown_ends_when_the_budget_does)
{
    struct domain *d2 = machine_domain(hv, 2);
    struct frame *held[48];
    struct effects fx;
    int rc = -ERESTART;

    for (unsigned int i = 0; i < 48; i++)
        ck_assert_int_eq(frame_get(d2, domain_frame(d2, i), &held[i]), 0);
    d2->dying = DOMAIN_DYING;
    for (unsigned int runs = 0; runs < 3 && rc; runs++) {
        effects_init(&fx);
        fx.budget = 48;
        rc = domain_release_memory(d2, &fx);
    }
    ck_assert_int_eq(rc, 0);
    for (unsigned int i = 0; i < 48; i++)
        frame_put(hv, held[i]);
}
END_TEST

/* -------------------------------------------------------------- grants */

/* What the grant itself holds of the frame. */
static struct frame *granted(bool writable)
{
    struct frame *f;

    if (writable)
        ck_assert_int_eq(frame_get_writable(dom0, domain_frame(dom0, 9), &f),
                         0);
    else
        ck_assert_int_eq(frame_get(dom0, domain_frame(dom0, 9), &f), 0);
    return f;
}

START_TEST(a_granted_frame_is_mapped_by_address_and_unmapped)
{
    struct grant_map g = {.host_addr = 0x7000, .avail = 5};
    struct frame *f = granted(true);
    struct effects fx;

    effects_init(&fx);
    ck_assert_int_eq(mm_map_grant(v, &g, f, &fx), 0);
    ck_assert_uint_eq(
        peek(t.l1, 7),
        pte_make(frame_mfn(hv, f), PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX |
                                       PTE_US | PTE_GUEST_KERNEL | 5 << 9));
    ck_assert_int_eq(mm_unmap_grant(v, &g, f, &fx), 0);
    ck_assert_uint_eq(peek(t.l1, 7), 0);
    ck_assert_int_eq(mm_unmap_grant(v, &g, f, &fx), -EINVAL);
    frame_put_writable(hv, f);
}
END_TEST

START_TEST(a_granted_frame_is_mapped_by_entry)
{
    struct grant_map g = {.host_addr = pte_ptr(t.l1, 3, 0),
                          .contains_pte = true,
                          .readonly = true,
                          .application = true};
    struct frame *f = granted(false);
    struct effects fx;

    effects_init(&fx);
    ck_assert_int_eq(mm_map_grant(v, &g, f, &fx), 0);
    ck_assert_uint_eq(peek(t.l1, 3),
                      pte_make(frame_mfn(hv, f), PTE_P | PTE_A | PTE_D |
                                                     PTE_NX | PTE_US | PTE_G));
    ck_assert_int_eq(mm_unmap_grant(v, &g, f, &fx), 0);
    /* XSA-227, and tables that are not the caller's L1 tables. */
    g.host_addr = pte_ptr(t.l1, 3, 4);
    ck_assert_int_eq(mm_map_grant(v, &g, f, &fx), -EINVAL);
    g.host_addr = pte_ptr(t.l2, 3, 0);
    ck_assert_int_eq(mm_map_grant(v, &g, f, &fx), -EINVAL);
    g.host_addr = pte_ptr(domain_frame(d, 6), 3, 0);
    ck_assert_int_eq(mm_map_grant(v, &g, f, &fx), -EINVAL);
    g.host_addr = pte_ptr(domain_frame(dom0, 6), 3, 0);
    ck_assert_int_eq(mm_map_grant(v, &g, f, &fx), -EINVAL);
    g.host_addr = ~7ul;
    ck_assert_int_eq(mm_map_grant(v, &g, f, &fx), -EINVAL);
    g = (struct grant_map){.host_addr = 0xffff830000000000};
    ck_assert_int_eq(mm_map_grant(v, &g, f, &fx), -EINVAL);
    frame_put(hv, f);
}
END_TEST

START_TEST(mapping_drops_what_was_mapped_there)
{
    struct grant_map g = {.host_addr = 0x1000, .readonly = true};
    struct frame *f = granted(false);
    struct effects fx;

    effects_init(&fx);
    ck_assert_int_eq(mm_map_grant(v, &g, f, &fx), 0);
    ck_assert(!frame_is(frame_of(hv, domain_frame(d, 5)), FRAME_WRITABLE));
    ck_assert_int_eq(mm_unmap_grant(v, &g, f, &fx), 0);
    frame_put(hv, f);
}
END_TEST

/* XSA-234 */
START_TEST(unmapping_compares_frame_and_rights)
{
    struct grant_map g = {.host_addr = 0x7000};
    struct frame *f = granted(true);
    struct effects fx;

    effects_init(&fx);
    ck_assert_int_eq(mm_map_grant(v, &g, f, &fx), 0);
    g.readonly = true;
    ck_assert_int_eq(mm_unmap_grant(v, &g, f, &fx), -EINVAL);
    g.readonly = false;
    ck_assert_int_eq(
        mm_unmap_grant(v, &g, frame_of(hv, domain_frame(d, 5)), &fx), -EINVAL);
    /* The guest writes over the entry: its references go with it. */
    ck_assert_int_eq(call_mmu_update(v, pte_ptr(t.l1, 7, 0), 0), 0);
    ck_assert_int_eq(mm_unmap_grant(v, &g, f, &fx), -EINVAL);
    frame_put_writable(hv, f);
    ck_assert_uint_eq(f->count, FRAME_ALLOCATED | 1);
}
END_TEST

/* ----------------------------------------------------- emulated stores */

static int store(uint64_t va, unsigned int bytes, uint64_t value)
{
    struct effects fx;
    uint64_t old;

    effects_init(&fx);
    return ptwr_store(v, va, bytes, value, false, &old, &fx);
}

START_TEST(a_store_to_an_l1_table_is_checked_and_adjusted)
{
    mfn_t m = domain_frame(d, 6);

    ck_assert_int_eq(store(0x9000 + 8 * 20, 8, pte_make(m, PTE_DATA)), 0);
    ck_assert_uint_eq(peek(t.l1, 20),
                      pte_make(m, PTE_DATA | PTE_US | PTE_GUEST_KERNEL));
    ck_assert_int_eq(store(0x9000 + 8 * 20, 8, pte_make(t.l2, PTE_DATA)),
                     -EBUSY);
    ck_assert_uint_eq(pte_mfn(peek(t.l1, 20)).n, m.n);
    machine_check(hv, NULL, 0);
}
END_TEST

START_TEST(a_narrow_store_is_merged)
{
    mfn_t m = domain_frame(d, 6);

    ck_assert_int_eq(store(0x9000 + 8 * 20, 8, pte_make(m, PTE_DATA)), 0);
    /* Byte 0: present, read-only, nothing else. */
    ck_assert_int_eq(store(0x9000 + 8 * 20, 1, PTE_P | PTE_US), 0);
    ck_assert_uint_eq(peek(t.l1, 20),
                      pte_make(m, PTE_P | PTE_US | PTE_GUEST_KERNEL));
    ck_assert(!frame_is(frame_of(hv, m), FRAME_WRITABLE));
    ck_assert_int_eq(store(0x9000 + 8 * 20 + 4, 4, 0x80000000), 0);
    ck_assert_uint_eq(peek(t.l1, 20) >> 32, 0x80000000);
}
END_TEST

START_TEST(a_compared_store_tells_what_it_found)
{
    uint64_t e = pte_make(domain_frame(d, 6), PTE_RO), old = 1;
    struct effects fx;

    effects_init(&fx);
    ck_assert_int_eq(ptwr_store(v, 0x9000 + 160, 8, e, true, &old, &fx),
                     -EAGAIN);
    ck_assert_uint_eq(old, 0);
    ck_assert_int_eq(ptwr_store(v, 0x9000 + 160, 8, e, true, &old, &fx), 0);
    ck_assert_uint_eq(old, 0);
    ck_assert_uint_ne(peek(t.l1, 20), 0);
}
END_TEST

START_TEST(only_stores_to_own_l1_tables_are_emulated)
{
    ck_assert_int_eq(store(0x1000, 8, 0), -EINVAL);    /* memory */
    ck_assert_int_eq(store(0x2000, 8, 0), -EINVAL);    /* not mapped */
    ck_assert_int_eq(store(1ul << 30, 8, 0), -EINVAL); /* no table */
    ck_assert_int_eq(store(0x9001, 8, 0), -EINVAL);    /* unaligned */
    ck_assert_int_eq(store(0x9000, 3, 0), -EINVAL);    /* odd width */
    ck_assert_int_eq(store(0xffff830000000000, 8, 0), -EINVAL);
    ck_assert_int_eq(
        call_mmu_update(v, pte_ptr(t.l1, 8, 0), pte_make(t.l2, PTE_RO)), 0);
    ck_assert_int_eq(store(0x8000, 8, 0), -EINVAL); /* an L2 table */
}
END_TEST

/* --------------------------------------------------------------- tools */

START_TEST(tools_see_types_and_pins)
{
    ck_assert_uint_eq(frame_info(d, t.l4), 4u << 28 | 1u << 31);
    ck_assert_uint_eq(frame_info(d, t.l1), 1u << 28);
    ck_assert_uint_eq(frame_info(d, domain_frame(d, 5)), 0);
    ck_assert_uint_eq(frame_info(d, domain_frame(dom0, 5)), 0xfu << 28);
    ck_assert_uint_eq(frame_info(d, MFN_INVALID), 0xfu << 28);
}
END_TEST

START_TEST(a_walk_ends_where_a_table_is_absent)
{
    struct walk w;

    spin_lock(&d->mm_lock);
    ck_assert_int_eq(walk(v, 0x1234, &w), 0);
    ck_assert_uint_eq(w.table.n, t.l1.n);
    ck_assert_uint_eq(w.index, 1);
    ck_assert_int_eq(walk(v, 0x2000, &w), 0);
    ck_assert_uint_eq(w.entry, 0);
    ck_assert_int_eq(walk(v, 1ul << 21, &w), -EINVAL);
    ck_assert_int_eq(walk(v, 0xffff800000000000, &w), -EINVAL);
    spin_unlock(&d->mm_lock);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("mm_rest");
    TCase *down = tcase_create("teardown");
    TCase *grants = tcase_create("grants");
    TCase *stores = tcase_create("stores");
    TCase *tools = tcase_create("tools");

    tcase_add_checked_fixture(down, setup, teardown_tree);
    tcase_add_test(down, a_dead_domain_gives_back_every_frame);
    tcase_add_test(down, teardown_of_many_tables_takes_several_runs);
    tcase_add_test(down, teardown_finishes_what_a_guest_abandoned);
    tcase_add_test(down, teardown_ends_when_the_budget_does);
    tcase_add_test(down, a_zombie_goes_with_its_last_foreign_mapping);
    suite_add_tcase(s, down);
    tcase_add_checked_fixture(grants, setup, teardown_tree);
    tcase_add_test(grants, a_granted_frame_is_mapped_by_address_and_unmapped);
    tcase_add_test(grants, a_granted_frame_is_mapped_by_entry);
    tcase_add_test(grants, mapping_drops_what_was_mapped_there);
    tcase_add_test(grants, unmapping_compares_frame_and_rights);
    suite_add_tcase(s, grants);
    tcase_add_checked_fixture(stores, setup, teardown_tree);
    tcase_add_test(stores, a_store_to_an_l1_table_is_checked_and_adjusted);
    tcase_add_test(stores, a_narrow_store_is_merged);
    tcase_add_test(stores, a_compared_store_tells_what_it_found);
    tcase_add_test(stores, only_stores_to_own_l1_tables_are_emulated);
    suite_add_tcase(s, stores);
    tcase_add_checked_fixture(tools, setup, teardown_tree);
    tcase_add_test(tools, tools_see_types_and_pins);
    tcase_add_test(tools, a_walk_ends_where_a_table_is_absent);
    suite_add_tcase(s, tools);
    return s;
}

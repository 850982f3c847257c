/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/core/mm/mmu.c, entry.c: entries of live tables,
 * and what a guest may try with them.
 */
#include <errno.h>
#include <string.h>

#include "mm/alloc.h"
#include "mm/calls.h"
#include "mm/frame.h"
#include "mm/vcpu_mmu.h"
#include "tree_fixture.h"

static int64_t set_l1(unsigned int i, uint64_t e)
{
    return call_mmu_update(v, pte_ptr(t.l1, i, 0), e);
}

/* A refused update leaves the entry and all counts as they were. */
static void refused(mfn_t table, unsigned int i, uint64_t e, int error)
{
    uint64_t before = peek(table, i);

    for (unsigned int cmd = 0; cmd < 4; cmd++) {
        if (cmd == MMU_MACHPHYS_UPDATE)
            continue;
        ck_assert_int_eq(call_mmu_update(v, pte_ptr(table, i, cmd), e), error);
        ck_assert_uint_eq(last_done, 0);
        ck_assert_uint_eq(peek(table, i), before);
        machine_check(hv, NULL, 0);
    }
}

START_TEST(an_entry_is_written_with_its_references)
{
    struct frame *f = frame_of(hv, data(0));

    ck_assert_int_eq(set_l1(5, pte_make(data(0), PTE_DATA)), 0);
    ck_assert_uint_eq(last_done, 1);
    ck_assert_uint_eq(peek(t.l1, 5),
                      pte_make(data(0), PTE_DATA | PTE_US | PTE_GUEST_KERNEL));
    ck_assert(frame_is(f, FRAME_WRITABLE));
    machine_check(hv, NULL, 0);
    ck_assert(cpumask_is_empty(last_fx.flush));

    ck_assert_int_eq(set_l1(5, pte_make(data(0), PTE_RO)), 0);
    ck_assert(!frame_is(f, FRAME_WRITABLE));
    ck_assert_int_eq(set_l1(5, 0), 0);
    ck_assert_uint_eq(f->count, FRAME_ALLOCATED | 1);
}
END_TEST

START_TEST(a_table_is_never_mapped_writable)
{
    const mfn_t tables[] = {t.l1, t.l2, t.l3, t.l4};

    for (unsigned int i = 0; i < 4; i++) {
        refused(t.l1, 5, pte_make(tables[i], PTE_DATA), -EBUSY);
        ck_assert_int_eq(set_l1(6, pte_make(tables[i], PTE_RO)), 0);
        /* The right to write cannot be added later. */
        refused(t.l1, 6, pte_make(tables[i], PTE_DATA), -EBUSY);
    }
}
END_TEST

/* XSA-148, XSA-182: changing bits of a present upper entry is no short cut. */
START_TEST(superpage_bits_are_refused_on_present_entries_too)
{
    refused(t.l2, 0, pte_make(t.l1, PTE_TABLE | PTE_PSE), -EINVAL);
    refused(t.l3, 0, pte_make(t.l2, PTE_TABLE | PTE_PSE), -EINVAL);
    refused(t.l4, 0, pte_make(t.l3, PTE_TABLE | PTE_G), -EINVAL);
    refused(t.l1, 0, pte_make(data(0), PTE_RO | PTE_PAT), -EINVAL);
    ck_assert_int_eq(set_l1(0, pte_make(data(0), PTE_RO)), 0);
    refused(t.l1, 0, pte_make(data(0), PTE_RO | PTE_PCD), -EINVAL);
}
END_TEST

START_TEST(recursive_entries_are_refused)
{
    refused(t.l4, 9, pte_make(t.l4, PTE_RO | PTE_US), -EINVAL);
    refused(t.l4, 9, pte_make(t.l4, PTE_TABLE), -EINVAL);
    refused(t.l3, 9, pte_make(t.l3, PTE_RO | PTE_US), -EINVAL);
    refused(t.l2, 9, pte_make(t.l2, PTE_RO | PTE_US), -EINVAL);
    refused(t.l2, 9, pte_make(t.l4, PTE_RO | PTE_US), -EINVAL);
}
END_TEST

START_TEST(slots_of_the_hypervisor_are_not_for_guests)
{
    for (unsigned int i = 256; i < 272; i++) {
        refused(t.l4, i, 0, -EINVAL);
        refused(t.l4, i, pte_make(t.l3, PTE_TABLE), -EINVAL);
    }
    ck_assert_int_eq(
        call_mmu_update(v, pte_ptr(t.l4, 255, 0), pte_make(t.l3, PTE_TABLE)),
        0);
    ck_assert_int_eq(
        call_mmu_update(v, pte_ptr(t.l4, 272, 0), pte_make(t.l3, PTE_TABLE)),
        0);
}
END_TEST

START_TEST(frames_of_others_are_refused)
{
    mfn_t other = domain_frame(dom0, 0);

    refused(t.l1, 5, pte_make(other, PTE_DATA), -EBUSY);
    refused(t.l1, 5, pte_make(other, PTE_RO), -EBUSY);
    refused(t.l1, 5, pte_make(mfn_of(0), PTE_RO), -EPERM);
    refused(t.l1, 5, PTE_FRAME_MASK | PTE_RO, -EINVAL);
    refused(t.l1, 5, pte_make(hal_mfn_of(hv->m2p), PTE_RO), -EBUSY);
    refused(t.l2, 5, pte_make(other, PTE_TABLE), -EINVAL);
    /* Nor can tables of others be written. */
    ck_assert_int_eq(call_mmu_update(v, pte_ptr(other, 0, 0), 0), -EINVAL);
    ck_assert_int_eq(call_mmu_update(v, pte_ptr(mfn_of(0), 0, 0), 0), -EINVAL);
    ck_assert_int_eq(call_mmu_update(v, ~7ul, 0), -EINVAL);
}
END_TEST

/* Linux fills tables this way before it pins them. */
START_TEST(memory_that_is_no_table_is_plainly_stored_to)
{
    ck_assert_int_eq(
        call_mmu_update(v, pte_ptr(data(3), 7, 0), pte_make(t.l4, PTE_DATA)),
        0);
    ck_assert_uint_eq(peek(data(3), 7), pte_make(t.l4, PTE_DATA));
    ck_assert_int_eq(set_l1(1, pte_make(data(3), PTE_DATA)), 0);
    ck_assert_int_eq(call_mmu_update(v, pte_ptr(data(3), 8, 2), ~0ul), 0);
    ck_assert_uint_eq(peek(data(3), 8), ~0ul);
}
END_TEST

START_TEST(a_descriptor_page_is_no_memory_either)
{
    uint64_t gdt[14] = {data(3).n};

    ck_assert_int_eq(vcpu_set_gdt(v, gdt, 512), 0);
    refused(data(3), 0, 0x0000890000000067, -EINVAL);
    refused(t.l1, 5, pte_make(data(3), PTE_DATA), -EBUSY);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_CLEAR_PAGE, data(3).n, 0), -EINVAL);
    ck_assert_int_eq(vcpu_set_gdt(v, gdt, 0), 0);
}
END_TEST

START_TEST(preserve_ad_keeps_what_the_processor_set)
{
    uint64_t e = pte_make(data(0), PTE_P | PTE_RW);

    ck_assert_int_eq(set_l1(5, e), 0);
    poke(t.l1, 5, peek(t.l1, 5) | PTE_A | PTE_D);
    ck_assert_int_eq(
        call_mmu_update(v, pte_ptr(t.l1, 5, MMU_PT_UPDATE_PRESERVE_AD),
                        e | PTE_NX),
        0);
    ck_assert_uint_eq(peek(t.l1, 5),
                      e | PTE_NX | PTE_A | PTE_D | PTE_US | PTE_GUEST_KERNEL);
    ck_assert_int_eq(set_l1(5, e), 0);
    ck_assert_uint_eq(peek(t.l1, 5), e | PTE_US | PTE_GUEST_KERNEL);
}
END_TEST

/* XSA-286: paging-structure caches hide from INVLPG. */
START_TEST(upper_updates_flush_all_cpus_of_the_domain)
{
    cpumask_add(&d->dirty_cpus, 3);
    ck_assert_int_eq(call_mmu_update(v, pte_ptr(t.l2, 0, 0), 0), 0);
    ck_assert_uint_eq(last_fx.flush.bits, (1 << 1) | (1 << 3));
    ck_assert_int_eq(
        call_mmu_update(v, pte_ptr(t.l2, 0, 0), pte_make(t.l1, PTE_TABLE)), 0);
    ck_assert_uint_eq(last_fx.flush.bits, (1 << 1) | (1 << 3));
    ck_assert_int_eq(call_mmu_update(v, pte_ptr(t.l2, 9, 0), ~1ul), 0);
}
END_TEST

START_TEST(a_dropped_table_is_empty_when_the_call_returns)
{
    ck_assert_int_eq(set_l1(5, pte_make(data(0), PTE_DATA)), 0);
    ck_assert_int_eq(call_mmu_update(v, pte_ptr(t.l2, 0, 0), 0), 0);
    ck_assert_uint_eq(d->debris, FRAME_LIST_END);
    ck_assert_uint_eq(frame_of(hv, t.l1)->count, FRAME_ALLOCATED | 1);
    ck_assert_uint_eq(frame_of(hv, data(0))->count, FRAME_ALLOCATED | 1);
}
END_TEST

START_TEST(done_is_exact_and_processing_stops_at_the_first_failure)
{
    struct mmu_update u[100];

    for (unsigned int i = 0; i < 100; i++)
        u[i] =
            (struct mmu_update){pte_ptr(t.l1, i, 0), pte_make(data(0), PTE_RO)};
    u[70].val = pte_make(t.l2, PTE_DATA);
    ck_assert_int_eq(call_mmu_update_n(v, u, 100, DOMID_SELF), -EBUSY);
    ck_assert_uint_eq(last_done, 70);
    ck_assert_uint_ne(peek(t.l1, 69), 0);
    ck_assert_uint_eq(peek(t.l1, 70), 0);
    ck_assert_uint_eq(peek(t.l1, 71), 0);
    ck_assert_int_eq(call_mmu_update_n(v, u, 0, DOMID_SELF), 0);
    ck_assert_uint_eq(last_done, 0);
}
END_TEST

START_TEST(done_is_exact_across_restarts)
{
    static struct mmu_update u[2500];

    for (unsigned int i = 0; i < 2500; i++)
        u[i] = (struct mmu_update){pte_ptr(t.l1, i % 512, 0),
                                   pte_make(data(i % 3), PTE_RO)};
    u[2400].ptr = 5;
    ck_assert_int_eq(call_mmu_update_n(v, u, 2500, DOMID_SELF), -ENOSYS);
    ck_assert_uint_eq(last_restarts, 9);
    ck_assert_uint_eq(last_done, 2400);
}
END_TEST

START_TEST(unknown_commands_are_enosys)
{
    for (unsigned int cmd = 4; cmd < 8; cmd++)
        ck_assert_int_eq(call_mmu_update(v, pte_ptr(t.l1, 0, cmd), 0), -ENOSYS);
}
END_TEST

START_TEST(requests_that_fault_are_efault_with_done_exact)
{
    const struct mmu_update one = {pte_ptr(t.l1, 0, 0),
                                   pte_make(data(0), PTE_RO)};
    uint64_t at = FAKE_GUEST_VA + 4 * PAGE_SIZE - 40 * sizeof(one);
    struct effects fx;
    uint32_t done;

    for (unsigned int i = 0; i < 40; i++)
        memcpy(fake_guest(at + i * sizeof(one)), &one, sizeof(one));
    fake_guest_faults(FAKE_GUEST_VA + 4 * PAGE_SIZE, true);
    effects_init(&fx);
    ck_assert_int_eq(do_mmu_update(v, (guest_ptr_t){at}, 64,
                                   (guest_ptr_t){FAKE_GUEST_VA}, DOMID_SELF,
                                   &fx),
                     -EFAULT);
    memcpy(&done, fake_guest(FAKE_GUEST_VA), sizeof(done));
    ck_assert_uint_eq(done, 32);
    /* Pointers into the hypervisor fault as well. */
    ck_assert_int_eq(do_mmu_update(v, (guest_ptr_t){0xffff830000000000}, 1,
                                   (guest_ptr_t){0}, DOMID_SELF, &fx),
                     -EFAULT);
    ck_assert_int_eq(do_mmu_update(v, (guest_ptr_t){at}, 1,
                                   (guest_ptr_t){0xffff830000000000},
                                   DOMID_SELF, &fx),
                     -EFAULT);
    fake_guest_faults(FAKE_GUEST_VA + 4 * PAGE_SIZE, false);
}
END_TEST

/* ------------------------------------------------------ other domains */

START_TEST(the_m2p_is_updated_for_own_frames_only)
{
    mfn_t m = data(0), other = domain_frame(dom0, 0);

    ck_assert_int_eq(call_mmu_update(v, pte_ptr(m, 0, MMU_MACHPHYS_UPDATE), 77),
                     0);
    ck_assert_uint_eq(m2p_get(hv, m), 77);
    ck_assert_int_eq(
        call_mmu_update(v, pte_ptr(other, 0, MMU_MACHPHYS_UPDATE), 77),
        -EINVAL);
    ck_assert_uint_eq(m2p_get(hv, other), INVALID_M2P_ENTRY);
    machine_check(hv, NULL, 0); /* XSA-113: no reference is left */
}
END_TEST

START_TEST(only_the_privileged_name_other_domains)
{
    const struct mmu_update u = {pte_ptr(t.l1, 0, 0), 0};

    ck_assert_int_eq(call_mmu_update_n(v, &u, 1, 2), -EPERM);
    ck_assert_int_eq(call_mmu_update_n(v, &u, 1, DOMID_SELF | 3 << 16), -EPERM);
    ck_assert_int_eq(call_mmu_update_n(v, &u, 1, DOMID_XEN), -EPERM);
    ck_assert_int_eq(call_mmu_update_n(v, &u, 1, 77), -ESRCH);
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, 77), -ESRCH);
    ck_assert_int_eq(call_mmu_update_n(v, &u, 1, 1), -ESRCH); /* itself */
    ck_assert_int_eq(call_mmu_update_n(v, &u, 1, DOMID_SELF | 2 << 16), 0);
    ck_assert_uint_eq(d->refs, 1);
    ck_assert_uint_eq(dom0->refs, 1);
}
END_TEST

/* A tree for domain 0, as pinned as that of domain 1. */
static struct tree dom0_tree(void)
{
    struct tree own = write_tree(dom0, 0);

    ck_assert_int_eq(call_mmuext(v0, MMUEXT_PIN_L4_TABLE, own.l4.n, 0), 0);
    return own;
}

START_TEST(dom0_maps_frames_of_a_target)
{
    struct tree own = dom0_tree();
    struct mmu_update u[] = {
        {pte_ptr(own.l1, 0, 0), pte_make(data(0), PTE_DATA)},
        {pte_ptr(own.l1, 1, 0), pte_make(t.l1, PTE_RO)},
        {pte_ptr(own.l1, 2, 0), pte_make(t.l1, PTE_DATA)},
    };

    ck_assert_int_eq(call_mmu_update_n(v0, u, 3, 1), -EBUSY);
    ck_assert_uint_eq(last_done, 2);
    machine_check(hv, NULL, 0);
    /* While dom0 may write it, it becomes no table. */
    ck_assert_int_eq(call_mmuext(v, MMUEXT_PIN_L1_TABLE, data(0).n, 0),
                     -EINVAL);
    u[0].val = u[1].val = 0;
    ck_assert_int_eq(call_mmu_update_n(v0, u, 2, 1), 0);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_PIN_L1_TABLE, data(0).n, 0), 0);
    /* Upper levels take own tables only. */
    u[0] =
        (struct mmu_update){pte_ptr(own.l2, 1, 0), pte_make(t.l1, PTE_TABLE)};
    ck_assert_int_eq(call_mmu_update_n(v0, u, 1, 1), -EINVAL);
    u[0].val = pte_make(own.l1, PTE_TABLE);
    ck_assert_int_eq(call_mmu_update_n(v0, u, 1, 1), -EINVAL);
    ck_assert_int_eq(call_mmu_update_n(v0, u, 1, DOMID_SELF), 0);
}
END_TEST

/* A frame changes hands only when its last foreign mapping is flushed. */
START_TEST(a_foreign_mapping_outlives_the_owner_s_reference)
{
    struct tree own = dom0_tree();
    struct mmu_update u = {pte_ptr(own.l1, 0, 0), pte_make(data(0), PTE_DATA)};
    struct frame *f = frame_of(hv, data(0));
    uint64_t free_frames;
    mfn_t m;

    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, 1), 0);
    free_frames = hv->heap.free_frames;
    ck_assert_int_eq(frame_get(d, frame_mfn(hv, f), &f), 0);
    ck_assert_int_eq(domain_frame_release(d, f), 0);
    frame_put(hv, f);
    ck_assert_uint_eq(hv->heap.free_frames, free_frames);
    hal_flush_tlb(hv->online);
    u.val = 0;
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, 1), 0);
    ck_assert_uint_eq(hv->heap.free_frames, free_frames + 1);
    fake.flush_count = 0;
    ck_assert_int_eq(domain_frame_alloc(machine_domain(hv, 2), 0, &m), 0);
    ck_assert_uint_eq(fake.flush_count, 1);
}
END_TEST

/* It may be late: what teardown has passed would never be let go of. */
START_TEST(upper_entries_of_the_dying_take_no_references)
{
    struct mmu_update u = {pte_ptr(t.l2, 1, 0), pte_make(data(0), PTE_TABLE)};

    d->dying = DOMAIN_DYING;
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, 2u << 16 | 1), -EINVAL);
    u.val = 0;
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, 2u << 16 | 1), 0);
    d->dying = DOMAIN_ALIVE;
}
END_TEST

START_TEST(dom0_writes_tables_of_a_target)
{
    struct mmu_update u = {pte_ptr(t.l1, 3, 0), pte_make(data(0), PTE_DATA)};

    /* Tables of domain 1 (bits 16-31), frames of domain 1. */
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, 1 | 2 << 16), 0);
    ck_assert_uint_ne(peek(t.l1, 3), 0);
    u.ptr = pte_ptr(data(0), 0, MMU_MACHPHYS_UPDATE);
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, 1 | 2 << 16), -EPERM);
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, 1), 0);
}
END_TEST

START_TEST(public_pages_of_the_hypervisor_are_read_only)
{
    struct tree own = dom0_tree();
    mfn_t m2p = hal_mfn_of(hv->m2p);
    struct mmu_update u = {pte_ptr(own.l1, 0, 0), pte_make(m2p, PTE_DATA)};

    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, DOMID_XEN), -EPERM);
    u.val = pte_make(data(0), PTE_RO);
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, DOMID_XEN), -EBUSY);
    u.val = pte_make(m2p, PTE_RO);
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, DOMID_SELF), -EBUSY);
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, DOMID_XEN), 0);
    machine_check(hv, NULL, 0);
}
END_TEST

START_TEST(device_memory_is_for_those_with_the_right_and_uncached)
{
    struct tree own = dom0_tree();
    mfn_t hole = mfn_of(0), beyond = mfn_of(1ul << 20);
    struct mmu_update u = {pte_ptr(own.l1, 0, 0), pte_make(hole, PTE_DATA)};

    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, DOMID_IO), -EPERM);
    dom0->device_access = true;
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, DOMID_IO), 0);
    ck_assert_uint_eq(peek(own.l1, 0) & PTE_CACHE, PTE_PCD | PTE_PWT);
    u.val = pte_make(beyond, PTE_DATA | PTE_PAT);
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, DOMID_SELF), 0);
    ck_assert_uint_eq(peek(own.l1, 0) & PTE_CACHE, PTE_PAT);
    /* RAM is not device memory, and is always cached. */
    u.val = pte_make(domain_frame(dom0, 20), PTE_RO);
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, DOMID_IO), -EBUSY);
    u.val |= PTE_PCD;
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, DOMID_SELF), -EINVAL);
    /* Beyond the processor's addresses; reserved for the hypervisor. */
    u.val = pte_make(mfn_of(1ul << 28), PTE_RO);
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, DOMID_IO), -EPERM);
    hv->machine.io_deny[0] = (struct mfn_range){beyond, 1};
    hv->machine.io_deny_count = 1;
    u.val = pte_make(beyond, PTE_DATA);
    ck_assert_int_eq(call_mmu_update_n(v0, &u, 1, DOMID_IO), -EPERM);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("mmu_update");
    TCase *e = tcase_create("entries");
    TCase *b = tcase_create("batches");
    TCase *o = tcase_create("others");

    tcase_add_checked_fixture(e, setup_loaded_tree, teardown_tree);
    tcase_add_test(e, an_entry_is_written_with_its_references);
    tcase_add_test(e, a_table_is_never_mapped_writable);
    tcase_add_test(e, superpage_bits_are_refused_on_present_entries_too);
    tcase_add_test(e, recursive_entries_are_refused);
    tcase_add_test(e, slots_of_the_hypervisor_are_not_for_guests);
    tcase_add_test(e, frames_of_others_are_refused);
    tcase_add_test(e, memory_that_is_no_table_is_plainly_stored_to);
    tcase_add_test(e, a_descriptor_page_is_no_memory_either);
    tcase_add_test(e, preserve_ad_keeps_what_the_processor_set);
    tcase_add_test(e, upper_updates_flush_all_cpus_of_the_domain);
    tcase_add_test(e, a_dropped_table_is_empty_when_the_call_returns);
    suite_add_tcase(s, e);
    tcase_add_checked_fixture(b, setup_loaded_tree, teardown_tree);
    tcase_add_test(b, done_is_exact_and_processing_stops_at_the_first_failure);
    tcase_add_test(b, done_is_exact_across_restarts);
    tcase_add_test(b, unknown_commands_are_enosys);
    tcase_add_test(b, requests_that_fault_are_efault_with_done_exact);
    suite_add_tcase(s, b);
    tcase_add_checked_fixture(o, setup_loaded_tree, teardown_tree);
    tcase_add_test(o, the_m2p_is_updated_for_own_frames_only);
    tcase_add_test(o, only_the_privileged_name_other_domains);
    tcase_add_test(o, dom0_maps_frames_of_a_target);
    tcase_add_test(o, a_foreign_mapping_outlives_the_owner_s_reference);
    tcase_add_test(o, dom0_writes_tables_of_a_target);
    tcase_add_test(o, upper_entries_of_the_dying_take_no_references);
    tcase_add_test(o, public_pages_of_the_hypervisor_are_read_only);
    tcase_add_test(o, device_memory_is_for_those_with_the_right_and_uncached);
    suite_add_tcase(s, o);
    return s;
}

/* SPDX-License-Identifier: MIT */
/*
 * Grants of a domain to itself: what is lent can be mapped and shows the same
 * memory, cannot be taken back while mapped, and wrong references are refused.
 */
#include <stdlib.h>
#include <string.h>
#include <guest/grant.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/probe.h>
#include <guest/start.h>
#include <guest/xenbus.h>
#include <pv-abi/errno.h>
#include "../test.h"

const char test_name[] = "grants";

#define PAGES 40 /* more than one batch */

static domid_t self;

/* Grants name the other side by number, also when it is oneself. */
static void find_own_number(void)
{
    uint64_t number = 0; /* the initial domain's */

    if (!start_is_dom0())
        NEED(!xenbus_read_u64(XENBUS_NO_TX, "domid", &number));
    self = number;
}

static void a_lent_page_shows_the_same_memory(void)
{
    uint64_t *page = page_alloc_zeroed(1);
    struct grant_mapping m;
    grant_ref_t ref;
    int got;

    NEED(page != NULL);
    got = grant_access(self, virt_to_mfn(page), false);
    NEED(got > 0);
    ref = got;
    CHECK_EQUAL(grant_map(&m, self, &ref, 1, false, NULL), 0);
    CHECK(m.va != NULL);
    *(uint64_t *)m.va = 0xfeed;
    CHECK_EQUAL(*page, 0xfeed);
    CHECK_EQUAL(grant_end(ref), -XEN_EBUSY);
    grant_unmap(&m);
    CHECK_EQUAL(grant_end(ref), 0);
    page_free(page, 1);
}

static void a_readonly_loan_cannot_be_written(void)
{
    uint64_t *page = page_alloc_zeroed(1);
    struct grant_mapping m;
    struct probe p;
    uint64_t value;
    grant_ref_t ref;
    int got, status = 0;

    NEED(page != NULL);
    got = grant_access(self, virt_to_mfn(page), true);
    NEED(got > 0);
    ref = got;
    CHECK_EQUAL(grant_map(&m, self, &ref, 1, false, &status), -XEN_EACCES);
    CHECK_EQUAL(status, GNTST_general_error);
    CHECK_EQUAL(grant_map(&m, self, &ref, 1, true, NULL), 0);
    CHECK(probe_read64(&p, m.va, &value));
    CHECK(!probe_write64(&p, m.va, 1));
    grant_unmap(&m);
    CHECK_EQUAL(grant_end(ref), 0);
    page_free(page, 1);
}

static void many_are_mapped_behind_each_other(void)
{
    char *pages = page_alloc_zeroed(PAGES);
    grant_ref_t refs[PAGES];
    struct grant_mapping m;

    NEED(pages != NULL);
    for (int i = 0; i < PAGES; i++) {
        int got = grant_access(self, virt_to_mfn(pages + i * PAGE_SIZE), false);

        NEED(got > 0);
        refs[i] = got;
        pages[i * PAGE_SIZE] = i;
    }
    CHECK_EQUAL(grant_map(&m, self, refs, PAGES, false, NULL), 0);
    for (int i = 0; i < PAGES; i++)
        CHECK_EQUAL(((char *)m.va)[i * PAGE_SIZE], i);
    grant_unmap(&m);
    for (int i = 0; i < PAGES; i++)
        CHECK_EQUAL(grant_end(refs[i]), 0);
    page_free(pages, PAGES);
}

/* One bad reference in the middle: nothing stays mapped. */
static void a_refusal_undoes_the_rest(void)
{
    uint64_t *page = page_alloc_zeroed(1);
    struct grant_mapping m;
    grant_ref_t refs[3];
    int got, status = 0;

    NEED(page != NULL);
    got = grant_access(self, virt_to_mfn(page), false);
    NEED(got > 0);
    refs[0] = refs[2] = got;
    refs[1] = 1u << 30;
    CHECK_EQUAL(grant_map(&m, self, refs, 3, false, &status), -XEN_EACCES);
    CHECK_EQUAL(status, GNTST_bad_gntref);
    CHECK_EQUAL(grant_end(got), 0); /* not in use any more */
    CHECK_EQUAL(grant_map(&m, self, refs, 1, false, &status), -XEN_EACCES);
    CHECK_EQUAL(status, GNTST_general_error); /* taken back */
    CHECK_EQUAL(grant_map(&m, 0x7000, refs, 1, false, &status), -XEN_EACCES);
    CHECK_EQUAL(status, GNTST_bad_domain);
    page_free(page, 1);
}

static void a_foreign_handle_is_refused(void)
{
    struct gnttab_unmap_grant_ref op = {.handle = 0x7fffffff};

    op.host_addr = DIRECT_BASE;
    CHECK_EQUAL(hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1), 0);
    CHECK_EQUAL(op.status, GNTST_bad_handle);
}

/* A page without a mapping, and back with one of that frame. */
static uint64_t detach(void *page)
{
    uint64_t mfn = virt_to_mfn(page);

    CHECK_EQUAL(hypercall_update_va_mapping((uint64_t)page, 0, UVMF_INVLPG), 0);
    return mfn;
}

static void attach(void *page, uint64_t mfn)
{
    CHECK_EQUAL(hypercall_update_va_mapping((uint64_t)page,
                                            PTE(mfn, PTE_KERNEL), UVMF_INVLPG),
                0);
}

/* Where a loan was mapped, our own page is afterwards. */
static void a_mapping_is_replaced_by_ours(void)
{
    uint64_t *lent = page_alloc_zeroed(1), *own = page_alloc_zeroed(1);
    struct gnttab_unmap_and_replace op = {.new_addr = (uint64_t)own};
    uint64_t mfn, value;
    struct grant_mapping m;
    struct probe p;
    grant_ref_t ref;
    int got;

    NEED(lent && own);
    *lent = 0x1e47;
    *own = 0x0b17;
    mfn = virt_to_mfn(own);
    got = grant_access(self, virt_to_mfn(lent), false);
    NEED(got > 0);
    ref = got;
    NEED(!grant_map(&m, self, &ref, 1, false, NULL));
    CHECK_EQUAL(*(uint64_t *)m.va, 0x1e47);
    op.host_addr = (uint64_t)m.va;
    op.handle = m.handles[0];
    CHECK_EQUAL(hypercall_grant_table_op(GNTTABOP_unmap_and_replace, &op, 1),
                0);
    CHECK_EQUAL(op.status, GNTST_okay);
    CHECK_EQUAL(*(uint64_t *)m.va, 0x0b17);
    CHECK(!probe_read64(&p, own, &value));
    CHECK_EQUAL(grant_end(ref), 0);
    CHECK_EQUAL(hypercall_grant_table_op(GNTTABOP_unmap_and_replace, &op, 1),
                0);
    CHECK_EQUAL(op.status, GNTST_bad_handle);
    kmap_release(m.va, 1);
    free(m.handles);
    attach(own, mfn);
    CHECK_EQUAL(*own, 0x0b17);
    page_free(lent, 1);
    page_free(own, 1);
}

/* Sent to oneself: the invitation is used up, the frame is the same. */
static void a_frame_is_given_by_invitation(void)
{
    uint64_t table_mfn = 0, mfn;
    struct gnttab_setup_table setup = {
        .dom = DOMID_SELF, .nr_frames = 1, .frame_list = &table_mfn};
    struct gnttab_transfer op = {.domid = self, .ref = 300};
    struct grant_entry_v1 *table;
    uint64_t *page = page_alloc_zeroed(1);

    NEED(page != NULL);
    NEED(!hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1) &&
         setup.status == GNTST_okay);
    table = kmap_frame(table_mfn, PTE_KERNEL, DOMID_SELF);
    NEED(table != NULL);
    *page = 0x61f7;
    op.mfn = virt_to_mfn(page);
    table[op.ref] =
        (struct grant_entry_v1){.flags = GTF_accept_transfer,
                                .domid = self,
                                .frame = (uint32_t)virt_to_pfn(page)};
    CHECK_EQUAL(hypercall_grant_table_op(GNTTABOP_transfer, &op, 1), 0);
    CHECK_EQUAL(op.status, GNTST_bad_page); /* it is mapped */
    CHECK_EQUAL(table[op.ref].flags, GTF_accept_transfer);
    mfn = detach(page);
    CHECK_EQUAL(hypercall_grant_table_op(GNTTABOP_transfer, &op, 1), 0);
    CHECK_EQUAL(op.status, GNTST_okay);
    CHECK_EQUAL(table[op.ref].flags, GTF_accept_transfer |
                                         GTF_transfer_committed |
                                         GTF_transfer_completed);
    CHECK_EQUAL(table[op.ref].frame, mfn);
    attach(page, mfn);
    CHECK_EQUAL(*page, 0x61f7);
    table[op.ref] = (struct grant_entry_v1){0};
    kmap_release(table, 1);
    page_free(page, 1);
}

static void sizes_are_told(void)
{
    struct gnttab_query_size size = {.dom = DOMID_SELF};

    CHECK_EQUAL(hypercall_grant_table_op(GNTTABOP_query_size, &size, 1), 0);
    CHECK_EQUAL(size.status, GNTST_okay);
    CHECK(size.nr_frames >= 1 && size.nr_frames <= size.max_nr_frames);
    CHECK_EQUAL(hypercall_grant_table_op(77, NULL, 1), -XEN_ENOSYS);
}

void test_main(void)
{
    find_own_number();
    a_lent_page_shows_the_same_memory();
    a_readonly_loan_cannot_be_written();
    many_are_mapped_behind_each_other();
    a_refusal_undoes_the_rest();
    a_foreign_handle_is_refused();
    a_mapping_is_replaced_by_ours();
    a_frame_is_given_by_invitation();
    sizes_are_told();
}

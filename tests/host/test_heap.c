/* SPDX-License-Identifier: MIT */
/* hypervisor/core/mm/heap.c and alloc.c: frames found, owned and freed. */
#include "suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake/check.h"
#include "fake/machine.h"
#include "mm/alloc.h"
#include "mm/frame.h"

START_TEST(blocks_join_again_when_they_come_back)
{
    struct hv *hv = machine(70);
    uint64_t all = hv->heap.free_frames;
    mfn_t m[70];
    unsigned int n = 0;

    while (mfn_is_valid(m[n] = heap_alloc(hv, 0)))
        n++;
    ck_assert_uint_eq(n, all);
    for (unsigned int i = 0; i < n; i++)
        heap_free(hv, m[(i * 7) % n], 0);
    heap_check(hv);
    ck_assert_uint_eq(hv->heap.free_frames, all);
    /* 32 .. 63 are one block again. */
    ck_assert_uint_eq(heap_alloc(hv, 5).n, 32);
    machine_end(hv);
}
END_TEST

START_TEST(random_use_leaks_nothing)
{
    struct hv *hv = machine(600);
    uint64_t all = hv->heap.free_frames;
    struct random r = random_start(1);
    struct {
        mfn_t m;
        unsigned int order;
    } held[64];
    unsigned int n = 0;

    for (int i = 0; i < 20000; i++) {
        if (n < 64 && random_below(&r, 2)) {
            held[n].order = (unsigned int)random_below(&r, 6);
            held[n].m = heap_alloc(hv, held[n].order);
            ck_assert_uint_eq(
                held[n].m.n & ((1u << held[n].order) - 1),
                mfn_is_valid(held[n].m) ? 0 : (1u << held[n].order) - 1);
            n += mfn_is_valid(held[n].m);
        } else if (n > 0) {
            unsigned int k = (unsigned int)random_below(&r, n);

            heap_free(hv, held[k].m, held[k].order);
            held[k] = held[--n];
        }
        if (i % 500 == 0)
            heap_check(hv);
    }
    while (n-- > 0)
        heap_free(hv, held[n].m, held[n].order);
    ck_assert_uint_eq(hv->heap.free_frames, all);
    machine_end(hv);
}
END_TEST

START_TEST(a_frame_freed_twice_panics)
{
    struct hv *hv = machine(16);
    mfn_t m = heap_alloc(hv, 0);

    heap_free(hv, m, 0);
    if (FAKE_PANICS()) {
        heap_free(hv, m, 0);
        ck_abort_msg("freed twice");
    }
    machine_end(hv);
}
END_TEST

START_TEST(own_memory_is_zero_and_comes_back_to_the_page)
{
    struct hv *hv = machine(40);
    uint64_t all = hv->heap.free_frames;
    uint8_t *p = hv_alloc(hv, 5 * PAGE_SIZE - 100);

    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq(hv->heap.free_frames, all - 5);
    for (size_t i = 0; i < 5 * PAGE_SIZE; i++)
        ck_assert_uint_eq(p[i], 0);
    hv_free(hv, p, 5 * PAGE_SIZE - 100);
    ck_assert_uint_eq(hv->heap.free_frames, all);
    ck_assert_ptr_null(hv_alloc(hv, 64 * PAGE_SIZE));
    ck_assert_ptr_null(hv_alloc(hv, 0));
    hv_free(hv, NULL, 1);
    machine_end(hv);
}
END_TEST

/* What a domain left behind, its successor may not read. */
START_TEST(a_domain_gets_zeroed_frames)
{
    struct hv *hv = machine_with_spare(1, 1, 16);
    struct domain *d = machine_domain(hv, 0);
    mfn_t m;

    ck_assert_int_eq(domain_frame_alloc(d, 2, &m), 0);
    for (unsigned int i = 0; i < 4; i++)
        for (unsigned int w = 0; w < PAGE_SIZE / 8; w++)
            ck_assert_uint_eq(peek(mfn_of(m.n + i), w), 0);
    ck_assert_uint_eq(m2p_get(hv, m), INVALID_M2P_ENTRY);
    machine_end(hv);
}
END_TEST

START_TEST(a_domain_stops_at_its_limit)
{
    struct hv *hv = machine_with_spare(1, 4, 8);
    struct domain *d = machine_domain(hv, 0);
    uint64_t free_frames = hv->heap.free_frames;
    mfn_t m;

    d->pages.max = 6;
    ck_assert_int_eq(domain_frame_alloc(d, 2, &m), -ENOMEM);
    ck_assert_int_eq(domain_frame_alloc(d, 1, &m), 0);
    ck_assert_int_eq(domain_frame_alloc(d, 0, &m), -ENOMEM);
    d->pages.max = UINT64_MAX;
    ck_assert_int_eq(domain_frame_alloc(d, HEAP_ORDER_MAX + 1, &m), -EINVAL);
    ck_assert_int_eq(domain_frame_alloc(d, 10, &m), -ENOMEM);
    d->dying = DOMAIN_DYING;
    ck_assert_int_eq(domain_frame_alloc(d, 0, &m), -EINVAL);
    ck_assert_uint_eq(d->pages.total, 6);
    ck_assert_uint_eq(hv->heap.free_frames, free_frames - 2);
    machine_end(hv);
}
END_TEST

/* Else a CPU of the former owner writes to the new one's memory. */
START_TEST(a_frame_changes_owner_only_after_a_flush)
{
    struct hv *hv = machine_with_domains(2, 1);
    struct domain *d = machine_domain(hv, 1);
    struct frame *f;
    mfn_t m = domain_frame(d, 0), again;

    ck_assert_int_eq(frame_get(d, m, &f), 0);
    ck_assert_int_eq(domain_frame_release(d, f), 0);
    frame_put(hv, f);
    hal_flush_tlb(cpumask_of(0));
    fake.flush_count = 0;
    ck_assert_int_eq(domain_frame_alloc(machine_domain(hv, 0), 0, &again), 0);
    ck_assert_uint_eq(again.n, m.n);
    ck_assert_uint_eq(fake.flush_count, 1);
    ck_assert_uint_eq(fake.flushed.bits, 0xe);
    machine_end(hv);
}
END_TEST

/* XSA-252: dropping a pin as a side effect would be an unbounded one. */
START_TEST(a_pinned_frame_is_not_released)
{
    struct hv *hv = machine_with_domains(1, 2);
    struct domain *d = machine_domain(hv, 0);
    mfn_t m = domain_frame(d, 0);
    struct frame *f;

    ck_assert_int_eq(
        call_mmuext(machine_vcpu(hv, 0), MMUEXT_PIN_L1_TABLE, m.n, 0), 0);
    ck_assert_int_eq(frame_get(d, m, &f), 0);
    ck_assert_int_eq(domain_frame_release(d, f), -EBUSY);
    frame_put(hv, f);
    ck_assert(f->count & FRAME_ALLOCATED);
    machine_end(hv);
}
END_TEST

START_TEST(special_pages_are_mapped_but_never_owned_or_retyped)
{
    struct hv *hv = machine_with_spare(1, 1, 1);
    struct domain *d = machine_domain(hv, 0);
    uint64_t free_frames = hv->heap.free_frames;
    struct frame *f;
    mfn_t m;

    ck_assert_int_eq(special_frame_alloc(d, &m), 0);
    ck_assert_uint_eq(d->pages.total, 1);
    ck_assert_int_eq(frame_get_writable(d, m, &f), 0);
    ck_assert_int_eq(domain_frame_release(d, f), -EINVAL);
    ck_assert_int_eq(
        call_mmuext(machine_vcpu(hv, 0), MMUEXT_PIN_L1_TABLE, m.n, 0), -EINVAL);
    special_frame_free(d, m);
    ck_assert(domain_owns_frames(d));
    ck_assert_uint_eq(hv->heap.free_frames, free_frames - 1);
    frame_put_writable(hv, f);
    ck_assert_uint_eq(hv->heap.free_frames, free_frames);
    machine_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("heap");
    TCase *heap = tcase_create("heap");
    TCase *owned = tcase_create("owned");

    tcase_add_test(heap, blocks_join_again_when_they_come_back);
    tcase_add_test(heap, random_use_leaks_nothing);
    tcase_add_test(heap, a_frame_freed_twice_panics);
    tcase_add_test(heap, own_memory_is_zero_and_comes_back_to_the_page);
    suite_add_tcase(s, heap);
    tcase_add_test(owned, a_domain_gets_zeroed_frames);
    tcase_add_test(owned, a_domain_stops_at_its_limit);
    tcase_add_test(owned, a_frame_changes_owner_only_after_a_flush);
    tcase_add_test(owned, a_pinned_frame_is_not_released);
    tcase_add_test(owned, special_pages_are_mapped_but_never_owned_or_retyped);
    suite_add_tcase(s, owned);
    return s;
}

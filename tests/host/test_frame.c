/* SPDX-License-Identifier: MIT */
/* hypervisor/core/mm/frame.c and tlb.c: references, types, stamps. */
#include "suite.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "fake/machine.h"
#include "mm/alloc.h"
#include "mm/tlb.h"

START_TEST(a_reference_is_for_the_owner_s_frames_only)
{
    struct hv *hv = machine_with_spare(2, 2, 2);
    struct domain *d = machine_domain(hv, 1);
    struct frame *f;

    ck_assert_int_eq(frame_get(d, domain_frame(d, 0), &f), 0);
    frame_put(hv, f);
    /* another's; free; no RAM; beyond; the hypervisor's own (M2P) */
    ck_assert_int_eq(frame_get(d, domain_frame(machine_domain(hv, 0), 0), &f),
                     -EINVAL);
    ck_assert_int_eq(frame_get(d, mfn_of(hv->heap.free[1]), &f), -EINVAL);
    ck_assert_int_eq(frame_get(d, mfn_of(0), &f), -EINVAL);
    ck_assert_int_eq(frame_get(d, mfn_of(hv->frame_count), &f), -EINVAL);
    ck_assert_int_eq(frame_get(d, MFN_INVALID, &f), -EINVAL);
    ck_assert_int_eq(frame_get(d, hal_mfn_of(hv->m2p), &f), -EINVAL);
    machine_end(hv);
}
END_TEST

/* A count that ran over would free a frame that is still in use. */
START_TEST(a_full_count_is_refused)
{
    struct hv *hv = machine_with_domains(1, 1);
    struct domain *d = machine_domain(hv, 0);
    struct frame *f = frame_of(hv, domain_frame(d, 0)), *g;

    f->count |= FRAME_COUNT_MASK;
    ck_assert_int_eq(frame_get(d, frame_mfn(hv, f), &g), -EINVAL);
    ck_assert_int_eq(frame_ref(f), -EINVAL);
    ck_assert_int_eq(frame_ref_writable(hv, f), -EBUSY);
    f->count = FRAME_ALLOCATED | 1;

    f->type = FRAME_WRITABLE | FRAME_VALIDATED | FRAME_TYPE_COUNT;
    ck_assert_int_eq(frame_get_writable(d, frame_mfn(hv, f), &g), -EBUSY);
    f->type = FRAME_NONE;
    machine_end(hv);
}
END_TEST

START_TEST(the_last_reference_frees_the_frame)
{
    struct hv *hv = machine_with_domains(1, 2);
    struct domain *d = machine_domain(hv, 0);
    mfn_t m = domain_frame(d, 0);
    uint64_t free_frames = hv->heap.free_frames;
    struct frame *f, *mapped;

    ck_assert_int_eq(frame_get_writable(d, m, &mapped), 0);
    ck_assert_int_eq(frame_get(d, m, &f), 0);
    ck_assert_int_eq(domain_frame_release(d, f), 0);
    ck_assert_int_eq(domain_frame_release(d, f), -EINVAL);
    frame_put(hv, f);
    ck_assert_uint_eq(hv->heap.free_frames, free_frames);
    ck_assert_uint_eq(d->pages.total, 2);

    frame_put_writable(hv, mapped);
    ck_assert_uint_eq(hv->heap.free_frames, free_frames + 1);
    ck_assert_uint_eq(d->pages.total, 1);
    machine_end(hv);
}
END_TEST

START_TEST(only_cpus_that_have_not_flushed_since_are_stale)
{
    struct hv *hv = machine(16);
    uint64_t stamp, time;

    stamp = tlb_now(hv);
    ck_assert_uint_eq(tlb_stale(hv, hv->online, stamp).bits, 0xf);
    hal_flush_tlb(cpumask_of(2));
    ck_assert_uint_eq(tlb_stale(hv, hv->online, stamp).bits, 0xb);
    /* A flush that began before the stamp proves nothing, though it ends
     * after it. */
    time = tlb_flush_begin(hv);
    stamp = tlb_now(hv);
    tlb_flush_end(hv, 2, time);
    ck_assert_uint_eq(tlb_stale(hv, cpumask_of(2), stamp).bits, 4);
    machine_end(hv);
}
END_TEST

START_TEST(unused_frames_need_no_flush)
{
    struct hv *hv = machine_with_domains(1, 4);

    ck_assert_uint_eq(fake.flush_count, 0);
    machine_end(hv);
}
END_TEST

/* XSA-241: the stamp must not be older than the last writable mapping. */
START_TEST(every_end_of_a_writable_use_stamps)
{
    struct hv *hv = machine_with_domains(1, 1);
    struct domain *d = machine_domain(hv, 0);
    struct frame *f, *g;

    ck_assert_int_eq(frame_get_writable(d, domain_frame(d, 0), &f), 0);
    ck_assert_int_eq(frame_get_writable(d, domain_frame(d, 0), &g), 0);
    hal_flush_tlb(hv->online);
    frame_put_writable(hv, g);
    ck_assert_uint_eq(f->stamp, tlb_now(hv));
    hal_flush_tlb(hv->online);
    frame_put_writable(hv, f);
    ck_assert_uint_eq(f->stamp, tlb_now(hv));
    machine_end(hv);
}
END_TEST

/* A mapping for reading may be in a TLB when the frame is freed, too. */
START_TEST(every_end_of_a_reference_stamps)
{
    struct hv *hv = machine_with_domains(1, 1);
    struct domain *d = machine_domain(hv, 0);
    struct frame *f;

    ck_assert_int_eq(frame_get(d, domain_frame(d, 0), &f), 0);
    tlb_flush_begin(hv);
    frame_put(hv, f);
    ck_assert_uint_eq(f->stamp, tlb_now(hv));
    machine_end(hv);
}
END_TEST

START_TEST(a_stamp_never_goes_back)
{
    struct hv *hv = machine_with_domains(1, 1);
    struct frame *f = frame_of(hv, domain_frame(machine_domain(hv, 0), 0));

    f->stamp = 100;
    frame_stamp(hv, f);
    ck_assert_uint_eq(f->stamp, 100);
    f->stamp = 0;
    machine_end(hv);
}
END_TEST

/* Some CPU may still walk it: what it would find there is the guest's. */
START_TEST(a_former_table_is_writable_only_after_a_flush)
{
    struct hv *hv = machine_with_domains(1, 8);
    struct domain *d = machine_domain(hv, 0);
    struct vcpu *v = machine_vcpu(hv, 0);
    struct tree t = write_tree(d, 0);
    struct frame *f;

    ck_assert_int_eq(call_mmuext(v, MMUEXT_PIN_L1_TABLE, t.l1.n, 0), 0);
    ck_assert_int_eq(frame_get_writable(d, t.l1, &f), -EBUSY);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_UNPIN_TABLE, t.l1.n, 0), 0);
    hal_flush_tlb(cpumask_of(1));
    fake.flush_count = 0;

    ck_assert_int_eq(frame_get_writable(d, t.l1, &f), 0);
    ck_assert_uint_eq(fake.flush_count, 1);
    ck_assert_uint_eq(fake.flushed.bits, 0xd);
    frame_put_writable(hv, f);
    ck_assert_int_eq(frame_get_writable(d, t.l1, &f), 0);
    ck_assert_uint_eq(fake.flush_count, 1);
    frame_put_writable(hv, f);
    machine_end(hv);
}
END_TEST

START_TEST(a_writable_frame_is_a_table_only_after_a_flush)
{
    struct hv *hv = machine_with_domains(1, 8);
    struct domain *d = machine_domain(hv, 0);
    struct vcpu *v = machine_vcpu(hv, 0);
    struct frame *f;

    ck_assert_int_eq(frame_get_writable(d, domain_frame(d, 0), &f), 0);
    frame_put_writable(hv, f);
    fake.flush_count = 0;
    ck_assert_int_eq(
        call_mmuext(v, MMUEXT_PIN_L1_TABLE, domain_frame(d, 0).n, 0), 0);
    ck_assert_uint_eq(fake.flush_count, 1);
    ck_assert_uint_eq(fake.flushed.bits, 0xf);
    machine_end(hv);
}
END_TEST

static struct domain *contended;

static void *come_and_go(void *cpu)
{
    struct frame *f;

    fake_set_cpu((unsigned int)(uintptr_t)cpu);
    for (int i = 0; i < 20000; i++) {
        if (frame_get_writable(contended, domain_frame(contended, 0), &f))
            abort();
        frame_put_writable(contended->hv, f);
    }
    return NULL;
}

START_TEST(two_cpus_count_right)
{
    struct hv *hv = machine_with_domains(1, 1);
    pthread_t other;

    contended = machine_domain(hv, 0);
    ck_assert_int_eq(pthread_create(&other, NULL, come_and_go, (void *)1), 0);
    come_and_go((void *)0);
    pthread_join(other, NULL);
    machine_end(hv);
}
END_TEST

START_TEST(the_check_finds_a_reference_nobody_holds)
{
    struct hv *hv = machine_with_domains(1, 1);
    mfn_t m = domain_frame(machine_domain(hv, 0), 0);
    struct frame *f = frame_of(hv, m);

    f->count++;
    machine_check(hv, &m, 1);
    if (FAKE_PANICS()) {
        machine_check(hv, NULL, 0);
        ck_abort_msg("one reference too many went unnoticed");
    }
    f->count--;
    f->type = FRAME_L1 | FRAME_VALIDATED | 1;
    if (FAKE_PANICS()) {
        machine_check(hv, NULL, 0);
        ck_abort_msg("a type reference nobody holds went unnoticed");
    }
    f->type = FRAME_NONE;
    machine_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("frame");
    TCase *t = tcase_create("references");
    TCase *flushes = tcase_create("flushes");

    tcase_add_test(t, a_reference_is_for_the_owner_s_frames_only);
    tcase_add_test(t, a_full_count_is_refused);
    tcase_add_test(t, the_last_reference_frees_the_frame);
    tcase_add_test(t, two_cpus_count_right);
    tcase_add_test(t, the_check_finds_a_reference_nobody_holds);
    suite_add_tcase(s, t);
    tcase_add_test(flushes, only_cpus_that_have_not_flushed_since_are_stale);
    tcase_add_test(flushes, unused_frames_need_no_flush);
    tcase_add_test(flushes, every_end_of_a_writable_use_stamps);
    tcase_add_test(flushes, every_end_of_a_reference_stamps);
    tcase_add_test(flushes, a_stamp_never_goes_back);
    tcase_add_test(flushes, a_former_table_is_writable_only_after_a_flush);
    tcase_add_test(flushes, a_writable_frame_is_a_table_only_after_a_flush);
    suite_add_tcase(s, flushes);
    return s;
}

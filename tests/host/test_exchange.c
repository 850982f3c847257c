/* SPDX-License-Identifier: MIT */
/* hypervisor/core/mm/reservation.c: frames exchanged for others. */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/memory.h>

#include "fake/machine.h"
#include "mm/alloc.h"
#include "mm/calls.h"
#include "mm/frame.h"
#include "mm/table.h"

static struct hv *hv;
static struct domain *d;
static struct vcpu *v, *v0;

/* Where these tests keep lists of frames. */
#define LIST_VA (FAKE_GUEST_VA + 32 * PAGE_SIZE)
#define OUT_VA  (FAKE_GUEST_VA + 40 * PAGE_SIZE)

/* Domains 0 to 2 with 8 frames each, which nothing uses. */
static void setup(void)
{
    hv = machine_with_spare(3, 8, 600);
    d = machine_domain(hv, 1);
    v = machine_vcpu(hv, 1);
    v0 = machine_vcpu(hv, 0);
}

static void teardown(void)
{
    machine_end(hv);
}

/* n frames of 2^in_order, as listed at LIST_VA, for others of 2^out_order. */
static struct xen_memory_exchange exchange_of(uint64_t n, unsigned int in_order,
                                              unsigned int out_order)
{
    return (struct xen_memory_exchange){
        .in = {.extent_start.va = LIST_VA,
               .nr_extents = n,
               .extent_order = in_order,
               .domid = DOMID_SELF},
        .out = {.extent_start.va = OUT_VA,
                .nr_extents = n << in_order >> out_order,
                .extent_order = out_order,
                .domid = DOMID_SELF},
    };
}

static uint64_t *in_list(void)
{
    return fake_guest(LIST_VA);
}

static uint64_t *out_list(void)
{
    return fake_guest(OUT_VA);
}

static int64_t exchange(struct vcpu *caller, struct xen_memory_exchange *x)
{
    return call_memory_op(caller, XENMEM_exchange, x, sizeof(*x));
}

START_TEST(an_exchange_gives_another_frame_of_that_number)
{
    struct xen_memory_exchange x = exchange_of(1, 0, 0);
    mfn_t old = domain_frame(d, 2);
    uint64_t free_frames = hv->heap.free_frames;

    d->pages.max = d->pages.total; /* it needs no more than there is */
    m2p_set(hv, old, 7);
    poke(old, 0, 0x5ec4e7);
    in_list()[0] = old.n;
    out_list()[0] = 7;
    ck_assert_int_eq(exchange(v, &x), 0);
    ck_assert_uint_eq(x.nr_exchanged, 1);
    ck_assert_uint_ne(out_list()[0], old.n);
    ck_assert_uint_eq(m2p_get(hv, mfn_of(out_list()[0])), 7);
    ck_assert_uint_eq(peek(mfn_of(out_list()[0]), 0), 0);
    ck_assert_uint_eq(m2p_get(hv, old), INVALID_M2P_ENTRY);
    ck_assert_uint_eq(frame_of(hv, old)->owner, FRAME_NO_OWNER);
    ck_assert_uint_eq(d->pages.total, 8);
    ck_assert_uint_eq(hv->heap.free_frames, free_frames);
    machine_check(hv, NULL, 0);
}
END_TEST

START_TEST(small_frames_become_a_large_one_and_small_again)
{
    struct xen_memory_exchange x = exchange_of(8, 0, 2);

    for (unsigned int i = 0; i < 8; i++)
        in_list()[i] = domain_frame(d, i).n;
    out_list()[0] = 40;
    out_list()[1] = 80;
    ck_assert_int_eq(exchange(v, &x), 0);
    ck_assert_uint_eq(x.nr_exchanged, 8);
    for (unsigned int i = 0; i < 2; i++) {
        ck_assert_uint_eq(out_list()[i] % 4, 0);
        ck_assert_uint_eq(m2p_get(hv, mfn_of(out_list()[i] + 3)), 43 + 40 * i);
        in_list()[i] = out_list()[i];
    }
    x = exchange_of(2, 2, 0);
    for (unsigned int i = 0; i < 8; i++)
        out_list()[i] = 100 + i;
    ck_assert_int_eq(exchange(v, &x), 0);
    ck_assert_uint_eq(x.nr_exchanged, 2);
    for (unsigned int i = 0; i < 8; i++)
        ck_assert_uint_eq(m2p_get(hv, mfn_of(out_list()[i])), 100 + i);
    ck_assert_uint_eq(d->pages.total, 8);
    machine_check(hv, NULL, 0);
}
END_TEST

/* Refused as it is: with what it lists, d, and the heap as before. */
static void refused(struct vcpu *caller, struct xen_memory_exchange x,
                    int error)
{
    uint64_t free_frames = hv->heap.free_frames, done = x.nr_exchanged;
    mfn_t own = domain_frame(d, 1);
    uint32_t type = frame_of(hv, own)->type;

    m2p_set(hv, own, 1);
    out_list()[0] = out_list()[1] = 33;
    ck_assert_int_eq(exchange(caller, &x), error);
    ck_assert_uint_eq(x.nr_exchanged, done);
    ck_assert_uint_eq(out_list()[0], 33);
    ck_assert_uint_eq(d->pages.total, 8);
    ck_assert_uint_eq(m2p_get(hv, own), 1);
    ck_assert_uint_eq(frame_of(hv, own)->type, type);
    ck_assert_uint_eq(frame_of(hv, own)->owner, 1);
    ck_assert_uint_eq(hv->heap.free_frames, free_frames);
    machine_check(hv, NULL, 0);
}

START_TEST(a_bad_exchange_changes_nothing)
{
    const struct xen_memory_exchange good = exchange_of(1, 0, 0);
    struct xen_memory_exchange x;

    in_list()[0] = domain_frame(d, 1).n;
#define BAD(error, change)                                                     \
    do {                                                                       \
        x = good;                                                              \
        change;                                                                \
        refused(v, x, error);                                                  \
    } while (0)
    BAD(-EPERM, x.in.extent_order = 10);
    BAD(-EPERM, x.out.extent_order = 10);
    BAD(-EPERM, x.in.extent_order = ~0u);
    BAD(-EPERM, x.out.extent_order = ~0u);
    BAD(-EINVAL, x.nr_exchanged = 2);
    BAD(-EINVAL, x.out.domid = 1);
    BAD(-EINVAL, x.out.nr_extents = 2);
    BAD(-EINVAL, x.out.extent_order = 1);
    BAD(-EINVAL, x.in.nr_extents = x.out.nr_extents = 1ul << 63;
        x.in.extent_order = x.out.extent_order = 1);
    BAD(-ESRCH, x.in.domid = x.out.domid = 77);
    BAD(-EPERM, x.in.domid = x.out.domid = 0);
    BAD(-EFAULT, x.in.extent_start.va = 8);
    BAD(-EFAULT, x.out.extent_start.va = 8);
    BAD(-ENOMEM, x.out.mem_flags = 12); /* below one page: nothing fits */
    /* XSA-212: nor by counting from a good address. */
    BAD(-EFAULT, x.in.extent_start.va = 0xffff820000000000);
    BAD(-EFAULT, x.out.extent_start.va = 0xffff820000000000);
    BAD(-EFAULT, x.in.nr_extents = x.out.nr_extents = 1ul << 61;
        x.nr_exchanged = 0xffff820000000000 / 8; x.out.extent_start.va = 0;
        x.in.extent_start.va = 1ul << 43);
    ck_assert_int_eq(call_memory_op(v, XENMEM_exchange | 1 << 6, &x, sizeof(x)),
                     -EINVAL);
    ck_assert_int_eq(do_memory_op(v, 11, (guest_ptr_t){8}, &last_fx), -EFAULT);
}
END_TEST

/* What the guest would not hear of does not happen. */
START_TEST(an_exchange_that_cannot_be_told_is_undone)
{
    in_list()[0] = domain_frame(d, 1).n;
    fake_guest_readonly(OUT_VA, true);
    out_list()[0] = 33;
    refused(v, exchange_of(1, 0, 0), -EFAULT);
    fake_guest_readonly(OUT_VA, false);
}
END_TEST

START_TEST(a_frame_that_is_used_is_not_exchanged)
{
    const struct xen_memory_exchange x = exchange_of(1, 0, 0);
    mfn_t own = domain_frame(d, 1), special;
    struct frame *f;

    in_list()[0] = own.n;
    ck_assert_int_eq(frame_get(d, own, &f), 0);
    in_list()[0] = own.n;
    {
        struct xen_memory_exchange y = x;

        ck_assert_int_eq(exchange(v, &y), -EINVAL);
        machine_check(hv, &own, 1);
    }
    frame_put(hv, f);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_PIN_L1_TABLE, own.n, 0), 0);
    refused(v, x, -EINVAL);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_UNPIN_TABLE, own.n, 0), 0);
    in_list()[0] = domain_frame(machine_domain(hv, 0), 1).n;
    refused(v, x, -EINVAL);
    in_list()[0] = hv->frame_count + 5;
    refused(v, x, -EINVAL);
    in_list()[0] = ~0ul;
    refused(v, x, -EINVAL);
    ck_assert_int_eq(special_frame_alloc(d, &special), 0);
    in_list()[0] = special.n;
    refused(v, x, -EINVAL);
    special_frame_free(d, special);
    /* The same one twice: it is taken, then it is not to be had. */
    in_list()[0] = in_list()[1] = own.n;
    refused(v, exchange_of(2, 0, 1), -EINVAL);
}
END_TEST

/* A former table is one still, for CPUs that have not flushed. */
START_TEST(an_undone_exchange_keeps_what_a_frame_was)
{
    mfn_t own = domain_frame(d, 1);

    ck_assert_int_eq(call_mmuext(v, MMUEXT_PIN_L1_TABLE, own.n, 0), 0);
    ck_assert_int_eq(call_mmuext(v, MMUEXT_UNPIN_TABLE, own.n, 0), 0);
    in_list()[0] = own.n;
    in_list()[1] = ~0ul;
    refused(v, exchange_of(2, 0, 1), -EINVAL);
    ck_assert_uint_eq(type_level(frame_of(hv, own)->type), 1);
}
END_TEST

/* What was exchanged before the refusal is, and is told. */
START_TEST(an_exchange_stops_in_the_middle)
{
    struct xen_memory_exchange x = exchange_of(4, 0, 1);
    mfn_t last = domain_frame(d, 2);

    for (unsigned int i = 0; i < 3; i++)
        in_list()[i] = domain_frame(d, i).n;
    in_list()[3] = ~0ul;
    out_list()[0] = 20;
    out_list()[1] = 30;
    ck_assert_int_eq(exchange(v, &x), -EINVAL);
    ck_assert_uint_eq(x.nr_exchanged, 2);
    ck_assert_uint_eq(m2p_get(hv, mfn_of(out_list()[0] + 1)), 21);
    ck_assert_uint_eq(out_list()[1], 30);
    ck_assert_uint_eq(frame_of(hv, last)->owner, 1);
    ck_assert_uint_eq(d->pages.total, 8);
    machine_check(hv, NULL, 0);
    /* And goes on there when the guest has found another. */
    in_list()[3] = domain_frame(d, 4).n;
    ck_assert_int_eq(exchange(v, &x), 0);
    ck_assert_uint_eq(x.nr_exchanged, 4);
    ck_assert_uint_eq(m2p_get(hv, mfn_of(out_list()[1])), 30);
}
END_TEST

START_TEST(a_long_exchange_is_consistent_between_its_runs)
{
    struct xen_memory_exchange x = exchange_of(400, 0, 0);
    unsigned int runs = 0;

    for (unsigned int i = 0; i < 400; i++) {
        mfn_t m;

        ck_assert_int_eq(domain_frame_alloc(d, 0, &m), 0);
        in_list()[i] = m.n;
        out_list()[i] = i;
    }
    call_runs_max = 1;
    while (exchange(v, &x) == -ERESTART) {
        runs++;
        ck_assert_uint_eq(x.nr_exchanged, 64 * runs);
        ck_assert_uint_eq(d->pages.total, 408);
        ck_assert_uint_eq(out_list()[x.nr_exchanged], x.nr_exchanged);
        machine_check(hv, NULL, 0);
    }
    call_runs_max = 0;
    ck_assert_uint_eq(runs, 6);
    ck_assert_uint_eq(x.nr_exchanged, 400);
    for (unsigned int i = 0; i < 400; i++)
        ck_assert_uint_eq(m2p_get(hv, mfn_of(out_list()[i])), i);
}
END_TEST

START_TEST(dom0_exchanges_frames_of_others)
{
    struct xen_memory_exchange x = exchange_of(1, 0, 0);

    x.in.domid = x.out.domid = 1;
    in_list()[0] = domain_frame(d, 1).n;
    ck_assert_int_eq(exchange(v0, &x), 0);
    ck_assert_uint_eq(frame_of(hv, mfn_of(out_list()[0]))->owner, 1);
    ck_assert_uint_eq(d->refs, 1);
}
END_TEST

/* Teardown meets frames that are in neither list when d dies meanwhile. */
static void die(uint64_t va)
{
    struct effects fx;

    if (va < OUT_VA || va >= OUT_VA + PAGE_SIZE)
        return;
    fake.on_copy = NULL;
    effects_init(&fx);
    d->dying = DOMAIN_DYING;
    ck_assert_int_eq(domain_release_memory(d, &fx), 0);
    ck_assert(domain_owns_frames(d));
}

START_TEST(a_domain_may_die_while_dom0_exchanges_its_frames)
{
    for (unsigned int n = 1; n <= 2; n++) {
        struct xen_memory_exchange x = exchange_of(n, 0, 0);

        x.in.domid = x.out.domid = n;
        d = machine_domain(hv, (domid_t)n);
        in_list()[0] = domain_frame(d, 1).n;
        in_list()[1] = ~0ul;
        fake.on_copy = die;
        /* The second one stops at what comes next. */
        ck_assert_int_eq(exchange(v0, &x), n == 1 ? 0 : -EINVAL);
        ck_assert(!domain_owns_frames(d));
        machine_check(hv, NULL, 0);
    }
}
END_TEST

/* The same where the frames come back. */
static void die_unheard(uint64_t va, size_t n)
{
    if (va == OUT_VA) {
        fake.on_guest_read = NULL;
        die(va);
    }
}

START_TEST(a_dead_domain_gets_nothing_back)
{
    struct xen_memory_exchange x = exchange_of(1, 0, 0);

    x.in.domid = x.out.domid = 1;
    x.out.mem_flags = 12;
    in_list()[0] = domain_frame(d, 1).n;
    fake.on_guest_read = die_unheard;
    ck_assert_int_eq(exchange(v0, &x), -ENOMEM);
    ck_assert(!domain_owns_frames(d));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("exchange");
    TCase *x = tcase_create("exchange");

    tcase_add_checked_fixture(x, setup, teardown);
    tcase_add_test(x, an_exchange_gives_another_frame_of_that_number);
    tcase_add_test(x, small_frames_become_a_large_one_and_small_again);
    tcase_add_test(x, a_bad_exchange_changes_nothing);
    tcase_add_test(x, an_exchange_that_cannot_be_told_is_undone);
    tcase_add_test(x, a_frame_that_is_used_is_not_exchanged);
    tcase_add_test(x, an_undone_exchange_keeps_what_a_frame_was);
    tcase_add_test(x, an_exchange_stops_in_the_middle);
    tcase_add_test(x, a_long_exchange_is_consistent_between_its_runs);
    tcase_add_test(x, dom0_exchanges_frames_of_others);
    tcase_add_test(x, a_domain_may_die_while_dom0_exchanges_its_frames);
    tcase_add_test(x, a_dead_domain_gets_nothing_back);
    suite_add_tcase(s, x);
    return s;
}

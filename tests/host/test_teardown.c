/* SPDX-License-Identifier: MIT */
/* core/domain/teardown.c: domains are destroyed, and what keeps them. */
#include "domain_life.h"

#include <errno.h>

#include <pv-abi/mmu.h>

#include "domain/vcpu_context.h"
#include "mm/calls.h"
#include "mm/frame.h"
#include "sched/clock.h"

START_TEST(destroy_gives_every_frame_back)
{
    struct hv *hv = world(FRAMES);
    struct domain *d;
    uint64_t free;

    listen_to_exits(hv);
    free = hv->heap.free_frames;
    d = world_domain(hv, 2, 50);
    destroy(d);
    ck_assert(dom0_was_told(hv));
    ck_assert_int_eq(d->dying, DOMAIN_DEAD);
    ck_assert_int_eq(domain_destroy(d, &fx), 0);
    ck_assert(!dom0_was_told(hv));
    domains_reap(hv);
    ck_assert_ptr_null(domain_find(hv, 1));
    ck_assert_uint_eq(hv->heap.free_frames, free);
    world_end(hv);
}
END_TEST

START_TEST(destroy_waits_until_the_vcpus_are_off_their_cpus)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 10);
    unsigned int cpu = run(hv, d);

    effects_init(&fx);
    ck_assert_int_eq(domain_destroy(d, &fx), -ERESTART);
    ck_assert(cpumask_has(fx.resched, cpu));
    ck_assert_uint_eq(d->pages.total, 10);
    world_schedule(hv, cpu);
    destroy(d);
    world_end(hv);
}
END_TEST

START_TEST(destroy_stops_when_the_budget_is_spent)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 100);
    unsigned int restarts = 0;

    for (;; restarts++) {
        effects_init(&fx);
        fx.budget = 10;
        if (domain_destroy(d, &fx) == 0)
            break;
    }
    ck_assert_uint_ge(restarts, 5);
    world_end(hv);
}
END_TEST

START_TEST(two_who_destroy_take_turns)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 1);

    effects_init(&fx);
    d->teardown_busy = true;
    ck_assert_int_eq(domain_destroy(d, &fx), -ERESTART);
    d->teardown_busy = false;
    destroy(d);
    world_end(hv);
}
END_TEST

START_TEST(dom0_is_not_destroyed)
{
    struct hv *hv = world(FRAMES);

    effects_init(&fx);
    ck_assert_int_eq(domain_destroy(hv->dom0, &fx), -EINVAL);
    ck_assert_int_eq(hv->dom0->dying, DOMAIN_ALIVE);
    world_end(hv);
}
END_TEST

/* dom0 maps a page of a guest that dies: the zombie waits for it. */
START_TEST(a_frame_somebody_holds_keeps_a_zombie)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 5);
    struct frame *f;

    ck_assert_int_eq(
        frame_get(d, frame_mfn(hv, &hv->frames[d->pages.first]), &f), 0);
    destroy(d);
    domains_reap(hv);
    domains_reap(hv);
    ck_assert_ptr_eq(frame_owner(hv, f), d);
    /* Time of day passes it by, although its shared_info is gone. */
    wallclock_set(hv, 1000000, 0);
    frame_put(hv, f);
    domains_reap(hv);
    ck_assert_ptr_null(hv->by_domid[1]);
    world_end(hv);
}
END_TEST

/* dom0's tools may be late: what teardown has passed must stay undone. */
START_TEST(a_zombie_takes_no_new_references_on_itself)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 5);
    static struct vcpu_guest_context context;
    struct mmuext_op *op = fake_guest(WORLD_ARG);
    struct frame *f;
    mfn_t m = frame_mfn(hv, &hv->frames[d->pages.first]);

    ck_assert_int_eq(frame_get(d, m, &f), 0);
    destroy(d);
    *op = (struct mmuext_op){.cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = m.n};
    ck_assert_int_eq(do_mmuext_op(hv->dom0->vcpus[0], (guest_ptr_t){WORLD_ARG},
                                  1, (guest_ptr_t){0}, d->domid, &fx),
                     -EINVAL);
    context.flags = VGCF_in_kernel;
    context.ctrlreg[3] = m.n << 12;
    ck_assert_int_eq(vcpu_set_context(d->vcpus[0], &context, &fx), -EINVAL);
    frame_put(hv, f);
    domains_reap(hv);
    ck_assert_ptr_null(hv->by_domid[1]);
    world_end(hv);
}
END_TEST

/* Its shared_info has gone before the frame that somebody holds. */
START_TEST(a_zombie_has_no_highest_frame)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 5);
    struct xen_memory_domain *arg = fake_guest(WORLD_ARG);
    struct frame *f;

    ck_assert_int_eq(
        frame_get(d, frame_mfn(hv, &hv->frames[d->pages.first]), &f), 0);
    destroy(d);
    domains_reap(hv);
    ck_assert_ptr_null(d->shared_info);
    arg->domid = d->domid;
    ck_assert_int_eq(do_memory_op(hv->dom0->vcpus[0], XENMEM_maximum_gpfn,
                                  (guest_ptr_t){WORLD_ARG}, &fx),
                     -ESRCH);
    frame_put(hv, f);
    world_end(hv);
}
END_TEST

START_TEST(a_mapped_shared_info_keeps_a_zombie_too)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 5);
    struct frame *f;

    ck_assert_int_eq(frame_get(d, d->shared_info_mfn, &f), 0);
    destroy(d);
    domains_reap(hv);
    ck_assert_ptr_eq(hv->by_domid[1], d);
    frame_put(hv, f);
    domains_reap(hv);
    ck_assert_ptr_null(hv->by_domid[1]);
    world_end(hv);
}
END_TEST

START_TEST(a_held_domain_is_not_freed)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 1);

    domain_get(d);
    destroy(d);
    domains_reap(hv);
    ck_assert_ptr_eq(hv->by_domid[1], d);
    domain_put(d);
    domains_reap(hv);
    ck_assert_ptr_null(hv->by_domid[1]);
    world_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("teardown");
    TCase *t = tcase_create("end");

    tcase_add_test(t, destroy_gives_every_frame_back);
    tcase_add_test(t, destroy_waits_until_the_vcpus_are_off_their_cpus);
    tcase_add_test(t, destroy_stops_when_the_budget_is_spent);
    tcase_add_test(t, two_who_destroy_take_turns);
    tcase_add_test(t, dom0_is_not_destroyed);
    tcase_add_test(t, a_frame_somebody_holds_keeps_a_zombie);
    tcase_add_test(t, a_zombie_takes_no_new_references_on_itself);
    tcase_add_test(t, a_zombie_has_no_highest_frame);
    tcase_add_test(t, a_mapped_shared_info_keeps_a_zombie_too);
    tcase_add_test(t, a_held_domain_is_not_freed);
    suite_add_tcase(s, t);
    return s;
}

/* SPDX-License-Identifier: MIT */
/* core/domain: domains are made, found, paused, shut down and destroyed. */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/event_channel.h>
#include <pv-abi/mmu.h>
#include <pv-abi/sched.h>

#include "domain/vcpu_context.h"
#include "event/channel.h"
#include "fake/world.h"
#include "mm/alloc.h"
#include "mm/calls.h"
#include "mm/frame.h"
#include "sched/clock.h"
#include "sched/runqueue.h"

#define FRAMES 512

static const struct domain_config plain = {.max_vcpus = 2,
                                           .max_evtchn_port = 1023,
                                           .max_grant_frames = -1,
                                           .max_maptrack_frames = -1,
                                           .max_pages = 100};
static struct effects fx;

static struct domain *create(struct hv *hv, domid_t wanted)
{
    struct domain *d;

    ck_assert_int_eq(domain_create(hv, wanted, &plain, &d), 0);
    domain_put(d);
    return d;
}

static void destroy(struct domain *d)
{
    effects_init(&fx);
    ck_assert_int_eq(domain_destroy(d, &fx), 0);
}

/* Let vCPU 0 of d run on the CPU it was given. */
static unsigned int run(struct hv *hv, struct domain *d)
{
    struct vcpu *v = d->vcpus[0];

    effects_init(&fx);
    vcpu_up(v, 0, &fx);
    ck_assert_int_eq(domain_unpause(d, &fx), 0);
    for (unsigned int cpu = 1; cpu < WORLD_CPUS; cpu++) {
        world_schedule(hv, cpu);
        if (hv->cpus[cpu].current == v)
            return cpu;
    }
    ck_abort_msg("no CPU takes it");
    return 0;
}

/* ------------------------------------------------------------ create, find */

START_TEST(a_new_domain_is_paused_masked_and_found)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = create(hv, 0), *found;

    ck_assert_uint_eq(d->domid, 1);
    ck_assert_uint_eq(d->pause_count, 1);
    ck_assert_uint_eq(d->refs, 1);
    for (int i = 0; i < 32; i++)
        ck_assert_uint_eq(d->shared_info->vcpu_info[i].evtchn_upcall_mask, 1);
    found = domain_find(hv, 1);
    ck_assert_ptr_eq(found, d);
    ck_assert_uint_eq(d->refs, 2);
    domain_put(found);
    world_end(hv);
}
END_TEST

START_TEST(ids_are_as_wanted_or_the_next_free_ones)
{
    struct hv *hv = world(FRAMES);
    struct domain *d;

    ck_assert_uint_eq(create(hv, 3)->domid, 3);
    ck_assert_uint_eq(create(hv, 0)->domid, 1);
    ck_assert_uint_eq(create(hv, DOMID_SELF)->domid, 2);
    ck_assert_uint_eq(create(hv, 0)->domid, 4);
    ck_assert_int_eq(domain_create(hv, 3, &plain, &d), -EEXIST);
    world_end(hv);
}
END_TEST

/* Ids are not used again at once: old handles must not reach a new guest. */
START_TEST(the_id_of_a_dead_domain_is_the_last_to_come_back)
{
    struct hv *hv = world(FRAMES);

    destroy(create(hv, 0));
    domains_reap(hv);
    ck_assert_ptr_null(domain_find(hv, 1));
    ck_assert_uint_eq(create(hv, 0)->domid, 2);
    hv->last_domid = DOMID_FIRST_RESERVED - 1;
    ck_assert_uint_eq(create(hv, 0)->domid, 1);
    world_end(hv);
}
END_TEST

START_TEST(a_config_out_of_range_leaves_nothing_behind)
{
    struct hv *hv = world(FRAMES);
    uint64_t free = hv->heap.free_frames;
    struct domain_config bad = plain;
    struct domain *d;

    bad.max_vcpus = 0;
    ck_assert_int_eq(domain_create(hv, 0, &bad, &d), -EINVAL);
    bad.max_vcpus = DOMAIN_MAX_VCPUS + 1;
    ck_assert_int_eq(domain_create(hv, 0, &bad, &d), -EINVAL);
    ck_assert_uint_eq(hv->heap.free_frames, free);
    world_end(hv);
}
END_TEST

/* Whatever allocation fails first, all before it is given back. */
START_TEST(creation_without_memory_fails_cleanly)
{
    struct hv *hv = world(FRAMES);
    mfn_t held[FRAMES];
    unsigned int count = 0;
    struct domain *d;
    int error = -ENOMEM;

    while (mfn_is_valid(held[count] = heap_alloc(hv, 0)))
        count++;
    while (error) {
        uint64_t free = hv->heap.free_frames;

        error = domain_create(hv, 0, &plain, &d);
        if (!error)
            break;
        ck_assert_int_eq(error, -ENOMEM);
        ck_assert_uint_eq(hv->heap.free_frames, free);
        ck_assert_ptr_null(domain_find_next(hv, 1));
        heap_free(hv, held[--count], 0);
    }
    domain_put(d);
    while (count > 0)
        heap_free(hv, held[--count], 0);
    world_end(hv);
}
END_TEST

START_TEST(self_is_found_and_reserved_ids_are_not)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = create(hv, 0);

    ck_assert_ptr_eq(domain_find_from(d, DOMID_SELF), d);
    domain_put(d);
    ck_assert_ptr_null(domain_find(hv, DOMID_SELF));
    ck_assert_ptr_null(domain_find(hv, 0xffff));
    ck_assert_ptr_null(domain_find(hv, 77));
    world_end(hv);
}
END_TEST

START_TEST(domains_are_walked_by_id)
{
    struct hv *hv = world(FRAMES);
    domid_t order[] = {9, 2, 5};
    unsigned int from = 1;

    for (int i = 0; i < 3; i++)
        create(hv, order[i]);
    for (domid_t want = 2;; want = want == 2 ? 5 : 9) {
        struct domain *d = domain_find_next(hv, (domid_t)from);

        ck_assert_uint_eq(d->domid, want);
        from = d->domid + 1u;
        domain_put(d);
        if (want == 9)
            break;
    }
    ck_assert_ptr_null(domain_find_next(hv, (domid_t)from));
    world_end(hv);
}
END_TEST

START_TEST(a_vcpu_without_state_of_the_cpu_is_not_made)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = create(hv, 0);
    uint64_t free = hv->heap.free_frames;

    spin_lock(&d->lock);
    fake.vcpu_init_fails = true;
    ck_assert_int_eq(vcpu_create(d, 0), -ENOMEM);
    fake.vcpu_init_fails = false;
    ck_assert_int_eq(vcpu_create(d, 2), -EINVAL);
    ck_assert_uint_eq(hv->heap.free_frames, free);
    ck_assert_int_eq(vcpu_create(d, 1), 0);
    ck_assert_int_eq(vcpu_create(d, 1), 0);
    spin_unlock(&d->lock);
    ck_assert_ptr_null(domain_vcpu(d, 0));
    ck_assert_ptr_nonnull(domain_vcpu(d, 1));
    ck_assert_ptr_null(domain_vcpu(d, 2));
    world_end(hv);
}
END_TEST

/* -------------------------------------------------------------------- life */

START_TEST(pauses_are_counted)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 1);
    unsigned int cpu = run(hv, d);

    effects_init(&fx);
    ck_assert(d->creation_finished);
    ck_assert_int_eq(domain_pause(d, &fx), 0);
    ck_assert(cpumask_has(fx.resched, cpu));
    ck_assert_int_eq(domain_pause(d, &fx), 0);
    ck_assert(!domain_is_quiet(d));
    world_schedule(hv, cpu);
    ck_assert(domain_is_quiet(d));
    ck_assert_int_eq(domain_unpause(d, &fx), 0);
    world_schedule(hv, cpu);
    ck_assert_ptr_null(hv->cpus[cpu].current);
    ck_assert_int_eq(domain_unpause(d, &fx), 0);
    ck_assert_int_eq(domain_unpause(d, &fx), -EINVAL);
    world_end(hv);
}
END_TEST

/* A vCPU made late is held by all that holds the others. */
START_TEST(a_new_vcpu_of_a_paused_domain_does_not_run)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = create(hv, 0);

    effects_init(&fx);
    ck_assert_int_eq(domain_pause(d, &fx), 0);
    spin_lock(&d->lock);
    ck_assert_int_eq(vcpu_create(d, 0), 0);
    spin_unlock(&d->lock);
    vcpu_up(d->vcpus[0], 0, &fx);
    ck_assert(!d->vcpus[0]->sched.queued);
    ck_assert_int_eq(domain_unpause(d, &fx), 0);
    ck_assert(!d->vcpus[0]->sched.queued);
    ck_assert_int_eq(domain_unpause(d, &fx), 0);
    ck_assert(d->vcpus[0]->sched.queued);
    world_end(hv);
}
END_TEST

static bool dom0_was_told(struct hv *hv)
{
    uint64_t *pending = &hv->dom0->shared_info->evtchn_pending[0];
    evtchn_port_t port = hv->dom0->vcpus[0]->event.virq_to_port[VIRQ_DOM_EXC];
    bool told = port != 0 && (*pending >> port & 1);

    *pending = 0;
    return told;
}

static void listen_to_exits(struct hv *hv)
{
    struct evtchn_bind_virq *op = fake_guest(WORLD_ARG);

    *op = (struct evtchn_bind_virq){.virq = VIRQ_DOM_EXC};
    effects_init(&fx);
    ck_assert_int_eq(do_event_channel_op(hv->dom0->vcpus[0], EVTCHNOP_bind_virq,
                                         (guest_ptr_t){WORLD_ARG}, &fx),
                     0);
}

START_TEST(the_first_shutdown_counts_and_dom0_hears_of_it_once)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 1);

    listen_to_exits(hv);
    run(hv, d);
    domain_shutdown(d, SHUTDOWN_reboot, &fx);
    ck_assert(dom0_was_told(hv));
    domain_shutdown(d, SHUTDOWN_poweroff, &fx);
    domain_crash(d, &fx, "too late");
    ck_assert(!dom0_was_told(hv));
    ck_assert(d->shut_down);
    ck_assert_uint_eq(d->shutdown_code, SHUTDOWN_reboot);
    ck_assert_str_eq(d->crash_reason, "");
    world_end(hv);
}
END_TEST

START_TEST(a_code_announced_before_is_kept)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 1);

    effects_init(&fx);
    d->shutdown_code = SHUTDOWN_watchdog;
    domain_shutdown(d, SHUTDOWN_poweroff, &fx);
    ck_assert_uint_eq(d->shutdown_code, SHUTDOWN_watchdog);
    world_end(hv);
}
END_TEST

START_TEST(a_crash_says_why_once)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 1);

    effects_init(&fx);
    fake.console_length = 0;
    domain_crash(d, &fx, "trap %d without a handler", 14);
    domain_crash(d, &fx, "another reason");
    ck_assert_str_eq(d->crash_reason, "trap 14 without a handler");
    ck_assert_str_eq(fake.console, "dom1 crashed: trap 14 without a handler\n");
    ck_assert_uint_eq(d->shutdown_code, SHUTDOWN_crash);
    world_end(hv);
}
END_TEST

START_TEST(a_resumed_domain_runs_on)
{
    struct hv *hv = world(FRAMES);
    struct domain *d = world_domain(hv, 1, 1);
    unsigned int cpu = run(hv, d);

    ck_assert_int_eq(domain_resume(d, &fx), -EINVAL);
    domain_shutdown(d, SHUTDOWN_suspend, &fx);
    world_schedule(hv, cpu);
    ck_assert(domain_is_quiet(d));
    ck_assert_int_eq(domain_resume(d, &fx), 0);
    ck_assert_uint_eq(d->shutdown_code, DOMAIN_NO_SHUTDOWN_CODE);
    world_schedule(hv, cpu);
    ck_assert_ptr_eq(hv->cpus[cpu].current, d->vcpus[0]);
    world_end(hv);
}
END_TEST

/* Shut dom0 down; returns what that made of the machine. */
static enum hal_power end_of_dom0(struct hv *hv, uint32_t code)
{
    effects_init(&fx);
    if (FAKE_PANICS()) {
        domain_shutdown(hv->dom0, code, &fx);
        ck_abort_msg("the machine goes on");
    }
    ck_assert(fake.power_used);
    return fake.power;
}

START_TEST(the_end_of_dom0_is_the_end_of_the_machine)
{
    static const struct {
        uint32_t code;
        enum hal_power power;
    } ends[] = {{SHUTDOWN_poweroff, HAL_POWER_OFF},
                {SHUTDOWN_reboot, HAL_RESET},
                {SHUTDOWN_crash, HAL_RESET},
                {SHUTDOWN_watchdog, HAL_RESET}};

    for (unsigned int i = 0; i < ARRAY_SIZE(ends); i++) {
        struct hv *hv = world(FRAMES);

        ck_assert_int_eq(end_of_dom0(hv, ends[i].code), ends[i].power);
        world_end(hv);
    }
}
END_TEST

START_TEST(with_noreboot_a_crash_of_dom0_leaves_the_machine_alone)
{
    struct hv *hv = world(FRAMES);

    effects_init(&fx);
    hv->machine.noreboot = true;
    domain_crash(hv->dom0, &fx, "reason");
    ck_assert(!fake.power_used);
    ck_assert(hv->dom0->shut_down);
    world_end(hv);
}
END_TEST

/* --------------------------------------------------------------------- end */

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

static void add_all(TCase *t, const TTest *const *tests, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++)
        tcase_add_test(t, tests[i]);
}

Suite *suite(void)
{
    Suite *s = suite_create("domain");
    TCase *object = tcase_create("object"), *life = tcase_create("life"),
          *end = tcase_create("end");
    const TTest *const objects[] = {
        a_new_domain_is_paused_masked_and_found,
        ids_are_as_wanted_or_the_next_free_ones,
        the_id_of_a_dead_domain_is_the_last_to_come_back,
        a_config_out_of_range_leaves_nothing_behind,
        creation_without_memory_fails_cleanly,
        self_is_found_and_reserved_ids_are_not,
        domains_are_walked_by_id,
        a_vcpu_without_state_of_the_cpu_is_not_made,
    };
    const TTest *const lives[] = {
        pauses_are_counted,
        a_new_vcpu_of_a_paused_domain_does_not_run,
        the_first_shutdown_counts_and_dom0_hears_of_it_once,
        a_code_announced_before_is_kept,
        a_crash_says_why_once,
        a_resumed_domain_runs_on,
        the_end_of_dom0_is_the_end_of_the_machine,
        with_noreboot_a_crash_of_dom0_leaves_the_machine_alone,
    };
    const TTest *const ends[] = {
        destroy_gives_every_frame_back,
        destroy_waits_until_the_vcpus_are_off_their_cpus,
        destroy_stops_when_the_budget_is_spent,
        two_who_destroy_take_turns,
        dom0_is_not_destroyed,
        a_frame_somebody_holds_keeps_a_zombie,
        a_zombie_takes_no_new_references_on_itself,
        a_zombie_has_no_highest_frame,
        a_mapped_shared_info_keeps_a_zombie_too,
        a_held_domain_is_not_freed,
    };

    add_all(object, objects, ARRAY_SIZE(objects));
    add_all(life, lives, ARRAY_SIZE(lives));
    add_all(end, ends, ARRAY_SIZE(ends));
    suite_add_tcase(s, object);
    suite_add_tcase(s, life);
    suite_add_tcase(s, end);
    return s;
}

/* SPDX-License-Identifier: MIT */
/* core/domain/life.c: domains are paused, shut down and resumed. */
#include "domain_life.h"

#include <errno.h>

#include <pv-abi/sched.h>

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

Suite *suite(void)
{
    Suite *s = suite_create("life");
    TCase *t = tcase_create("life");

    tcase_add_test(t, pauses_are_counted);
    tcase_add_test(t, a_new_vcpu_of_a_paused_domain_does_not_run);
    tcase_add_test(t, the_first_shutdown_counts_and_dom0_hears_of_it_once);
    tcase_add_test(t, a_code_announced_before_is_kept);
    tcase_add_test(t, a_crash_says_why_once);
    tcase_add_test(t, a_resumed_domain_runs_on);
    tcase_add_test(t, the_end_of_dom0_is_the_end_of_the_machine);
    tcase_add_test(t, with_noreboot_a_crash_of_dom0_leaves_the_machine_alone);
    suite_add_tcase(s, t);
    return s;
}

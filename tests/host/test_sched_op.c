/* SPDX-License-Identifier: MIT */
/* hypervisor/core/sched/sched_op.c: vCPUs sleep, and domains end. */
#include "sched_guest.h"

#include <errno.h>
#include <string.h>

#include "domain/domain.h"
#include "event/upcall.h"
#include "sched/runqueue.h"

static void set_mask(struct vcpu *v, bool on)
{
    v->event.info->evtchn_upcall_mask = on;
}

START_TEST(block_unmasks_and_sleeps_until_an_event)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    evtchn_port_t p = bind_ipi(v);

    set_mask(v, true);
    ck_assert_int_eq(call_sched(v, SCHEDOP_block, NULL, 0), 0);
    ck_assert(!is_running(v));
    ck_assert(!vcpu_upcall_masked(v));
    send(v->d, p);
    ck_assert(is_running(v));
    ck_assert(vcpu_upcall_wanted(v));
    guests_end(hv);
}
END_TEST

START_TEST(block_with_a_masked_event_returns_at_once)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    evtchn_port_t p = bind_ipi(v);

    set_mask(v, true);
    send(v->d, p);
    ck_assert_int_eq(call_sched(v, SCHEDOP_block, NULL, 0), 0);
    ck_assert(is_running(v));
    ck_assert(vcpu_upcall_wanted(v));
    guests_end(hv);
}
END_TEST

static int64_t poll(struct vcpu *v, const evtchn_port_t *ports, uint32_t n,
                    uint64_t timeout)
{
    struct sched_poll op = {
        .ports = {FREE_VA}, .nr_ports = n, .timeout = timeout};

    memcpy(fake_guest(FREE_VA), ports, n * sizeof(ports[0]));
    return call_sched(v, SCHEDOP_poll, &op, sizeof(op));
}

START_TEST(poll_returns_at_once_for_a_pending_port_masked_or_not)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    evtchn_port_t p = bind_ipi(v);

    set_mask(v, true);
    v->d->shared_info->evtchn_mask[0] |= 1ul << p;
    send(v->d, p);
    ck_assert_int_eq(poll(v, &p, 1, 0), 0);
    ck_assert(is_running(v));
    ck_assert_uint_eq(v->d->event.pollers, 0);
    guests_end(hv);
}
END_TEST

START_TEST(poll_sleeps_until_one_of_its_ports_is_raised)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    evtchn_port_t p[3] = {bind_ipi(v), bind_ipi(v), bind_ipi(v)};

    set_mask(v, true);
    for (unsigned int i = 0; i < 3; i++) {
        v->d->shared_info->evtchn_mask[0] |= 1ul << p[i];
        ck_assert_int_eq(poll(v, p, 3, 0), 0);
        ck_assert(!is_running(v));
        send(v->d, p[i]);
        ck_assert(is_running(v));
        ck_assert_uint_eq(v->d->event.pollers, 0);
        drain(v);
    }
    /* One port: others leave it asleep. */
    ck_assert_int_eq(poll(v, &p[1], 1, 0), 0);
    send(v->d, p[0]);
    ck_assert(!is_running(v));
    send(v->d, p[1]);
    ck_assert(is_running(v));
    guests_end(hv);
}
END_TEST

START_TEST(poll_ends_with_its_time_out_and_not_before)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    evtchn_port_t p = bind_ipi(v);

    ck_assert_int_eq(poll(v, &p, 1, 5 * MS), 0);
    guests_run(hv, 4 * MS, MS, NULL);
    ck_assert(!is_running(v));
    guests_run(hv, 5 * MS, MS, NULL);
    ck_assert(is_running(v));
    ck_assert_uint_eq(v->d->event.pollers, 0);
    guests_end(hv);
}
END_TEST

/* An old time-out must not end a new sleep. */
START_TEST(the_time_out_of_an_ended_poll_wakes_nobody)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    evtchn_port_t p = bind_ipi(v);

    ck_assert_int_eq(poll(v, &p, 1, 5 * MS), 0);
    send(v->d, p);
    ck_assert(is_running(v));
    drain(v);
    ck_assert_int_eq(call_sched(v, SCHEDOP_block, NULL, 0), 0);
    guests_run(hv, 20 * MS, MS, NULL);
    ck_assert(!is_running(v));
    guests_end(hv);
}
END_TEST

START_TEST(poll_refuses_ports_that_do_not_exist)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    evtchn_port_t ports[SCHED_POLL_MAX_PORTS + 1] = {0};

    ck_assert_int_eq(poll(v, ports, 1, MS), -EINVAL);
    ports[0] = 4000;
    ck_assert_int_eq(poll(v, ports, 1, MS), -EINVAL);
    ports[0] = 0xffffffff;
    ck_assert_int_eq(poll(v, ports, 1, MS), -EINVAL);
    ck_assert_int_eq(poll(v, ports, SCHED_POLL_MAX_PORTS + 1, MS), -EINVAL);
    ck_assert(is_running(v));
    ck_assert_int_eq(poll(v, ports, 0, 3 * MS), 0);
    ck_assert(!is_running(v));
    guests_run(hv, 3 * MS, MS, NULL);
    ck_assert(is_running(v));
    guests_end(hv);
}
END_TEST

START_TEST(shutdown_stops_the_whole_domain_with_its_code)
{
    struct hv *hv = machine_with_guests(4, 2, 2);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    struct sched_shutdown op = {.reason = SHUTDOWN_reboot};

    ck_assert_int_eq(call_sched(v, SCHEDOP_shutdown, &op, sizeof(op)), 0);
    ck_assert(!is_running(v));
    ck_assert(!is_running(guest_vcpu(hv, 1, 1)));
    ck_assert(v->d->shut_down);
    ck_assert_uint_eq(v->d->shutdown_code, SHUTDOWN_reboot);
    guests_end(hv);
}
END_TEST

START_TEST(shutdown_code_is_kept_for_the_shutdown)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    struct sched_shutdown op = {.reason = SHUTDOWN_crash};

    ck_assert_int_eq(call_sched(v, SCHEDOP_shutdown_code, &op, sizeof(op)), 0);
    ck_assert(is_running(v));
    op.reason = SHUTDOWN_poweroff;
    ck_assert_int_eq(call_sched(v, SCHEDOP_shutdown, &op, sizeof(op)), 0);
    ck_assert_uint_eq(v->d->shutdown_code, SHUTDOWN_crash);
    guests_end(hv);
}
END_TEST

START_TEST(only_dom0_shuts_others_down_and_pins)
{
    struct hv *hv = machine_with_guests(4, 3, 1);
    struct vcpu *v0 = guest_vcpu(hv, 0, 0), *v1 = guest_vcpu(hv, 1, 0);
    struct sched_remote_shutdown op = {.domain_id = 2, .reason = 0};
    struct sched_pin_override pin = {.pcpu = 3};

    ck_assert_int_eq(call_sched(v1, SCHEDOP_remote_shutdown, &op, sizeof(op)),
                     -EPERM);
    ck_assert_int_eq(call_sched(v1, SCHEDOP_pin_override, &pin, sizeof(pin)),
                     -EPERM);
    ck_assert(!guest(hv, 2)->shut_down);
    ck_assert_int_eq(call_sched(v0, SCHEDOP_remote_shutdown, &op, sizeof(op)),
                     0);
    ck_assert(guest(hv, 2)->shut_down);
    op.domain_id = 9;
    ck_assert_int_eq(call_sched(v0, SCHEDOP_remote_shutdown, &op, sizeof(op)),
                     -ESRCH);
    ck_assert_int_eq(call_sched(v0, SCHEDOP_pin_override, &pin, sizeof(pin)),
                     0);
    ck_assert_ptr_eq(running_on(3), v0);
    guests_end(hv);
}
END_TEST

static int64_t watchdog(struct vcpu *v, uint32_t id, uint32_t timeout)
{
    struct sched_watchdog op = {.id = id, .timeout = timeout};

    return call_sched(v, SCHEDOP_watchdog, &op, sizeof(op));
}

START_TEST(a_watchdog_that_is_not_fed_ends_the_domain)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);

    ck_assert_int_eq(watchdog(v, 0, 2), 1);
    guests_run(hv, 1500 * MS, 100 * MS, NULL);
    ck_assert_int_eq(watchdog(v, 1, 2), 0);
    guests_run(hv, 3000 * MS, 100 * MS, NULL);
    ck_assert(!v->d->shut_down);
    guests_run(hv, 3600 * MS, 100 * MS, NULL);
    ck_assert(v->d->shut_down);
    ck_assert_uint_eq(v->d->shutdown_code, SHUTDOWN_watchdog);
    guests_end(hv);
}
END_TEST

START_TEST(a_domain_has_two_watchdogs)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);

    ck_assert_int_eq(watchdog(v, 0, 0), -EINVAL);
    ck_assert_int_eq(watchdog(v, 3, 1), -EINVAL);
    ck_assert_int_eq(watchdog(v, 1, 1), -EEXIST);
    ck_assert_int_eq(watchdog(v, 0, UINT32_MAX), 1);
    ck_assert_int_eq(watchdog(v, 0, 1), 2);
    ck_assert_int_eq(watchdog(v, 0, 1), -ENOSPC);
    ck_assert_int_eq(watchdog(v, 2, 0), 0);
    ck_assert_int_eq(watchdog(v, 0, 100), 2);
    guests_run(hv, 5 * S, S / 10, NULL);
    ck_assert(!v->d->shut_down);
    domain_sched_destroy(v->d);
    guests_end(hv);
}
END_TEST

START_TEST(sched_op_does_not_know_other_numbers)
{
    struct hv *hv = machine_with_guests(4, 1, 1);
    struct vcpu *v = guest_vcpu(hv, 0, 0);

    ck_assert_int_eq(call_sched(v, 8, NULL, 0), -ENOSYS);
    ck_assert_int_eq(call_sched(v, UINT32_MAX, NULL, 0), -ENOSYS);
    ck_assert_int_eq(call_sched(v, SCHEDOP_shutdown, NULL, 0), -EFAULT);
    ck_assert_int_eq(call_sched(v, SCHEDOP_poll, NULL, 0), -EFAULT);
    guests_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("sched_op");
    TCase *t = tcase_create("sched_op");

    tcase_add_test(t, block_unmasks_and_sleeps_until_an_event);
    tcase_add_test(t, block_with_a_masked_event_returns_at_once);
    tcase_add_test(t, poll_returns_at_once_for_a_pending_port_masked_or_not);
    tcase_add_test(t, poll_sleeps_until_one_of_its_ports_is_raised);
    tcase_add_test(t, poll_ends_with_its_time_out_and_not_before);
    tcase_add_test(t, the_time_out_of_an_ended_poll_wakes_nobody);
    tcase_add_test(t, poll_refuses_ports_that_do_not_exist);
    tcase_add_test(t, shutdown_stops_the_whole_domain_with_its_code);
    tcase_add_test(t, shutdown_code_is_kept_for_the_shutdown);
    tcase_add_test(t, only_dom0_shuts_others_down_and_pins);
    tcase_add_test(t, a_watchdog_that_is_not_fed_ends_the_domain);
    tcase_add_test(t, a_domain_has_two_watchdogs);
    tcase_add_test(t, sched_op_does_not_know_other_numbers);
    suite_add_tcase(s, t);
    return s;
}

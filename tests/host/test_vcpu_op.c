/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/core/sched as guests call it: timers, vcpu_op, and the clocks and
 * accounts they read in their memory.
 */
#include "sched_guest.h"

#include <errno.h>

#include "event/upcall.h"
#include "sched/clock.h"
#include "sched/runqueue.h"

static evtchn_port_t bind_timer(struct vcpu *v)
{
    struct evtchn_bind_virq op = {.virq = VIRQ_TIMER, .vcpu = v->id};

    ck_assert_int_eq(call_evtchn(v, EVTCHNOP_bind_virq, &op, sizeof(op)), 0);
    return op.port;
}

static bool pending(struct vcpu *v, evtchn_port_t port)
{
    return port_is_pending(v->d, port);
}

/* -------------------------------------------------------------- timers */

/* Linux and others count on it until they stop it. */
START_TEST(a_vcpu_gets_a_hundred_ticks_a_second_until_it_stops_them)
{
    struct hv *hv = machine_with_guests(1, 1, 1);
    struct vcpu *v = guest_vcpu(hv, 0, 0);
    evtchn_port_t p = bind_timer(v);
    unsigned int ticks = 0;

    for (unsigned int i = 0; i < 1000; i++) {
        guests_run(hv, fake.now_ns + MS, MS, NULL);
        ticks += drain(v);
    }
    ck_assert_uint_ge(ticks, 99);
    ck_assert_uint_le(ticks, 101);
    ck_assert_int_eq(call_vcpu(v, VCPUOP_stop_periodic_timer, 0, NULL, 0), 0);
    guests_run(hv, fake.now_ns + 100 * MS, MS, NULL);
    ck_assert(!pending(v, p));
    guests_end(hv);
}
END_TEST

START_TEST(a_sleeping_vcpu_does_not_tick_and_gets_one_when_it_wakes)
{
    struct hv *hv = machine_with_guests(1, 1, 1);
    struct vcpu *v = guest_vcpu(hv, 0, 0);
    evtchn_port_t p = bind_ipi(v), t = bind_timer(v);

    ck_assert_int_eq(call_sched(v, SCHEDOP_block, NULL, 0), 0);
    guests_run(hv, S, 10 * MS, NULL);
    ck_assert(!is_running(v));
    ck_assert(!pending(v, t));
    send(v->d, p);
    ck_assert(is_running(v));
    ck_assert(pending(v, t));
    guests_end(hv);
}
END_TEST

START_TEST(periods_out_of_range_are_refused)
{
    struct hv *hv = machine_with_guests(1, 1, 1);
    struct vcpu *v = guest_vcpu(hv, 0, 0);
    struct vcpu_set_periodic_timer op;
    uint64_t bad[] = {0, MS - 1, CLOCK_PERIOD_MAX_NS + 1, UINT64_MAX};

    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        op.period_ns = bad[i];
        ck_assert_int_eq(
            call_vcpu(v, VCPUOP_set_periodic_timer, 0, &op, sizeof(op)),
            -EINVAL);
    }
    op.period_ns = MS;
    ck_assert_int_eq(
        call_vcpu(v, VCPUOP_set_periodic_timer, 0, &op, sizeof(op)), 0);
    guests_end(hv);
}
END_TEST

START_TEST(a_singleshot_fires_once_and_not_early)
{
    struct hv *hv = machine_with_guests(4, 1, 2);
    struct vcpu *v = guest_vcpu(hv, 0, 0);
    evtchn_port_t p = bind_timer(v);
    struct vcpu_set_singleshot_timer op = {.timeout_abs_ns = 10 * MS};

    (void)call_vcpu(v, VCPUOP_stop_periodic_timer, 0, NULL, 0);
    ck_assert_int_eq(
        call_vcpu(v, VCPUOP_set_singleshot_timer, 1, &op, sizeof(op)), -EINVAL);
    ck_assert_int_eq(
        call_vcpu(v, VCPUOP_set_singleshot_timer, 0, &op, sizeof(op)), 0);
    guests_run(hv, 10 * MS - 1000, 1000, NULL);
    ck_assert(!pending(v, p));
    guests_run(hv, 10 * MS, 1000, NULL);
    ck_assert(pending(v, p));
    drain(v);
    guests_run(hv, 100 * MS, MS, NULL);
    ck_assert(!pending(v, p));

    op.timeout_abs_ns = 5 * MS; /* past */
    ck_assert_int_eq(
        call_vcpu(v, VCPUOP_set_singleshot_timer, 0, &op, sizeof(op)), 0);
    guests_run(hv, fake.now_ns + 1000, 1000, NULL);
    ck_assert(pending(v, p));
    guests_end(hv);
}
END_TEST

static void set_timer(struct vcpu *v, uint64_t deadline)
{
    struct effects fx;

    enter_from(v);
    effects_init(&fx);
    ck_assert_int_eq(do_set_timer_op(v, deadline, &fx), 0);
    guests_exit(v->d->hv, &fx);
}

/* A guest whose arithmetic went wrong goes on, slowly. */
START_TEST(an_absurd_deadline_fires_in_100_ms)
{
    struct hv *hv = machine_with_guests(1, 1, 1);
    struct vcpu *v = guest_vcpu(hv, 0, 0);
    evtchn_port_t p = bind_timer(v);
    uint64_t absurd[] = {UINT64_MAX, 1ul << 63, CLOCK_HORIZON_NS * 2};

    (void)call_vcpu(v, VCPUOP_stop_periodic_timer, 0, NULL, 0);
    for (unsigned int i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
        uint64_t start = fake.now_ns;

        set_timer(v, absurd[i]);
        guests_run(hv, start + 99 * MS, MS, NULL);
        ck_assert(!pending(v, p));
        guests_run(hv, start + 100 * MS, MS, NULL);
        ck_assert(pending(v, p));
        drain(v);
    }
    set_timer(v, fake.now_ns + 10 * MS);
    set_timer(v, 0);
    guests_run(hv, fake.now_ns + 20 * MS, MS, NULL);
    ck_assert(!pending(v, p));
    guests_end(hv);
}
END_TEST

/* ------------------------------------------------------------- vcpu_op */

START_TEST(a_vcpu_above_the_maximum_is_not_found_whatever_the_operation)
{
    struct hv *hv = machine_with_guests(4, 1, 2);
    struct vcpu *v = guest_vcpu(hv, 0, 0);

    ck_assert_int_eq(call_vcpu(v, VCPUOP_is_up, 1, NULL, 0), 1);
    for (uint32_t cmd = 0; cmd < 20; cmd++) {
        ck_assert_int_eq(call_vcpu(v, cmd, 2, NULL, 0), -ENOENT);
        ck_assert_int_eq(call_vcpu(v, cmd, UINT32_MAX, NULL, 0), -ENOENT);
    }
    ck_assert_int_eq(call_vcpu(v, 14, 0, NULL, 0), -ENOSYS);
    ck_assert_int_eq(call_vcpu(v, VCPUOP_get_physid, 0, NULL, 0), -EINVAL);
    guests_end(hv);
}
END_TEST

START_TEST(vcpus_go_down_and_up_and_the_last_powers_off)
{
    struct hv *hv = machine_with_guests(4, 2, 2);
    struct vcpu *v = guest_vcpu(hv, 1, 0), *w = guest_vcpu(hv, 1, 1);

    ck_assert_int_eq(call_vcpu(v, VCPUOP_down, 1, NULL, 0), 0);
    ck_assert(!is_running(w));
    ck_assert_int_eq(call_vcpu(v, VCPUOP_is_up, 1, NULL, 0), 0);
    ck_assert_int_eq(call_vcpu(v, VCPUOP_up, 1, NULL, 0), 0);
    ck_assert_int_eq(call_vcpu(v, VCPUOP_up, 1, NULL, 0), 0);
    ck_assert(is_running(w));
    w->initialised = false;
    (void)call_vcpu(v, VCPUOP_down, 1, NULL, 0);
    ck_assert_int_eq(call_vcpu(v, VCPUOP_up, 1, NULL, 0), -EINVAL);
    ck_assert_int_eq(call_vcpu(v, VCPUOP_down, 0, NULL, 0), 0);
    ck_assert(v->d->shut_down);
    ck_assert_uint_eq(v->d->shutdown_code, SHUTDOWN_poweroff);
    guests_end(hv);
}
END_TEST

START_TEST(initialise_is_for_a_vcpu_without_state)
{
    struct hv *hv = machine_with_guests(4, 2, 2);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    struct vcpu_guest_context c = {.flags = VGCF_in_kernel};
    uint64_t free_before = hv->heap.free_frames;

    ck_assert_int_eq(call_vcpu(v, VCPUOP_initialise, 1, &c, sizeof(c)),
                     -EEXIST);
    ck_assert_int_eq(call_vcpu(v, VCPUOP_initialise, 1, NULL, 0), -EFAULT);
    guest_vcpu(hv, 1, 1)->initialised = false;
    c.ctrlreg[3] = 0xfffff000; /* no frame of the domain */
    ck_assert_int_eq(call_vcpu(v, VCPUOP_initialise, 1, &c, sizeof(c)),
                     -EINVAL);
    ck_assert_uint_eq(hv->heap.free_frames, free_before);
    guests_end(hv);
}
END_TEST

START_TEST(vcpu_info_of_a_running_vcpu_is_its_own_to_register)
{
    struct hv *hv = machine_with_memory(4, 2, 2, 4);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    struct vcpu_register_vcpu_info op = {.mfn = v->d->pages.first,
                                         .offset = 128};

    ck_assert_int_eq(
        call_vcpu(v, VCPUOP_register_vcpu_info, 1, &op, sizeof(op)), -EINVAL);
    (void)call_vcpu(v, VCPUOP_down, 1, NULL, 0);
    ck_assert_int_eq(
        call_vcpu(v, VCPUOP_register_vcpu_info, 1, &op, sizeof(op)), 0);
    ck_assert_int_eq(
        call_vcpu(v, VCPUOP_register_vcpu_info, 1, &op, sizeof(op)), -EINVAL);
    op.offset = 4040;
    ck_assert_int_eq(
        call_vcpu(v, VCPUOP_register_vcpu_info, 0, &op, sizeof(op)), -ENXIO);
    vcpu_unregister_info(guest_vcpu(hv, 1, 1));
    guests_end(hv);
}
END_TEST

START_TEST(an_nmi_wakes_its_vcpu)
{
    struct hv *hv = machine_with_guests(4, 2, 2);
    struct vcpu *v = guest_vcpu(hv, 1, 0), *w = guest_vcpu(hv, 1, 1);
    uint64_t arg = 0;

    ck_assert_int_eq(call_sched(w, SCHEDOP_block, NULL, 0), 0);
    ck_assert_int_eq(call_vcpu(v, VCPUOP_send_nmi, 1, &arg, sizeof(arg)),
                     -EINVAL);
    ck_assert(!w->entry.nmi_pending);
    ck_assert_int_eq(call_vcpu(v, VCPUOP_send_nmi, 1, NULL, 0), 0);
    ck_assert(w->entry.nmi_pending);
    ck_assert(is_running(w));
    /* And keeps it awake, until it is delivered. */
    ck_assert_int_eq(call_sched(w, SCHEDOP_block, NULL, 0), 0);
    ck_assert(is_running(w));
    guests_end(hv);
}
END_TEST

/* ----------------------------------------------------- areas and clocks */

START_TEST(the_runstate_area_is_written_in_kernel_mode_only)
{
    struct hv *hv = machine_with_guests(1, 2, 1);
    struct vcpu *v = running_on(0);
    struct vcpu_register_runstate_memory_area op = {.addr.p = FREE_VA};
    struct vcpu_runstate_info *area = fake_guest(FREE_VA);

    ck_assert_int_eq(call_vcpu(v, VCPUOP_register_runstate_memory_area, v->id,
                               &op, sizeof(op)),
                     0);
    ck_assert_int_eq(area->state, RUNSTATE_running);
    guests_run(hv, 15 * MS, MS, NULL);
    ck_assert(!is_running(v));
    ck_assert(vcpu_publish_wanted(v));
    v->kernel_mode = false;
    vcpu_publish(v);
    ck_assert(vcpu_publish_wanted(v));
    ck_assert_int_eq(area->state, RUNSTATE_running);
    v->kernel_mode = true;
    v->d->vm_assist = 1ul << VMASST_TYPE_runstate_update_flag;
    vcpu_publish(v);
    ck_assert(!vcpu_publish_wanted(v));
    ck_assert_int_eq(area->state, RUNSTATE_runnable);
    ck_assert_uint_eq(area->state_entry_time & XEN_RUNSTATE_UPDATE, 0);
    ck_assert_uint_eq(area->time[RUNSTATE_running], 10 * MS);
    guests_end(hv);
}
END_TEST

/* As an address it is the guest's to get wrong. */
START_TEST(an_area_that_faults_is_passed_over)
{
    struct hv *hv = machine_with_guests(1, 1, 1);
    struct vcpu *v = guest_vcpu(hv, 0, 0);
    struct vcpu_register_time_memory_area op = {.addr.p = 0x1000};
    struct vcpu_runstate_info r;

    ck_assert_int_eq(
        call_vcpu(v, VCPUOP_register_vcpu_time_memory_area, 0, &op, sizeof(op)),
        0);
    ck_assert_int_eq(
        call_vcpu(v, VCPUOP_register_runstate_memory_area, 0, &op, sizeof(op)),
        0);
    ck_assert(!vcpu_publish_wanted(v));
    ck_assert_int_eq(call_vcpu(v, VCPUOP_get_runstate_info, 0, &r, sizeof(r)),
                     0);
    ck_assert_int_eq(r.state, RUNSTATE_running);
    guests_end(hv);
}
END_TEST

START_TEST(pvclock_is_even_complete_and_copied_to_the_time_area)
{
    struct hv *hv = machine_with_guests(1, 1, 1);
    struct vcpu *v = guest_vcpu(hv, 0, 0);
    struct vcpu_time_info *t = &v->event.info->time;
    struct vcpu_time_info *copy = fake_guest(FREE_VA);
    struct vcpu_register_time_memory_area op = {.addr.p = FREE_VA};
    uint32_t version;

    hv->machine.tsc_mul = 0x80000000;
    hv->machine.tsc_shift = -1;
    hv->machine.tsc_stable = true;
    vcpu_time_publish(v, 1234, 5678);
    version = t->version;
    ck_assert_uint_eq(version % 2, 0);
    ck_assert_uint_eq(t->tsc_timestamp, 1234);
    ck_assert_uint_eq(t->system_time, 5678);
    ck_assert_uint_eq(t->tsc_to_system_mul, 0x80000000);
    ck_assert_int_eq(t->tsc_shift, -1);
    ck_assert_uint_eq(t->flags, XEN_PVCLOCK_TSC_STABLE_BIT);
    ck_assert_int_eq(
        call_vcpu(v, VCPUOP_register_vcpu_time_memory_area, 0, &op, sizeof(op)),
        0);
    ck_assert_mem_eq(copy, t, sizeof(*t));
    t->version = 77; /* a guest that writes there */
    vcpu_time_publish(v, 2000, 6000);
    ck_assert_uint_eq(t->version % 2, 0);
    vcpu_publish(v);
    ck_assert_mem_eq(copy, t, sizeof(*t));
    guests_end(hv);
}
END_TEST

START_TEST(the_wall_clock_has_each_domains_offset)
{
    struct hv *hv = machine_with_guests(1, 2, 1);
    struct shared_info *s0 = guest(hv, 0)->shared_info;
    struct shared_info *s1 = guest(hv, 1)->shared_info;

    guest(hv, 1)->time_offset_s = -3600;
    wallclock_set(hv, 0x100000010, 999);
    ck_assert_uint_eq(s0->wc_sec, 0x10);
    ck_assert_uint_eq(s0->wc_sec_hi, 1);
    ck_assert_uint_eq(s0->wc_nsec, 999);
    ck_assert_uint_eq(s0->wc_version % 2, 0);
    ck_assert_uint_eq(s1->wc_sec, 0x10 - 3600 + (1ul << 32));
    ck_assert_uint_eq(s1->wc_sec_hi, 0);
    guests_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("vcpu_op");
    TCase *t = tcase_create("timers");

    tcase_add_test(t, a_vcpu_gets_a_hundred_ticks_a_second_until_it_stops_them);
    tcase_add_test(t, a_sleeping_vcpu_does_not_tick_and_gets_one_when_it_wakes);
    tcase_add_test(t, periods_out_of_range_are_refused);
    tcase_add_test(t, a_singleshot_fires_once_and_not_early);
    tcase_add_test(t, an_absurd_deadline_fires_in_100_ms);
    suite_add_tcase(s, t);

    t = tcase_create("vcpu_op");
    tcase_add_test(
        t, a_vcpu_above_the_maximum_is_not_found_whatever_the_operation);
    tcase_add_test(t, vcpus_go_down_and_up_and_the_last_powers_off);
    tcase_add_test(t, initialise_is_for_a_vcpu_without_state);
    tcase_add_test(t, vcpu_info_of_a_running_vcpu_is_its_own_to_register);
    tcase_add_test(t, an_nmi_wakes_its_vcpu);
    suite_add_tcase(s, t);

    t = tcase_create("areas");
    tcase_add_test(t, the_runstate_area_is_written_in_kernel_mode_only);
    tcase_add_test(t, an_area_that_faults_is_passed_over);
    tcase_add_test(t, pvclock_is_even_complete_and_copied_to_the_time_area);
    tcase_add_test(t, the_wall_clock_has_each_domains_offset);
    suite_add_tcase(s, t);
    return s;
}

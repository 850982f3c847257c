/* SPDX-License-Identifier: MIT */
/* hypervisor/core/event: ports, what they are bound to, and their end. */
#include "evtchn_guest.h"

#include <errno.h>

#include "domain/domain.h"
#include "event/channel.h"
#include "fake/check.h"

/* ------------------------------------------------------------- binding */

START_TEST(ports_are_given_lowest_first_and_never_port_0)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    evtchn_port_t p;

    for (evtchn_port_t i = 1; i <= 300; i++) {
        ck_assert_int_eq(bind_ipi(v, 0, &p), 0);
        ck_assert_uint_eq(p, i);
    }
    ck_assert_int_eq(on_port(v, EVTCHNOP_close, 7), 0);
    ck_assert_int_eq(on_port(v, EVTCHNOP_close, 290), 0);
    ck_assert_int_eq(bind_ipi(v, 0, &p), 0);
    ck_assert_uint_eq(p, 7);
    ck_assert_int_eq(bind_ipi(v, 0, &p), 0);
    ck_assert_uint_eq(p, 290);
    guests_end(hv);
}
END_TEST

START_TEST(no_more_ports_than_the_limit)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    evtchn_port_t p;

    v->d->event.port_max = 3;
    ck_assert_int_eq(bind_ipi(v, 0, &p), 0);
    ck_assert_int_eq(bind_ipi(v, 0, &p), 0);
    ck_assert_int_eq(bind_ipi(v, 0, &p), -ENOSPC);
    v->d->event.port_max = EVTCHN_2L_NR_CHANNELS;
    for (unsigned int i = 3; i < EVTCHN_2L_NR_CHANNELS; i++)
        ck_assert_int_eq(bind_ipi(v, 0, &p), 0);
    ck_assert_uint_eq(p, EVTCHN_2L_NR_CHANNELS - 1);
    ck_assert_int_eq(bind_ipi(v, 0, &p), -ENOSPC);
    guests_end(hv);
}
END_TEST

/* A signal sent before the bind must not be lost. */
START_TEST(bind_interdomain_leaves_the_new_port_pending)
{
    struct hv *hv = machine_with_guests(4, 3, 1);
    struct vcpu *a = guest_vcpu(hv, 1, 0), *b = guest_vcpu(hv, 2, 0);
    struct evtchn_status s;
    evtchn_port_t pa, pb;

    ck_assert_int_eq(alloc_unbound(a, 2, &pa), 0);
    ck_assert_int_eq(on_port(a, EVTCHNOP_send, pa), 0);
    ck_assert_int_eq(bind_interdomain(b, 1, pa, &pb), 0);
    ck_assert(is_pending(b->d, pb));
    ck_assert_uint_eq(b->event.info->evtchn_upcall_pending, 1);
    ck_assert_int_eq(status(b, DOMID_SELF, pb, &s), 0);
    ck_assert_uint_eq(s.status, EVTCHNSTAT_interdomain);
    ck_assert_uint_eq(s.u.interdomain.dom, 1);
    ck_assert_uint_eq(s.u.interdomain.port, pa);
    guests_end(hv);
}
END_TEST

START_TEST(bind_interdomain_needs_a_port_meant_for_the_caller)
{
    struct hv *hv = machine_with_guests(4, 4, 1);
    struct vcpu *a = guest_vcpu(hv, 1, 0), *b = guest_vcpu(hv, 2, 0);
    evtchn_port_t for_3, ipi, p;

    ck_assert_int_eq(alloc_unbound(a, 3, &for_3), 0);
    ck_assert_int_eq(bind_ipi(a, 0, &ipi), 0);
    ck_assert_int_eq(bind_interdomain(b, 1, for_3, &p), -EINVAL);
    ck_assert_int_eq(bind_interdomain(b, 1, ipi, &p), -EINVAL);
    ck_assert_int_eq(bind_interdomain(b, 1, 0, &p), -EINVAL);
    ck_assert_int_eq(bind_interdomain(b, 1, 99, &p), -EINVAL);
    ck_assert_int_eq(bind_interdomain(b, 1, UINT32_MAX, &p), -EINVAL);
    ck_assert_int_eq(bind_interdomain(b, 77, 1, &p), -ESRCH);
    /* Nothing was taken for all these. */
    ck_assert_int_eq(bind_ipi(b, 0, &p), 0);
    ck_assert_uint_eq(p, 1);
    guests_end(hv);
}
END_TEST

START_TEST(only_dom0_allocates_for_others)
{
    struct hv *hv = machine_with_guests(4, 3, 1);
    struct vcpu *v0 = guest_vcpu(hv, 0, 0), *v1 = guest_vcpu(hv, 1, 0);
    struct evtchn_alloc_unbound op = {.dom = 2, .remote_dom = DOMID_SELF};
    struct evtchn_status s;

    ck_assert_int_eq(call_evtchn(v1, EVTCHNOP_alloc_unbound, &op, sizeof(op)),
                     -EPERM);
    ck_assert_int_eq(call_evtchn(v0, EVTCHNOP_alloc_unbound, &op, sizeof(op)),
                     0);
    ck_assert_int_eq(status(v0, 2, op.port, &s), 0);
    ck_assert_uint_eq(s.status, EVTCHNSTAT_unbound);
    ck_assert_uint_eq(s.u.unbound.dom, 0);
    op.dom = 9;
    ck_assert_int_eq(call_evtchn(v0, EVTCHNOP_alloc_unbound, &op, sizeof(op)),
                     -ESRCH);
    ck_assert_int_eq(status(v1, 2, 1, &s), -EPERM);
    guests_end(hv);
}
END_TEST

START_TEST(a_virq_is_bound_once_on_its_vcpu)
{
    struct hv *hv = machine_with_guests(4, 2, 2);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    evtchn_port_t p, q;

    ck_assert_int_eq(bind_virq(v, NR_VIRQS, 0, &p), -EINVAL);
    ck_assert_int_eq(bind_virq(v, VIRQ_CONSOLE, 1, &p), -EINVAL);
    ck_assert_int_eq(bind_virq(v, VIRQ_TIMER, 2, &p), -ENOENT);
    ck_assert_int_eq(bind_virq(v, VIRQ_TIMER, 1, &p), 0);
    ck_assert_int_eq(bind_virq(v, VIRQ_TIMER, 1, &q), -EEXIST);
    ck_assert_int_eq(bind_virq(v, VIRQ_TIMER, 0, &q), 0);
    ck_assert_int_eq(on_port(v, EVTCHNOP_close, p), 0);
    ck_assert_int_eq(bind_virq(v, VIRQ_TIMER, 1, &p), 0);
    guests_end(hv);
}
END_TEST

/* What the guest is not told of, it could never close. */
START_TEST(a_port_whose_number_cannot_be_told_is_closed_again)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    evtchn_port_t p, unbound;

    ck_assert_int_eq(alloc_unbound(v, 1, &unbound), 0);
    fake_guest_readonly(CALL_VA, true);
    ck_assert_int_eq(bind_virq(v, VIRQ_TIMER, 0, &p), -EFAULT);
    ck_assert_int_eq(bind_ipi(v, 0, &p), -EFAULT);
    ck_assert_int_eq(alloc_unbound(v, 1, &p), -EFAULT);
    ck_assert_int_eq(bind_interdomain(v, 1, unbound, &p), -EFAULT);
    fake_guest_readonly(CALL_VA, false);
    ck_assert_int_eq(on_port(v, EVTCHNOP_close, unbound), 0);
    ck_assert_int_eq(bind_ipi(v, 0, &p), 0);
    ck_assert_uint_eq(p, 1);
    guests_end(hv);
}
END_TEST

START_TEST(operations_that_are_not_there_say_so)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    uint8_t arg[32] = {0};

    ck_assert_int_eq(call_evtchn(v, EVTCHNOP_bind_pirq, arg, 12), -EPERM);
    ck_assert_int_eq(call_evtchn(v, 14, arg, 8), -ENOSYS);
    ck_assert_int_eq(call_evtchn(v, UINT32_MAX, arg, 8), -ENOSYS);
    guests_end(hv);
}
END_TEST

/* ------------------------------------------------------ close and death */

START_TEST(close_makes_the_peer_unbound_for_the_closer)
{
    struct channel c = channel_between(4);
    struct evtchn_status s;
    evtchn_port_t again;

    ck_assert_int_eq(on_port(c.b, EVTCHNOP_close, c.at_b), 0);
    ck_assert_int_eq(on_port(c.b, EVTCHNOP_close, c.at_b), -EINVAL);
    ck_assert_int_eq(status(c.a, DOMID_SELF, c.at_a, &s), 0);
    ck_assert_uint_eq(s.status, EVTCHNSTAT_unbound);
    ck_assert_uint_eq(s.u.unbound.dom, 2);
    ck_assert_int_eq(bind_interdomain(c.b, 1, c.at_a, &again), 0);
    guests_end(c.hv);
}
END_TEST

START_TEST(a_closed_port_is_not_pending_any_more)
{
    struct channel c = channel_between(4);

    ck_assert_int_eq(on_port(c.a, EVTCHNOP_send, c.at_a), 0);
    ck_assert_int_eq(on_port(c.b, EVTCHNOP_close, c.at_b), 0);
    ck_assert(!is_pending(c.b->d, c.at_b));
    guests_end(c.hv);
}
END_TEST

/* A guest can set the bit of a port that is closed, too. */
START_TEST(a_new_port_is_not_pending)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    evtchn_port_t p;

    v->d->shared_info->evtchn_pending[0] = 1ul << 1;
    ck_assert_int_eq(bind_ipi(v, 0, &p), 0);
    ck_assert_uint_eq(p, 1);
    ck_assert(!is_pending(v->d, p));
    guests_end(hv);
}
END_TEST

START_TEST(a_channel_of_a_domain_with_itself_closes)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    evtchn_port_t p, q;

    ck_assert_int_eq(alloc_unbound(v, DOMID_SELF, &p), 0);
    ck_assert_int_eq(bind_interdomain(v, DOMID_SELF, p, &q), 0);
    ck_assert_int_eq(on_port(v, EVTCHNOP_send, p), 0);
    ck_assert(is_pending(v->d, q));
    evtchn_check(v->d);
    ck_assert_int_eq(on_port(v, EVTCHNOP_close, p), 0);
    ck_assert_int_eq(on_port(v, EVTCHNOP_close, q), 0);
    guests_end(hv);
}
END_TEST

START_TEST(reset_closes_all_and_only_of_a_paused_domain)
{
    struct channel c = channel_between(4);
    struct vcpu *v0 = guest_vcpu(c.hv, 0, 0);
    struct evtchn_reset op = {.dom = 1};
    struct effects fx;
    evtchn_port_t p;

    ck_assert_int_eq(call_evtchn(c.b, EVTCHNOP_reset, &op, sizeof(op)), -EPERM);
    ck_assert_int_eq(call_evtchn(v0, EVTCHNOP_reset, &op, sizeof(op)), -EINVAL);
    effects_init(&fx);
    ck_assert_int_eq(domain_pause(c.a->d, &fx), 0);
    guests_exit(c.hv, &fx);
    ck_assert_int_eq(call_evtchn(v0, EVTCHNOP_reset, &op, sizeof(op)), 0);
    op.dom = DOMID_SELF;
    ck_assert_int_eq(call_evtchn(c.b, EVTCHNOP_reset, &op, sizeof(op)), 0);
    ck_assert_int_eq(bind_ipi(c.b, 0, &p), 0);
    ck_assert_uint_eq(p, 1);
    guests_end(c.hv);
}
END_TEST

/* 4095 ports take more work than one entry may spend. */
START_TEST(destroy_yields_and_goes_on)
{
    struct hv *hv = machine_with_guests(4, 3, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    unsigned int yields = 0;
    struct effects fx;
    evtchn_port_t p;
    int rc;

    for (unsigned int i = 1; i < EVTCHN_2L_NR_CHANNELS; i++)
        ck_assert_int_eq(bind_ipi(v, 0, &p), 0);
    effects_init(&fx);
    ck_assert_int_eq(domain_pause(v->d, &fx), 0);
    guests_exit(hv, &fx);
    v->d->dying = DOMAIN_DYING;
    for (;;) {
        effects_init(&fx);
        rc = domain_event_destroy(v->d, &fx);
        if (rc != -ERESTART)
            break;
        yields++;
    }
    ck_assert_int_eq(rc, 0);
    ck_assert_uint_ge(yields, EVTCHN_2L_NR_CHANNELS / EFFECTS_BUDGET - 1);
    ck_assert_uint_eq(v->d->event.port_count, 0);
    guests_end(hv);
}
END_TEST

/* A guest that dies in its own reset has opened ports behind it. */
START_TEST(destroy_closes_what_a_reset_had_passed)
{
    struct hv *hv = machine_with_guests(4, 3, 1);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    struct effects fx;
    evtchn_port_t p;
    int rc;

    for (unsigned int i = 0; i < 20; i++)
        ck_assert_int_eq(bind_ipi(v, 0, &p), 0);
    effects_init(&fx);
    fx.budget = 10;
    ck_assert_int_eq(evtchn_reset(v->d, &fx), -ERESTART);
    ck_assert_int_eq(bind_ipi(v, 0, &p), 0);
    ck_assert_uint_eq(p, 1);
    effects_init(&fx);
    ck_assert_int_eq(domain_pause(v->d, &fx), 0);
    guests_exit(hv, &fx);
    v->d->dying = DOMAIN_DYING;
    do {
        effects_init(&fx);
        rc = domain_event_destroy(v->d, &fx);
    } while (rc == -ERESTART);
    ck_assert_int_eq(rc, 0);
    guests_end(hv);
}
END_TEST

START_TEST(a_dying_domain_takes_no_binding_and_sends_to_it_are_lost)
{
    struct channel c = channel_between(4);
    struct vcpu *v0 = guest_vcpu(c.hv, 0, 0);
    struct evtchn_alloc_unbound op = {.dom = 1, .remote_dom = 2};
    struct effects fx;
    struct evtchn_status s;
    evtchn_port_t p, q;

    ck_assert_int_eq(alloc_unbound(c.a, 2, &p), 0);
    effects_init(&fx);
    ck_assert_int_eq(domain_pause(c.a->d, &fx), 0);
    guests_exit(c.hv, &fx);
    c.a->d->dying = DOMAIN_DYING;
    ck_assert_int_eq(bind_interdomain(c.b, 1, p, &q), -EINVAL);
    ck_assert_int_eq(call_evtchn(v0, EVTCHNOP_alloc_unbound, &op, sizeof(op)),
                     -EINVAL);
    ck_assert_int_eq(on_port(c.b, EVTCHNOP_send, c.at_b), 0);
    effects_init(&fx);
    ck_assert_int_eq(domain_event_destroy(c.a->d, &fx), 0);
    ck_assert_int_eq(on_port(c.b, EVTCHNOP_send, c.at_b), 0);
    ck_assert_int_eq(status(c.b, DOMID_SELF, c.at_b, &s), 0);
    ck_assert_uint_eq(s.status, EVTCHNSTAT_unbound);
    ck_assert_int_eq(status(v0, 1, 1, &s), -EINVAL);
    guests_end(c.hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("evtchn");
    TCase *t = tcase_create("bind");

    tcase_add_test(t, ports_are_given_lowest_first_and_never_port_0);
    tcase_add_test(t, no_more_ports_than_the_limit);
    tcase_add_test(t, bind_interdomain_leaves_the_new_port_pending);
    tcase_add_test(t, bind_interdomain_needs_a_port_meant_for_the_caller);
    tcase_add_test(t, only_dom0_allocates_for_others);
    tcase_add_test(t, a_virq_is_bound_once_on_its_vcpu);
    tcase_add_test(t, a_port_whose_number_cannot_be_told_is_closed_again);
    tcase_add_test(t, operations_that_are_not_there_say_so);
    suite_add_tcase(s, t);

    t = tcase_create("close");
    tcase_add_test(t, close_makes_the_peer_unbound_for_the_closer);
    tcase_add_test(t, a_closed_port_is_not_pending_any_more);
    tcase_add_test(t, a_new_port_is_not_pending);
    tcase_add_test(t, a_channel_of_a_domain_with_itself_closes);
    tcase_add_test(t, reset_closes_all_and_only_of_a_paused_domain);
    tcase_add_test(t, destroy_yields_and_goes_on);
    tcase_add_test(t, destroy_closes_what_a_reset_had_passed);
    tcase_add_test(t, a_dying_domain_takes_no_binding_and_sends_to_it_are_lost);
    suite_add_tcase(s, t);
    return s;
}

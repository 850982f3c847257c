/* SPDX-License-Identifier: MIT */
/* hypervisor/core/event: events sent, and the upcalls that tell of them. */
#include "evtchn_guest.h"

#include <errno.h>

#include "event/channel.h"
#include "event/upcall.h"
#include "mm/frame.h"

/* ------------------------------------------------------- send and raise */

START_TEST(send_sets_the_peer_pending_and_interrupts_its_cpu)
{
    struct channel c = channel_between(4);
    struct effects fx;

    enter_from(c.a);
    effects_init(&fx);
    ck_assert_int_eq(evtchn_send(c.a->d, c.at_a, &fx), 0);
    ck_assert(is_pending(c.b->d, c.at_b));
    ck_assert_uint_eq(c.b->event.info->evtchn_pending_sel,
                      1ul << (c.at_b / 64));
    ck_assert(vcpu_upcall_wanted(c.b));
    ck_assert(cpumask_has(fx.resched, c.b->sched.cpu));
    guests_end(c.hv);
}
END_TEST

START_TEST(a_second_send_interrupts_nobody)
{
    struct channel c = channel_between(4);
    struct effects fx;

    ck_assert_int_eq(on_port(c.a, EVTCHNOP_send, c.at_a), 0);
    enter_from(c.a);
    effects_init(&fx);
    ck_assert_int_eq(evtchn_send(c.a->d, c.at_a, &fx), 0);
    ck_assert(cpumask_is_empty(fx.resched));
    guests_end(c.hv);
}
END_TEST

START_TEST(send_to_a_masked_port_is_only_pending)
{
    struct channel c = channel_between(4);
    struct effects fx;

    mask(c.b->d, c.at_b);
    enter_from(c.a);
    effects_init(&fx);
    ck_assert_int_eq(evtchn_send(c.a->d, c.at_a, &fx), 0);
    ck_assert(is_pending(c.b->d, c.at_b));
    ck_assert(!vcpu_upcall_wanted(c.b));
    ck_assert_uint_eq(c.b->event.info->evtchn_pending_sel, 0);
    ck_assert(cpumask_is_empty(fx.resched));
    guests_end(c.hv);
}
END_TEST

START_TEST(unmask_tells_what_came_while_the_port_was_masked)
{
    struct channel c = channel_between(4);

    mask(c.b->d, c.at_b);
    ck_assert_int_eq(on_port(c.a, EVTCHNOP_send, c.at_a), 0);
    ck_assert_int_eq(on_port(c.b, EVTCHNOP_unmask, c.at_b), 0);
    ck_assert(vcpu_upcall_wanted(c.b));
    consume(c.b, c.at_b);
    ck_assert_int_eq(on_port(c.b, EVTCHNOP_unmask, c.at_b), 0);
    ck_assert(!vcpu_upcall_wanted(c.b));
    ck_assert_int_eq(on_port(c.b, EVTCHNOP_unmask, 9999), -EINVAL);
    guests_end(c.hv);
}
END_TEST

/* It looks at the flag itself when it unmasks upcalls. */
START_TEST(a_vcpu_with_upcalls_masked_is_not_interrupted)
{
    struct channel c = channel_between(4);
    struct effects fx;

    c.b->event.info->evtchn_upcall_mask = 1;
    enter_from(c.a);
    effects_init(&fx);
    ck_assert_int_eq(evtchn_send(c.a->d, c.at_a, &fx), 0);
    ck_assert_uint_eq(c.b->event.info->evtchn_upcall_pending, 1);
    ck_assert(cpumask_is_empty(fx.resched));
    guests_end(c.hv);
}
END_TEST

START_TEST(send_wants_a_port_that_sends)
{
    struct channel c = channel_between(4);
    evtchn_port_t virq, unbound;

    ck_assert_int_eq(bind_virq(c.a, VIRQ_TIMER, 0, &virq), 0);
    ck_assert_int_eq(alloc_unbound(c.a, 2, &unbound), 0);
    ck_assert_int_eq(on_port(c.a, EVTCHNOP_send, 0), -EINVAL);
    ck_assert_int_eq(on_port(c.a, EVTCHNOP_send, 200), -EINVAL);
    ck_assert_int_eq(on_port(c.a, EVTCHNOP_send, UINT32_MAX), -EINVAL);
    ck_assert_int_eq(on_port(c.a, EVTCHNOP_send, virq), -EINVAL);
    ck_assert_int_eq(on_port(c.a, EVTCHNOP_send, unbound), 0);
    guests_end(c.hv);
}
END_TEST

START_TEST(an_ipi_notifies_its_vcpu)
{
    struct hv *hv = machine_with_guests(4, 2, 2);
    struct vcpu *v = guest_vcpu(hv, 1, 0), *w = guest_vcpu(hv, 1, 1);
    evtchn_port_t p;

    ck_assert_int_eq(bind_ipi(v, 2, &p), -ENOENT);
    ck_assert_int_eq(bind_ipi(v, 1, &p), 0);
    ck_assert_int_eq(on_port(v, EVTCHNOP_send, p), 0);
    ck_assert_uint_eq(w->event.info->evtchn_upcall_pending, 1);
    ck_assert_uint_eq(v->event.info->evtchn_upcall_pending, 0);
    guests_end(hv);
}
END_TEST

START_TEST(bind_vcpu_moves_what_may_move)
{
    struct hv *hv = machine_with_guests(4, 2, 2);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    struct evtchn_bind_vcpu op;
    evtchn_port_t chan, ipi, timer, console;

    ck_assert_int_eq(alloc_unbound(v, 1, &chan), 0);
    ck_assert_int_eq(bind_ipi(v, 0, &ipi), 0);
    ck_assert_int_eq(bind_virq(v, VIRQ_TIMER, 0, &timer), 0);
    ck_assert_int_eq(bind_virq(v, VIRQ_CONSOLE, 0, &console), 0);
    op = (struct evtchn_bind_vcpu){chan, 1};
    ck_assert_int_eq(call_evtchn(v, EVTCHNOP_bind_vcpu, &op, sizeof(op)), 0);
    op = (struct evtchn_bind_vcpu){console, 1};
    ck_assert_int_eq(call_evtchn(v, EVTCHNOP_bind_vcpu, &op, sizeof(op)), 0);
    op = (struct evtchn_bind_vcpu){ipi, 1};
    ck_assert_int_eq(call_evtchn(v, EVTCHNOP_bind_vcpu, &op, sizeof(op)),
                     -EINVAL);
    op = (struct evtchn_bind_vcpu){timer, 1};
    ck_assert_int_eq(call_evtchn(v, EVTCHNOP_bind_vcpu, &op, sizeof(op)),
                     -EINVAL);
    op = (struct evtchn_bind_vcpu){chan, 2};
    ck_assert_int_eq(call_evtchn(v, EVTCHNOP_bind_vcpu, &op, sizeof(op)),
                     -ENOENT);
    guests_end(hv);
}
END_TEST

START_TEST(a_global_virq_goes_to_dom0)
{
    struct hv *hv = machine_with_guests(4, 2, 1);
    struct vcpu *v0 = guest_vcpu(hv, 0, 0), *v1 = guest_vcpu(hv, 1, 0);
    struct effects fx;
    evtchn_port_t p0, p1;

    effects_init(&fx);
    virq_raise_global(hv, VIRQ_DOM_EXC, &fx); /* not bound: dropped */
    ck_assert_int_eq(bind_virq(v0, VIRQ_DOM_EXC, 0, &p0), 0);
    ck_assert_int_eq(bind_virq(v1, VIRQ_DOM_EXC, 0, &p1), 0);
    ck_assert(!is_pending(v0->d, p0));
    virq_raise_global(hv, VIRQ_DOM_EXC, &fx);
    ck_assert(is_pending(v0->d, p0));
    ck_assert(!is_pending(v1->d, p1));
    guests_end(hv);
}
END_TEST

/* ------------------------------------------------------------ vcpu_info */

START_TEST(register_vcpu_info_moves_what_was_there_and_tells_all_again)
{
    struct hv *hv = machine_with_memory(4, 2, 1, 4);
    struct vcpu *v = guest_vcpu(hv, 1, 0);
    mfn_t m = mfn_of(v->d->pages.first);
    struct effects fx;

    effects_init(&fx);
    v->event.info->arch.cr2 = 0x1234;
    v->event.info->evtchn_upcall_mask = 1;
    ck_assert_int_eq(vcpu_register_info(v, m, 4033, &fx), -ENXIO);
    ck_assert_int_eq(vcpu_register_info(v, m, 4, &fx), -ENXIO);
    ck_assert_int_eq(vcpu_register_info(v, m, UINT32_MAX, &fx), -ENXIO);
    ck_assert_int_eq(vcpu_register_info(v, mfn_of(0), 64, &fx), -EINVAL);
    ck_assert_int_eq(vcpu_register_info(v, m, 4032, &fx), 0);
    ck_assert_int_eq(vcpu_register_info(v, m, 64, &fx), -EINVAL);
    ck_assert_uint_eq(v->event.info->arch.cr2, 0x1234);
    ck_assert_uint_eq(v->event.info->evtchn_pending_sel, UINT64_MAX);
    ck_assert_uint_eq(v->event.info->evtchn_upcall_pending, 1);
    ck_assert_uint_eq(v->event.info->evtchn_upcall_mask, 1);
    ck_assert(frame_is(frame_of(hv, m), FRAME_WRITABLE));
    vcpu_unregister_info(v);
    ck_assert(!frame_is(frame_of(hv, m), FRAME_WRITABLE));
    ck_assert_ptr_eq(v->event.info, &v->d->shared_info->vcpu_info[0]);
    guests_end(hv);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("evtchn_raise");
    TCase *t = tcase_create("raise");

    tcase_add_test(t, send_sets_the_peer_pending_and_interrupts_its_cpu);
    tcase_add_test(t, a_second_send_interrupts_nobody);
    tcase_add_test(t, send_to_a_masked_port_is_only_pending);
    tcase_add_test(t, unmask_tells_what_came_while_the_port_was_masked);
    tcase_add_test(t, a_vcpu_with_upcalls_masked_is_not_interrupted);
    tcase_add_test(t, send_wants_a_port_that_sends);
    tcase_add_test(t, an_ipi_notifies_its_vcpu);
    tcase_add_test(t, bind_vcpu_moves_what_may_move);
    tcase_add_test(t, a_global_virq_goes_to_dom0);
    suite_add_tcase(s, t);

    t = tcase_create("vcpu_info");
    tcase_add_test(t,
                   register_vcpu_info_moves_what_was_there_and_tells_all_again);
    suite_add_tcase(s, t);
    return s;
}

/* SPDX-License-Identifier: MIT */
/* hypervisor/core/event: ports, what they are bound to, and upcalls. */
#include "suite.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <pv-abi/event_channel.h>

#include "domain/domain.h"
#include "event/channel.h"
#include "event/upcall.h"
#include "fake/check.h"
#include "fake/guests.h"
#include "mm/frame.h"
#include "sched/runqueue.h"

/* ------------------------------------------------------------- helpers */

static int64_t alloc_unbound(struct vcpu *v, domid_t remote,
                             evtchn_port_t *port)
{
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF, .remote_dom = remote};
    int64_t rc = call_evtchn(v, EVTCHNOP_alloc_unbound, &op, sizeof(op));

    *port = op.port;
    return rc;
}

static int64_t bind_interdomain(struct vcpu *v, domid_t remote,
                                evtchn_port_t remote_port, evtchn_port_t *port)
{
    struct evtchn_bind_interdomain op = {.remote_dom = remote,
                                         .remote_port = remote_port};
    int64_t rc = call_evtchn(v, EVTCHNOP_bind_interdomain, &op, sizeof(op));

    *port = op.local_port;
    return rc;
}

static int64_t bind_virq(struct vcpu *v, uint32_t virq, uint32_t vcpu,
                         evtchn_port_t *port)
{
    struct evtchn_bind_virq op = {.virq = virq, .vcpu = vcpu};
    int64_t rc = call_evtchn(v, EVTCHNOP_bind_virq, &op, sizeof(op));

    *port = op.port;
    return rc;
}

static int64_t bind_ipi(struct vcpu *v, uint32_t vcpu, evtchn_port_t *port)
{
    struct evtchn_bind_ipi op = {.vcpu = vcpu};
    int64_t rc = call_evtchn(v, EVTCHNOP_bind_ipi, &op, sizeof(op));

    *port = op.port;
    return rc;
}

static int64_t on_port(struct vcpu *v, uint32_t cmd, evtchn_port_t port)
{
    return call_evtchn(v, cmd, &port, sizeof(port));
}

static int64_t status(struct vcpu *v, domid_t dom, evtchn_port_t port,
                      struct evtchn_status *op)
{
    *op = (struct evtchn_status){.dom = dom, .port = port};
    return call_evtchn(v, EVTCHNOP_status, op, sizeof(*op));
}

static void mask(struct domain *d, evtchn_port_t port)
{
    d->shared_info->evtchn_mask[port / 64] |= 1ul << (port % 64);
}

static bool is_pending(struct domain *d, evtchn_port_t port)
{
    return d->shared_info->evtchn_pending[port / 64] >> (port % 64) & 1;
}

/* What a guest's handler does with one port. */
static void consume(struct vcpu *v, evtchn_port_t port)
{
    v->event.info->evtchn_upcall_pending = 0;
    v->event.info->evtchn_pending_sel = 0;
    v->d->shared_info->evtchn_pending[port / 64] &= ~(1ul << (port % 64));
}

/* Two domains and a channel between them, both ends quiet. */
struct channel {
    struct hv *hv;
    struct vcpu *a, *b;
    evtchn_port_t at_a, at_b;
};

static struct channel channel_between(unsigned int cpus)
{
    struct channel c = {.hv = machine_with_guests(cpus, 3, 1)};

    c.a = guest_vcpu(c.hv, 1, 0);
    c.b = guest_vcpu(c.hv, 2, 0);
    ck_assert_int_eq(alloc_unbound(c.a, 2, &c.at_a), 0);
    ck_assert_int_eq(bind_interdomain(c.b, 1, c.at_a, &c.at_b), 0);
    consume(c.b, c.at_b);
    c.a->event.info->evtchn_upcall_mask = 0;
    c.b->event.info->evtchn_upcall_mask = 0;
    return c;
}

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

/* ---------------------------------------------------------------- model */

/*
 * A naive reference of two-level channels: a port is pending or not, masked
 * or not. Senders, a masking guest and its handler come in any order.
 */
struct model {
    uint64_t pending, masked;
    bool told; /* an upcall is due */
};

static void handle_all(struct vcpu *v, struct model *m)
{
    struct shared_info *s = v->d->shared_info;

    ck_assert_uint_eq(v->event.info->evtchn_upcall_pending, m->told);
    while (v->event.info->evtchn_upcall_pending) {
        uint64_t sel, ready;

        v->event.info->evtchn_upcall_pending = 0;
        sel = __atomic_exchange_n(&v->event.info->evtchn_pending_sel, 0,
                                  __ATOMIC_SEQ_CST);
        ck_assert_uint_eq(sel & ~1ul, 0);
        ready = sel ? s->evtchn_pending[0] & ~s->evtchn_mask[0] : 0;
        ck_assert_uint_eq(ready & ~(m->pending & ~m->masked), 0);
        s->evtchn_pending[0] &= ~ready;
        m->pending &= ~ready;
    }
    m->told = false;
    /* Nothing that could be handled is left behind. */
    ck_assert_uint_eq(m->pending & ~m->masked, 0);
}

static void model_step(struct random *r, struct vcpu *v, struct model *m)
{
    struct shared_info *s = v->d->shared_info;
    unsigned int p = 1 + (unsigned int)random_below(r, 20);
    uint64_t bit = 1ul << p;
    struct effects fx;

    effects_init(&fx);
    switch (random_below(r, 5)) {
    case 0:
    case 1:
        ck_assert_int_eq(evtchn_send(v->d, p, &fx), 0);
        m->told |= !(m->pending & bit) && !(m->masked & bit);
        m->pending |= bit;
        break;
    case 2:
        s->evtchn_mask[0] |= bit;
        m->masked |= bit;
        break;
    case 3:
        ck_assert_int_eq(on_port(v, EVTCHNOP_unmask, p), 0);
        m->told |= (m->masked & bit) && (m->pending & bit);
        m->masked &= ~bit;
        break;
    case 4:
        handle_all(v, m);
        break;
    }
    ck_assert_uint_eq(s->evtchn_pending[0], m->pending);
}

START_TEST(no_event_is_lost_and_none_told_twice_whatever_the_order)
{
    struct random r = random_start(0x5eed0001);
    struct hv *hv = machine_with_guests(1, 1, 1);
    struct vcpu *v = guest_vcpu(hv, 0, 0);
    struct model m = {0};
    evtchn_port_t p;

    for (unsigned int i = 1; i <= 20; i++)
        ck_assert_int_eq(bind_ipi(v, 0, &p), 0);
    for (unsigned int i = 0; i < 200000; i++)
        model_step(&r, v, &m);
    handle_all(v, &m);
    guests_end(hv);
}
END_TEST

/* Random binds and closes of four domains, checked after each. */
START_TEST(random_binding_keeps_the_invariants)
{
    struct random r = random_start(0x5eed0002);
    struct hv *hv = machine_with_guests(4, 4, 1);

    for (unsigned int i = 0; i < 4000; i++) {
        struct vcpu *v = guest_vcpu(hv, (domid_t)random_below(&r, 4), 0);
        domid_t other = (domid_t)random_below(&r, 4);
        evtchn_port_t port = (evtchn_port_t)random_below(&r, 40), p;

        switch (random_below(&r, 7)) {
        case 0:
            (void)alloc_unbound(v, other, &p);
            break;
        case 1:
        case 2:
            (void)bind_interdomain(v, other, port, &p);
            break;
        case 3:
            (void)bind_virq(v, (uint32_t)random_below(&r, 26), 0, &p);
            break;
        case 4:
            (void)bind_ipi(v, (uint32_t)random_below(&r, 2), &p);
            break;
        case 5:
            (void)on_port(v, EVTCHNOP_send, port);
            break;
        case 6:
            for (unsigned int n = 0; n < 3; n++)
                (void)on_port(v, EVTCHNOP_close, port + n);
            break;
        }
        for (domid_t id = 0; id < 4; id++)
            evtchn_check(guest(hv, id));
    }
    guests_end(hv);
}
END_TEST

/* -------------------------------------------------------------- threads */

#define THREADS 4

static struct hv *shared_hv;

/* One CPU, whose guests bind, send and close as fast as they can. */
static void *cpu_of_events(void *arg)
{
    unsigned int cpu = (unsigned int)(uintptr_t)arg;
    struct random r = {.state = 0x5eed0040 + cpu};

    fake_set_cpu(cpu);
    for (unsigned int i = 0; i < 60000; i++) {
        struct domain *d = guest(shared_hv, (domid_t)random_below(&r, 3));
        struct domain *e = guest(shared_hv, (domid_t)random_below(&r, 3));
        evtchn_port_t port = 1 + (evtchn_port_t)random_below(&r, 8), p;
        struct effects fx;

        effects_init(&fx);
        switch (random_below(&r, 6)) {
        case 0:
            (void)!evtchn_alloc_unbound(d, e->domid, &p);
            break;
        case 1:
            (void)!evtchn_bind_interdomain(d, e, port, &p, &fx);
            break;
        case 2:
            virq_raise_vcpu(d->vcpus[0], VIRQ_TIMER, &fx);
            break;
        case 3:
            (void)!evtchn_send(d, port, &fx);
            break;
        default:
            for (p = port; p < port + 3; p++)
                (void)!evtchn_close(d, p);
            break;
        }
    }
    return NULL;
}

START_TEST(four_cpus_bind_send_and_close_at_the_same_time)
{
    pthread_t threads[THREADS];

    shared_hv = machine_with_guests(THREADS, 3, 1);
    for (uintptr_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, cpu_of_events, (void *)i), 0);
    for (unsigned int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    guests_end(shared_hv);
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

    t = tcase_create("raise");
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

    t = tcase_create("close");
    tcase_add_test(t, close_makes_the_peer_unbound_for_the_closer);
    tcase_add_test(t, a_closed_port_is_not_pending_any_more);
    tcase_add_test(t, a_new_port_is_not_pending);
    tcase_add_test(t, a_channel_of_a_domain_with_itself_closes);
    tcase_add_test(t, reset_closes_all_and_only_of_a_paused_domain);
    tcase_add_test(t, destroy_yields_and_goes_on);
    tcase_add_test(t, a_dying_domain_takes_no_binding_and_sends_to_it_are_lost);
    suite_add_tcase(s, t);

    t = tcase_create("vcpu_info");
    tcase_add_test(t,
                   register_vcpu_info_moves_what_was_there_and_tells_all_again);
    suite_add_tcase(s, t);

    t = tcase_create("model");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, no_event_is_lost_and_none_told_twice_whatever_the_order);
    tcase_add_test(t, random_binding_keeps_the_invariants);
    tcase_add_test(t, four_cpus_bind_send_and_close_at_the_same_time);
    suite_add_tcase(s, t);
    return s;
}

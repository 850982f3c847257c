/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/core/event/fifo: control blocks, queues and arrays, as a guest
 * that keeps the rules sees them.
 */
#include "suite.h"

#include <errno.h>
#include <string.h>

#include <pv-abi/event_channel.h>
#include <pv-abi/sched.h>

#include "domain/domain.h"
#include "event/channel.h"
#include "event/upcall.h"
#include "fake/guests.h"
#include "fifo_guest.h"
#include "mm/frame.h"

/* ------------------------------------------------------- control block */

START_TEST(init_control_wants_a_vcpu_a_place_and_a_writable_frame)
{
    struct guest g = guest_with_frames(4);
    struct vcpu *v = g.d->vcpus[0];

    ck_assert_int_eq(init_control(v, 2, g.frame[0], 0), -ENOENT);
    ck_assert_int_eq(init_control(v, UINT32_MAX, g.frame[0], 0), -ENOENT);
    ck_assert_int_eq(init_control(v, 0, g.frame[0], 4), -EINVAL);
    ck_assert_int_eq(init_control(v, 0, g.frame[0], 4096 - 64), -EINVAL);
    ck_assert_int_eq(init_control(v, 0, g.frame[0], 4096), -EINVAL);
    ck_assert_int_eq(init_control(v, 0, g.frame[0], UINT32_MAX - 7), -EINVAL);
    ck_assert_int_eq(init_control(v, 0, MFN_INVALID, 0), -EINVAL);
    ck_assert_int_eq(init_control(v, 0, mfn_of(guest(g.hv, 0)->pages.first), 0),
                     -EINVAL);
    ck_assert(!fifo_is_on(g.d));
    ck_assert(!frame_is(frame_of(g.hv, g.frame[0]), FRAME_WRITABLE));
    ck_assert_int_eq(init_control(v, 0, g.frame[0], 4096 - 72), 0);
    ck_assert(fifo_is_on(g.d));
    ck_assert(frame_is(frame_of(g.hv, g.frame[0]), FRAME_WRITABLE));
    ck_assert_int_eq(init_control(v, 0, g.frame[1], 0), -EINVAL);
    ck_assert(!frame_is(frame_of(g.hv, g.frame[1]), FRAME_WRITABLE));
    ck_assert_int_eq(init_control(v, 1, g.frame[1], 0), 0);
    end(&g);
}
END_TEST

START_TEST(with_two_levels_there_is_no_array_and_no_priority)
{
    struct guest g = guest_with_frames(4);
    struct vcpu *v = g.d->vcpus[0];
    evtchn_port_t p = bind_ipi(&g, 0);

    ck_assert_int_eq(expand(v, g.frame[0]), -EOPNOTSUPP);
    ck_assert_int_eq(set_priority(v, p, 3), -ENOSYS);
    ck_assert_int_eq(set_priority(v, 0, 3), -ENOSYS);
    ck_assert_int_eq(set_priority(v, 100000, 3), -EINVAL);
    end(&g);
}
END_TEST

START_TEST(priorities_are_0_to_15_of_ports_that_are_open)
{
    struct guest g = guest_with_queues(4);
    struct vcpu *v = g.d->vcpus[0];
    evtchn_port_t p = bind_ipi(&g, 0);

    ck_assert_int_eq(set_priority(v, p, 0), 0);
    ck_assert_int_eq(set_priority(v, p, 15), 0);
    ck_assert_int_eq(set_priority(v, p, 16), -EINVAL);
    ck_assert_int_eq(set_priority(v, p, UINT32_MAX), -EINVAL);
    ck_assert_int_eq(set_priority(v, p + 1, 3), -EACCES);
    ck_assert_int_eq(set_priority(v, 0, 3), -EACCES);
    ck_assert_int_eq(set_priority(v, 100000, 3), -EINVAL);
    end(&g);
}
END_TEST

/* A signal of the old layout must not be lost in the new one. */
START_TEST(what_is_pending_stays_so_through_the_switch)
{
    struct guest g = guest_with_frames(4);
    struct vcpu *v = g.d->vcpus[0];
    evtchn_port_t a = bind_ipi(&g, 0), b = bind_ipi(&g, 0);

    send(&g, b);
    ck_assert_int_eq(init_control(v, 0, g.frame[0], 0), 0);
    send(&g, a); /* has no word yet */
    ck_assert_uint_eq(v->event.fifo_block->ready, 0);
    ck_assert_int_eq(expand(v, g.frame[1]), 0);
    ck_assert_uint_eq(v->event.info->evtchn_upcall_pending, 1);
    CHECK_TAKEN(&g, 0, a, b, 0);
    end(&g);
}
END_TEST

/* -------------------------------------------------------------- queues */

START_TEST(ports_of_a_queue_come_in_the_order_of_their_signals)
{
    struct guest g = guest_with_queues(4);
    evtchn_port_t a = bind_ipi(&g, 0), b = bind_ipi(&g, 0), c = bind_ipi(&g, 0);

    send(&g, b);
    send(&g, c);
    send(&g, b); /* once is enough */
    send(&g, a);
    ck_assert_uint_eq(g.d->vcpus[0]->event.fifo_block->ready, 1u << 7);
    ck_assert_uint_eq(g.d->vcpus[0]->event.fifo_block->head[7], b);
    CHECK_TAKEN(&g, 0, b, c, a, 0);
    send(&g, c);
    CHECK_TAKEN(&g, 0, c, 0);
    end(&g);
}
END_TEST

START_TEST(the_higher_priority_comes_first)
{
    struct guest g = guest_with_queues(4);
    struct vcpu *v = g.d->vcpus[0];
    evtchn_port_t low = bind_ipi(&g, 0), usual = bind_ipi(&g, 0),
                  high = bind_ipi(&g, 0), second = bind_ipi(&g, 0);

    ck_assert_int_eq(set_priority(v, low, 15), 0);
    ck_assert_int_eq(set_priority(v, high, 0), 0);
    ck_assert_int_eq(set_priority(v, second, 0), 0);
    send(&g, low);
    send(&g, usual);
    send(&g, high);
    send(&g, second);
    CHECK_TAKEN(&g, 0, high, second, usual, low, 0);
    end(&g);
}
END_TEST

START_TEST(only_the_first_port_of_a_queue_makes_an_upcall)
{
    struct guest g = guest_with_queues(4);
    struct vcpu *v = g.d->vcpus[0];
    evtchn_port_t a = bind_ipi(&g, 0), b = bind_ipi(&g, 0);

    send(&g, a);
    ck_assert_uint_eq(v->event.info->evtchn_upcall_pending, 1);
    v->event.info->evtchn_upcall_pending = 0;
    send(&g, b);
    ck_assert_uint_eq(v->event.info->evtchn_upcall_pending, 0);
    CHECK_TAKEN(&g, 0, a, b, 0);
    end(&g);
}
END_TEST

START_TEST(a_masked_port_waits_outside_until_it_is_unmasked)
{
    struct guest g = guest_with_queues(4);
    evtchn_port_t a = bind_ipi(&g, 0);

    *word(&g, a) = MASKED;
    send(&g, a);
    ck_assert_uint_eq(*word(&g, a), MASKED | PENDING);
    ck_assert_uint_eq(g.d->vcpus[0]->event.info->evtchn_upcall_pending, 0);
    unmask(&g, a);
    ck_assert_uint_eq(*word(&g, a), LINKED | PENDING);
    CHECK_TAKEN(&g, 0, a, 0);
    *word(&g, a) = MASKED;
    unmask(&g, a); /* nothing came meanwhile */
    ck_assert_uint_eq(*word(&g, a), 0);
    CHECK_TAKEN(&g, 0, 0);
    end(&g);
}
END_TEST

START_TEST(a_port_without_a_word_has_nothing_to_unmask)
{
    struct guest g = guest_with_frames(4);
    evtchn_port_t a = bind_ipi(&g, 0);

    ck_assert_int_eq(init_control(g.d->vcpus[0], 0, g.frame[0], 0), 0);
    unmask(&g, a);
    end(&g);
}
END_TEST

/* Its signal is kept by its word; unmasking puts it into the queue. */
START_TEST(a_vcpu_without_a_block_gets_its_ports_when_they_are_unmasked)
{
    struct guest g = guest_with_frames(4);
    struct vcpu *v = g.d->vcpus[0];
    evtchn_port_t p = bind_ipi(&g, 1);

    ck_assert_int_eq(init_control(v, 0, g.frame[0], 0), 0);
    ck_assert_int_eq(expand(v, g.frame[1]), 0);
    send(&g, p);
    ck_assert_uint_eq(*word(&g, p), PENDING);
    ck_assert_int_eq(init_control(v, 1, g.frame[0], 72), 0);
    unmask(&g, p);
    CHECK_TAKEN(&g, 1, p, 0);
    end(&g);
}
END_TEST

/*
 * A port that was the tail of one queue is linked into another. The next
 * one of the old queue must not be linked behind it.
 */
START_TEST(a_tail_that_moves_to_another_queue_leaves_the_old_one_empty)
{
    struct guest g = guest_with_queues(4);
    struct vcpu *v = g.d->vcpus[0];
    evtchn_port_t a = bind_ipi(&g, 0), b = bind_ipi(&g, 0);

    send(&g, a);
    CHECK_TAKEN(&g, 0, a, 0);
    ck_assert_int_eq(set_priority(v, a, 3), 0);
    send(&g, a);
    send(&g, b);
    ck_assert_uint_eq(*word(&g, a), PENDING | LINKED);
    CHECK_TAKEN(&g, 0, a, b, 0);
    end(&g);
}
END_TEST

/* While it is linked it stays where it is; the next signal moves it. */
START_TEST(a_new_vcpu_or_priority_counts_from_the_next_signal_on)
{
    struct guest g = guest_with_queues(4);
    struct vcpu *v = g.d->vcpus[0];
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF,
                                      .remote_dom = DOMID_SELF};
    struct evtchn_bind_interdomain bind = {.remote_dom = DOMID_SELF};
    evtchn_port_t p;

    ck_assert_int_eq(call_evtchn(v, EVTCHNOP_alloc_unbound, &op, sizeof(op)),
                     0);
    bind.remote_port = op.port;
    ck_assert_int_eq(
        call_evtchn(v, EVTCHNOP_bind_interdomain, &bind, sizeof(bind)), 0);
    p = bind.local_port;
    ck_assert_int_eq(bind_vcpu(v, p, 1), 0);
    ck_assert_int_eq(set_priority(v, p, 2), 0);
    send(&g, op.port);
    CHECK_TAKEN(&g, 1, 0);
    CHECK_TAKEN(&g, 0, p, 0);
    send(&g, op.port);
    ck_assert_uint_eq(g.d->vcpus[1]->event.fifo_block->ready, 1u << 2);
    CHECK_TAKEN(&g, 0, 0);
    CHECK_TAKEN(&g, 1, p, 0);
    end(&g);
}
END_TEST

/* Its word still leads to others: who gets the number would be in a queue. */
START_TEST(a_closed_port_is_not_free_before_the_guest_has_unlinked_it)
{
    struct guest g = guest_with_queues(4);
    evtchn_port_t a = bind_ipi(&g, 0), b = bind_ipi(&g, 0), c;

    send(&g, a);
    send(&g, b);
    close_port(&g, a);
    ck_assert_uint_eq(*word(&g, a) & (PENDING | LINKED), LINKED);
    c = bind_ipi(&g, 0);
    ck_assert_uint_ne(c, a);
    CHECK_TAKEN(&g, 0, b, 0);
    ck_assert_uint_eq(bind_ipi(&g, 0), a);
    end(&g);
}
END_TEST

/* The number forgets what it was bound to, but not whose tail it is. */
START_TEST(a_tail_that_is_closed_and_bound_anew_leaves_its_old_queue_empty)
{
    struct guest g = guest_with_queues(4);
    evtchn_port_t a = bind_ipi(&g, 0), b = bind_ipi(&g, 0);

    send(&g, a);
    CHECK_TAKEN(&g, 0, a, 0);
    close_port(&g, a);
    ck_assert_uint_eq(bind_ipi(&g, 1), a);
    send(&g, a);
    send(&g, b);
    ck_assert_uint_eq(*word(&g, a), PENDING | LINKED);
    CHECK_TAKEN(&g, 0, b, 0);
    CHECK_TAKEN(&g, 1, a, 0);
    end(&g);
}
END_TEST

START_TEST(poll_sees_a_masked_pending_port)
{
    struct guest g = guest_with_queues(4);
    struct vcpu *v = g.d->vcpus[0];
    evtchn_port_t a = bind_ipi(&g, 1);
    struct sched_poll poll = {.ports = {FREE_VA}, .nr_ports = 1};

    memcpy(fake_guest(FREE_VA), &a, sizeof(a));
    *word(&g, a) = MASKED;
    send(&g, a);
    ck_assert_int_eq(call_sched(v, SCHEDOP_poll, &poll, sizeof(poll)), 0);
    ck_assert(is_running(v));
    *word(&g, a) = MASKED;
    ck_assert_int_eq(call_sched(v, SCHEDOP_poll, &poll, sizeof(poll)), 0);
    ck_assert(!is_running(v));
    ck_assert_int_eq(on_port(g.d->vcpus[1], EVTCHNOP_send, a), 0);
    ck_assert(is_running(v));
    end(&g);
}
END_TEST

/* --------------------------------------------------------------- array */

START_TEST(the_array_grows_by_1024_ports_a_page_up_to_128_pages)
{
    struct guest g = guest_with_queues(140);
    struct vcpu *v = g.d->vcpus[0];
    evtchn_port_t p = 0;

    while (p < 1025)
        p = bind_ipi(&g, 0);
    send(&g, 1025);
    ck_assert_uint_eq(v->event.fifo_block->ready, 0);
    ck_assert_int_eq(expand(v, MFN_INVALID), -EINVAL);
    ck_assert_int_eq(expand(v, g.frame[2]), 0);
    CHECK_TAKEN(&g, 0, 1025, 0);
    for (unsigned int i = 2; i < 128; i++)
        ck_assert_int_eq(expand(v, g.frame[i + 1]), 0);
    ck_assert_int_eq(expand(v, g.frame[129]), -ENOSPC);
    end(&g);
}
END_TEST

START_TEST(queues_have_more_ports_than_two_levels_up_to_the_limit)
{
    struct guest g = guest_with_queues(16);
    struct vcpu *v = g.d->vcpus[0];
    struct evtchn e = {.state = EVTCHNSTAT_ipi};
    evtchn_port_t p = 0;

    for (unsigned int i = 2; i < 8; i++)
        ck_assert_int_eq(expand(v, g.frame[i]), 0);
    g.d->event.port_max = 5001;
    while (p < 5000)
        ck_assert_int_eq(evtchn_open(g.d, e, NULL, &p), 0);
    ck_assert_int_eq(evtchn_open(g.d, e, NULL, &p), -ENOSPC);
    send(&g, 5000);
    send(&g, 4096);
    CHECK_TAKEN(&g, 0, 5000, 4096, 0);
    end(&g);
}
END_TEST

static void check_let_go(struct guest *g)
{
    for (unsigned int i = 0; i < g->frame_count; i++)
        ck_assert(!frame_is(frame_of(g->hv, g->frame[i]), FRAME_WRITABLE));
}

START_TEST(reset_goes_back_to_two_levels_and_lets_the_frames_go)
{
    struct guest g = guest_with_queues(8);
    struct vcpu *v = g.d->vcpus[0];
    struct evtchn_reset op = {.dom = DOMID_SELF};
    struct evtchn e = {.state = EVTCHNSTAT_ipi};
    evtchn_port_t p = 0;

    while (p < 5000)
        ck_assert_int_eq(evtchn_open(g.d, e, NULL, &p), 0);
    send(&g, 1);
    ck_assert_int_eq(call_evtchn(v, EVTCHNOP_reset, &op, sizeof(op)), 0);
    ck_assert(!fifo_is_on(g.d));
    check_let_go(&g);
    /* Ports that only queues have are no ports any more. */
    ck_assert_int_eq(on_port(v, EVTCHNOP_send, 5000), -EINVAL);
    ck_assert(!port_is_pending(g.d, 5000));
    ck_assert_uint_eq(bind_ipi(&g, 0), 1);
    send(&g, 1);
    ck_assert_uint_eq(g.d->shared_info->evtchn_pending[0], 2);
    ck_assert_int_eq(init_control(v, 0, g.frame[2], 0), 0);
    ck_assert_int_eq(expand(v, g.frame[3]), 0);
    CHECK_TAKEN(&g, 0, 1, 0);
    end(&g);
}
END_TEST

START_TEST(death_lets_the_frames_go)
{
    struct guest g = guest_with_queues(8);
    struct effects fx;
    int rc;

    send(&g, bind_ipi(&g, 0));
    send(&g, bind_ipi(&g, 1));
    g.d->dying = DOMAIN_DYING;
    do {
        effects_init(&fx);
        rc = domain_event_destroy(g.d, &fx);
    } while (rc == -ERESTART);
    ck_assert_int_eq(rc, 0);
    check_let_go(&g);
    end(&g);
}
END_TEST

START_TEST(a_dying_domain_gives_no_frames)
{
    struct guest g = guest_with_queues(8);

    g.d->dying = DOMAIN_DYING;
    ck_assert_int_eq(expand(g.d->vcpus[0], g.frame[2]), -EINVAL);
    g.d->dying = DOMAIN_ALIVE;
    end(&g);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("evtchn_fifo");
    TCase *t = tcase_create("control");

    tcase_add_test(t, init_control_wants_a_vcpu_a_place_and_a_writable_frame);
    tcase_add_test(t, with_two_levels_there_is_no_array_and_no_priority);
    tcase_add_test(t, priorities_are_0_to_15_of_ports_that_are_open);
    tcase_add_test(t, what_is_pending_stays_so_through_the_switch);
    suite_add_tcase(s, t);

    t = tcase_create("queues");
    tcase_add_test(t, ports_of_a_queue_come_in_the_order_of_their_signals);
    tcase_add_test(t, the_higher_priority_comes_first);
    tcase_add_test(t, only_the_first_port_of_a_queue_makes_an_upcall);
    tcase_add_test(t, a_masked_port_waits_outside_until_it_is_unmasked);
    tcase_add_test(t, a_port_without_a_word_has_nothing_to_unmask);
    tcase_add_test(
        t, a_vcpu_without_a_block_gets_its_ports_when_they_are_unmasked);
    tcase_add_test(t,
                   a_tail_that_moves_to_another_queue_leaves_the_old_one_empty);
    tcase_add_test(t, a_new_vcpu_or_priority_counts_from_the_next_signal_on);
    tcase_add_test(t,
                   a_closed_port_is_not_free_before_the_guest_has_unlinked_it);
    tcase_add_test(
        t, a_tail_that_is_closed_and_bound_anew_leaves_its_old_queue_empty);
    tcase_add_test(t, poll_sees_a_masked_pending_port);
    suite_add_tcase(s, t);

    t = tcase_create("array");
    tcase_add_test(t, the_array_grows_by_1024_ports_a_page_up_to_128_pages);
    tcase_add_test(t, queues_have_more_ports_than_two_levels_up_to_the_limit);
    tcase_add_test(t, reset_goes_back_to_two_levels_and_lets_the_frames_go);
    tcase_add_test(t, death_lets_the_frames_go);
    tcase_add_test(t, a_dying_domain_gives_no_frames);
    suite_add_tcase(s, t);
    return s;
}

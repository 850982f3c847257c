/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/core/event/fifo: guests that keep no rule, any order of calls,
 * and CPUs that do not wait for each other.
 */
#include "suite.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <pv-abi/event_channel.h>

#include "domain/domain.h"
#include "event/channel.h"
#include "event/upcall.h"
#include "fake/check.h"
#include "fake/guests.h"
#include "fifo_guest.h"
#include "mm/frame.h"

/* ------------------------------------------------------------- hostile */

START_TEST(a_link_is_written_to_a_word_that_is_busy_already)
{
    struct guest g = guest_with_queues(4);
    evtchn_port_t a = bind_ipi(&g, 0), b = bind_ipi(&g, 0);

    send(&g, a);
    *word(&g, a) |= BUSY;
    send(&g, b);
    ck_assert_uint_eq(*word(&g, a), PENDING | LINKED | b);
    CHECK_TAKEN(&g, 0, a, b, 0);
    end(&g);
}
END_TEST

static void scribble(struct random *r, struct guest *g)
{
    uint32_t *b = (void *)g->d->vcpus[random_below(r, 2)]->event.fifo_block;

    if (random_below(r, 4) == 0)
        b[random_below(r, 18)] = (uint32_t)random_next(r);
    else
        *word(g, (evtchn_port_t)random_below(r, 1024)) =
            (uint32_t)random_next(r);
}

/* A guest may say that a closed port is pending; the check may not. */
static void clear_stray_flags(struct domain *d)
{
    for (evtchn_port_t p = 0; p < d->event.port_count; p++)
        if (!port_find(d, p))
            port_clear(d, p);
}

/*
 * Whatever a guest writes over its words, heads and ready bits, the
 * hypervisor's own state stays sound, and its neighbour's events arrive.
 */
START_TEST(a_guest_that_scribbles_harms_nobody_else)
{
    struct random r = random_start(0x5eed0f1f);
    struct guest g = guest_with_queues(4);
    struct vcpu *v = g.d->vcpus[0], *other = guest_vcpu(g.hv, 0, 0);
    struct evtchn_bind_ipi op = {0};
    evtchn_port_t mine;

    ck_assert_int_eq(call_evtchn(other, EVTCHNOP_bind_ipi, &op, sizeof(op)), 0);
    mine = op.port;
    for (unsigned int i = 0; i < 40; i++)
        bind_ipi(&g, i % 2);
    for (unsigned int i = 0; i < 12000; i++) {
        evtchn_port_t p = (evtchn_port_t)random_below(&r, 60);

        scribble(&r, &g);
        op.vcpu = (uint32_t)random_below(&r, 2);
        switch (random_below(&r, 8)) {
        case 0:
            (void)on_port(v, EVTCHNOP_close, p);
            break;
        case 1:
            (void)call_evtchn(v, EVTCHNOP_bind_ipi, &op, sizeof(op));
            break;
        case 2:
            (void)set_priority(v, p, (uint32_t)random_below(&r, 17));
            break;
        case 3:
            (void)on_port(v, EVTCHNOP_unmask, p);
            break;
        default:
            (void)on_port(v, EVTCHNOP_send, p);
        }
        clear_stray_flags(g.d);
        evtchn_check(g.d);
    }
    ck_assert_int_eq(on_port(other, EVTCHNOP_send, mine), 0);
    ck_assert_uint_eq(guest(g.hv, 0)->shared_info->evtchn_pending[0],
                      1ul << mine);
    end(&g);
}
END_TEST

static bool stop;

/* A vCPU that masks and unmasks a word without end. */
static void *flip(void *arg)
{
    uint32_t *w = arg;

    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        __atomic_fetch_xor(w, MASKED, __ATOMIC_SEQ_CST);
    return NULL;
}

START_TEST(a_tail_that_never_rests_holds_nobody_up)
{
    struct guest g = guest_with_queues(4);
    evtchn_port_t a = bind_ipi(&g, 0), b = bind_ipi(&g, 0);
    pthread_t thread;
    uint32_t tail;

    send(&g, a);
    stop = false;
    ck_assert_int_eq(pthread_create(&thread, NULL, flip, word(&g, a)), 0);
    for (unsigned int i = 0; i < 30000; i++) {
        *word(&g, b) = 0;
        __atomic_fetch_or(word(&g, a), LINKED, __ATOMIC_SEQ_CST);
        g.d->vcpus[0]->event.fifo_tail[7] = a;
        send(&g, b);
        /* Behind it, or, when it could not be, first of a new queue. */
        tail = __atomic_load_n(word(&g, a), __ATOMIC_SEQ_CST);
        ck_assert((tail & EVTCHN_FIFO_LINK_MASK) == b ||
                  g.d->vcpus[0]->event.fifo_block->head[7] == b);
        ck_assert_uint_eq(tail & BUSY, 0);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    end(&g);
}
END_TEST

/* --------------------------------------------------------------- model */

#define MODEL_PORTS 24

/* Which ports wait to be handled, by a naive reference. */
struct model {
    bool pending[MODEL_PORTS + 1], masked[MODEL_PORTS + 1];
};

static void handle(struct guest *g, struct model *m, unsigned int vcpu)
{
    for (const evtchn_port_t *p = take_all(g, vcpu); *p; p++) {
        ck_assert(m->pending[*p] && !m->masked[*p]);
        m->pending[*p] = false;
    }
}

static void model_step(struct random *r, struct guest *g, struct model *m)
{
    evtchn_port_t p = 1 + (evtchn_port_t)random_below(r, MODEL_PORTS);
    struct vcpu *v = g->d->vcpus[0];

    switch (random_below(r, 8)) {
    case 0:
    case 1:
    case 2:
        send(g, p);
        m->pending[p] = true;
        break;
    case 3:
        __atomic_fetch_or(word(g, p), MASKED, __ATOMIC_SEQ_CST);
        m->masked[p] = true;
        break;
    case 4:
        unmask(g, p);
        m->masked[p] = false;
        break;
    case 5:
        ck_assert_int_eq(set_priority(v, p, (uint32_t)random_below(r, 16)), 0);
        break;
    case 6: /* the number may go to an IPI of the other vCPU */
        if (*word(g, p) & LINKED)
            break;
        close_port(g, p);
        ck_assert_uint_eq(bind_ipi(g, (uint32_t)random_below(r, 2)), p);
        m->pending[p] = false;
        break;
    default:
        handle(g, m, (unsigned int)random_below(r, 2));
    }
    evtchn_check(g->d);
}

START_TEST(no_event_is_lost_and_none_comes_twice_whatever_the_order)
{
    struct random r = random_start(0x5eed0f1e);
    struct guest g = guest_with_queues(4);
    struct model m = {0};

    for (unsigned int i = 0; i < MODEL_PORTS; i++)
        bind_ipi(&g, i % 2);
    for (unsigned int i = 0; i < 50000; i++)
        model_step(&r, &g, &m);
    handle(&g, &m, 0);
    handle(&g, &m, 1);
    for (evtchn_port_t p = 1; p <= MODEL_PORTS; p++)
        ck_assert(!m.pending[p] || m.masked[p]);
    end(&g);
}
END_TEST

/* ------------------------------------------------------------- threads */

#define SWITCHES 400

/* The round that is on, and the one in which the peer has signalled. */
static unsigned int round_on, round_done;

static void wait_for(unsigned int *counter, unsigned int value)
{
    while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < value)
        sched_yield();
}

/* dom0 signals on each of its ports once a round. */
static void *signal_each_round(void *arg)
{
    struct guest *g = arg;
    struct effects fx;

    fake_set_cpu(3);
    for (unsigned int i = 1; i <= SWITCHES; i++) {
        wait_for(&round_on, i);
        effects_init(&fx);
        for (evtchn_port_t p = 1; p <= 4; p++)
            ck_assert_int_eq(evtchn_send(guest(g->hv, 0), p, &fx), 0);
        __atomic_store_n(&round_done, i, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void bind_four(struct guest *g, struct effects *fx)
{
    struct domain *dom0 = guest(g->hv, 0);
    evtchn_port_t far, near;

    for (evtchn_port_t p = 1; p <= 4; p++) {
        ck_assert_int_eq(evtchn_alloc_unbound(dom0, 1, &far), 0);
        ck_assert_int_eq(evtchn_bind_interdomain(g->d, dom0, far, &near, fx),
                         0);
        ck_assert_uint_eq(near, p);
        port_clear(g->d, p);
    }
}

/*
 * The sender does not hold the lock of the domain that switches: it may set a
 * bit of the old layout when the switch has looked there already.
 */
START_TEST(a_signal_during_the_switch_is_not_lost)
{
    struct guest g = guest_with_frames(8);
    struct effects fx;
    pthread_t thread;

    fake_set_cpu(0);
    round_on = round_done = 0;
    ck_assert_int_eq(pthread_create(&thread, NULL, signal_each_round, &g), 0);
    for (unsigned int i = 1; i <= SWITCHES; i++) {
        effects_init(&fx);
        bind_four(&g, &fx);
        __atomic_store_n(&round_on, i, __ATOMIC_RELEASE);
        ck_assert_int_eq(fifo_init_control(g.d->vcpus[0], g.frame[0], 0), 0);
        ck_assert_int_eq(fifo_expand(g.d, g.frame[1], &fx), 0);
        wait_for(&round_done, i);
        for (evtchn_port_t p = 1; p <= 4; p++) {
            ck_assert(port_is_pending(g.d, p));
            *word(&g, p) = 0; /* another round finds it unlinked */
        }
        ck_assert_int_eq(evtchn_reset(g.d, &fx), 0);
        ck_assert_int_eq(evtchn_reset(guest(g.hv, 0), &fx), 0);
    }
    pthread_join(thread, NULL);
    end(&g);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("evtchn_fifo_abuse");
    TCase *t = tcase_create("hostile");

    tcase_add_test(t, a_link_is_written_to_a_word_that_is_busy_already);
    tcase_add_test(t, a_guest_that_scribbles_harms_nobody_else);
    tcase_add_test(t, a_tail_that_never_rests_holds_nobody_up);
    suite_add_tcase(s, t);

    t = tcase_create("model");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, no_event_is_lost_and_none_comes_twice_whatever_the_order);
    tcase_add_test(t, a_signal_during_the_switch_is_not_lost);
    suite_add_tcase(s, t);
    return s;
}

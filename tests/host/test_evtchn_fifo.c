/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/core/event/fifo: queues of events, as a guest sees them. The
 * guest here takes ports out as pv-abi/event_channel.h says.
 */
#include "suite.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <pv-abi/event_channel.h>
#include <pv-abi/sched.h>

#include "domain/domain.h"
#include "event/channel.h"
#include "event/fifo.h"
#include "event/upcall.h"
#include "fake/check.h"
#include "fake/guests.h"
#include "mm/frame.h"

#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED  (1u << EVTCHN_FIFO_MASKED)
#define LINKED  (1u << EVTCHN_FIFO_LINKED)
#define BUSY    (1u << EVTCHN_FIFO_BUSY)

/* --------------------------------------------------------------- guest */

/* One guest, its frames, and what it has taken out of its queues so far. */
struct guest {
    struct hv *hv;
    struct domain *d;
    mfn_t frame[140];
    unsigned int frame_count;
    uint32_t head[2][EVTCHN_FIFO_MAX_QUEUES];
};

static int64_t init_control(struct vcpu *v, uint32_t vcpu, mfn_t m,
                            uint32_t offset)
{
    struct evtchn_init_control op = {
        .control_gfn = m.n, .offset = offset, .vcpu = vcpu};
    int64_t rc = call_evtchn(v, EVTCHNOP_init_control, &op, sizeof(op));

    if (rc == 0)
        ck_assert_uint_eq(op.link_bits, 17);
    return rc;
}

static int64_t expand(struct vcpu *v, mfn_t m)
{
    struct evtchn_expand_array op = {.array_gfn = m.n};

    return call_evtchn(v, EVTCHNOP_expand_array, &op, sizeof(op));
}

static int64_t set_priority(struct vcpu *v, evtchn_port_t port,
                            uint32_t priority)
{
    struct evtchn_set_priority op = {.port = port, .priority = priority};

    return call_evtchn(v, EVTCHNOP_set_priority, &op, sizeof(op));
}

static int64_t on_port(struct vcpu *v, uint32_t cmd, evtchn_port_t port)
{
    return call_evtchn(v, cmd, &port, sizeof(port));
}

static int64_t bind_vcpu(struct vcpu *v, evtchn_port_t port, uint32_t vcpu)
{
    struct evtchn_bind_vcpu op = {.port = port, .vcpu = vcpu};

    return call_evtchn(v, EVTCHNOP_bind_vcpu, &op, sizeof(op));
}

static evtchn_port_t bind_ipi(struct guest *g, uint32_t vcpu)
{
    struct evtchn_bind_ipi op = {.vcpu = vcpu};

    ck_assert_int_eq(
        call_evtchn(g->d->vcpus[0], EVTCHNOP_bind_ipi, &op, sizeof(op)), 0);
    return op.port;
}

static void send(struct guest *g, evtchn_port_t port)
{
    ck_assert_int_eq(on_port(g->d->vcpus[0], EVTCHNOP_send, port), 0);
}

static void close_port(struct guest *g, evtchn_port_t port)
{
    ck_assert_int_eq(on_port(g->d->vcpus[0], EVTCHNOP_close, port), 0);
}

static void unmask(struct guest *g, evtchn_port_t port)
{
    ck_assert_int_eq(on_port(g->d->vcpus[0], EVTCHNOP_unmask, port), 0);
}

static uint32_t *word(struct guest *g, evtchn_port_t port)
{
    return &g->d->event.fifo_pages[port / EVTCHN_FIFO_PAGE_WORDS]
                                  [port % EVTCHN_FIFO_PAGE_WORDS];
}

/*
 * Domain 1 of a machine, with two vCPUs and frames; none of them is used. Its
 * own channels serve: what a peer does, an IPI does.
 */
static struct guest guest_with_frames(unsigned int frames)
{
    struct guest g = {.hv = machine_with_memory(4, 2, 2, frames)};

    g.d = guest(g.hv, 1);
    for (uint32_t i = g.d->pages.first; i != FRAME_LIST_END;
         i = g.hv->frames[i].next)
        g.frame[g.frame_count++] = mfn_of(i);
    ck_assert_uint_eq(g.frame_count, frames);
    return g;
}

/* The same with queues of both vCPUs and one page of words. */
static struct guest guest_with_queues(unsigned int frames)
{
    struct guest g = guest_with_frames(frames);
    struct vcpu *v = g.d->vcpus[0];

    ck_assert_int_eq(init_control(v, 0, g.frame[0], 0), 0);
    ck_assert_int_eq(init_control(v, 1, g.frame[0], 72), 0);
    ck_assert_int_eq(expand(v, g.frame[1]), 0);
    return g;
}

static void end(struct guest *g)
{
    guests_end(g->hv);
}

/* Take the first port out of queue q. 0: it was empty, or not to be handled. */
static evtchn_port_t take_from(struct guest *g, unsigned int vcpu,
                               unsigned int q, uint32_t *ready)
{
    struct evtchn_fifo_control_block *b = g->d->vcpus[vcpu]->event.fifo_block;
    uint32_t *head = &g->head[vcpu][q], old;
    evtchn_port_t port = *head ? *head : b->head[q];

    old = __atomic_fetch_and(word(g, port), ~(LINKED | EVTCHN_FIFO_LINK_MASK),
                             __ATOMIC_SEQ_CST);
    *head = old & EVTCHN_FIFO_LINK_MASK;
    if (*head == 0)
        *ready &= ~(1u << q);
    if (!(old & PENDING) || (old & MASKED))
        return 0;
    __atomic_fetch_and(word(g, port), ~PENDING, __ATOMIC_SEQ_CST);
    return port;
}

/* What vCPU takes in one upcall, in order; the list ends with 0. */
static const evtchn_port_t *take_all(struct guest *g, unsigned int vcpu)
{
    static evtchn_port_t taken[4096];
    struct vcpu *v = g->d->vcpus[vcpu];
    uint32_t *shared = &v->event.fifo_block->ready, ready;
    unsigned int n = 0;

    v->event.info->evtchn_upcall_pending = 0;
    ready = __atomic_exchange_n(shared, 0, __ATOMIC_SEQ_CST);
    while (ready) {
        evtchn_port_t port =
            take_from(g, vcpu, (unsigned int)__builtin_ctz(ready), &ready);

        if (port)
            taken[n++] = port;
        ck_assert_uint_lt(n, 4096);
        ready |= __atomic_exchange_n(shared, 0, __ATOMIC_SEQ_CST);
    }
    taken[n] = 0;
    return taken;
}

#define CHECK_TAKEN(g, vcpu, ...)                                              \
    do {                                                                       \
        const evtchn_port_t want_[] = {__VA_ARGS__};                           \
        const evtchn_port_t *got_ = take_all(g, vcpu);                         \
        for (size_t i_ = 0; i_ < sizeof(want_) / sizeof(want_[0]); i_++)       \
            ck_assert_uint_eq(got_[i_], want_[i_]);                            \
    } while (0)

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

    t = tcase_create("hostile");
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

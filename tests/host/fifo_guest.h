/* SPDX-License-Identifier: MIT */
/*
 * A guest with event queues: it makes the calls, and takes ports out as
 * pv-abi/event_channel.h says.
 */
#ifndef HOST_FIFO_GUEST_H
#define HOST_FIFO_GUEST_H

#include "suite.h"

#include <pv-abi/event_channel.h>

#include "fake/guests.h"
#include "mm/frame.h"

#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED  (1u << EVTCHN_FIFO_MASKED)
#define LINKED  (1u << EVTCHN_FIFO_LINKED)
#define BUSY    (1u << EVTCHN_FIFO_BUSY)

/* One guest, its frames, and what it has taken out of its queues so far. */
struct guest {
    struct hv *hv;
    struct domain *d;
    mfn_t frame[140];
    unsigned int frame_count;
    uint32_t head[2][EVTCHN_FIFO_MAX_QUEUES];
};

static inline int64_t init_control(struct vcpu *v, uint32_t vcpu, mfn_t m,
                                   uint32_t offset)
{
    struct evtchn_init_control op = {
        .control_gfn = m.n, .offset = offset, .vcpu = vcpu};
    int64_t rc = call_evtchn(v, EVTCHNOP_init_control, &op, sizeof(op));

    if (rc == 0)
        ck_assert_uint_eq(op.link_bits, 17);
    return rc;
}

static inline int64_t expand(struct vcpu *v, mfn_t m)
{
    struct evtchn_expand_array op = {.array_gfn = m.n};

    return call_evtchn(v, EVTCHNOP_expand_array, &op, sizeof(op));
}

static inline int64_t set_priority(struct vcpu *v, evtchn_port_t port,
                                   uint32_t priority)
{
    struct evtchn_set_priority op = {.port = port, .priority = priority};

    return call_evtchn(v, EVTCHNOP_set_priority, &op, sizeof(op));
}

static inline int64_t on_port(struct vcpu *v, uint32_t cmd, evtchn_port_t port)
{
    return call_evtchn(v, cmd, &port, sizeof(port));
}

static inline int64_t bind_vcpu(struct vcpu *v, evtchn_port_t port,
                                uint32_t vcpu)
{
    struct evtchn_bind_vcpu op = {.port = port, .vcpu = vcpu};

    return call_evtchn(v, EVTCHNOP_bind_vcpu, &op, sizeof(op));
}

static inline evtchn_port_t bind_ipi(struct guest *g, uint32_t vcpu)
{
    struct evtchn_bind_ipi op = {.vcpu = vcpu};

    ck_assert_int_eq(
        call_evtchn(g->d->vcpus[0], EVTCHNOP_bind_ipi, &op, sizeof(op)), 0);
    return op.port;
}

static inline void send(struct guest *g, evtchn_port_t port)
{
    ck_assert_int_eq(on_port(g->d->vcpus[0], EVTCHNOP_send, port), 0);
}

static inline void close_port(struct guest *g, evtchn_port_t port)
{
    ck_assert_int_eq(on_port(g->d->vcpus[0], EVTCHNOP_close, port), 0);
}

static inline void unmask(struct guest *g, evtchn_port_t port)
{
    ck_assert_int_eq(on_port(g->d->vcpus[0], EVTCHNOP_unmask, port), 0);
}

static inline uint32_t *word(struct guest *g, evtchn_port_t port)
{
    return &g->d->event.fifo_pages[port / EVTCHN_FIFO_PAGE_WORDS]
                                  [port % EVTCHN_FIFO_PAGE_WORDS];
}

/*
 * Domain 1 of a machine, with two vCPUs and frames; none of them is used. Its
 * own channels serve: what a peer does, an IPI does.
 */
static inline struct guest guest_with_frames(unsigned int frames)
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
static inline struct guest guest_with_queues(unsigned int frames)
{
    struct guest g = guest_with_frames(frames);
    struct vcpu *v = g.d->vcpus[0];

    ck_assert_int_eq(init_control(v, 0, g.frame[0], 0), 0);
    ck_assert_int_eq(init_control(v, 1, g.frame[0], 72), 0);
    ck_assert_int_eq(expand(v, g.frame[1]), 0);
    return g;
}

static inline void end(struct guest *g)
{
    guests_end(g->hv);
}

/* Take the first port out of queue q. 0: it was empty, or not to be handled. */
static inline evtchn_port_t take_from(struct guest *g, unsigned int vcpu,
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
static inline const evtchn_port_t *take_all(struct guest *g, unsigned int vcpu)
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

#endif

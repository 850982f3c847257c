/* SPDX-License-Identifier: MIT */
/* hypervisor/core/event against a model, without a plan, and by four CPUs. */
#include "evtchn_guest.h"

#include <pthread.h>

#include "event/channel.h"
#include "event/upcall.h"
#include "fake/check.h"

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
    Suite *s = suite_create("evtchn_model");
    TCase *t = tcase_create("model");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, no_event_is_lost_and_none_told_twice_whatever_the_order);
    tcase_add_test(t, random_binding_keeps_the_invariants);
    tcase_add_test(t, four_cpus_bind_send_and_close_at_the_same_time);
    suite_add_tcase(s, t);
    return s;
}

/* SPDX-License-Identifier: MIT */
/* What the suites of domains have in common: made, run, and ended. */
#ifndef HOST_DOMAIN_LIFE_H
#define HOST_DOMAIN_LIFE_H

#include "suite.h"

#include <pv-abi/event_channel.h>

#include "event/channel.h"
#include "fake/world.h"
#include "sched/runqueue.h"

#define FRAMES 512

static const struct domain_config plain = {.max_vcpus = 2,
                                           .max_evtchn_port = 1023,
                                           .max_grant_frames = -1,
                                           .max_maptrack_frames = -1,
                                           .max_pages = 100};
static struct effects fx;

static inline struct domain *create(struct hv *hv, domid_t wanted)
{
    struct domain *d;

    ck_assert_int_eq(domain_create(hv, wanted, &plain, &d), 0);
    domain_put(d);
    return d;
}

static inline void destroy(struct domain *d)
{
    effects_init(&fx);
    ck_assert_int_eq(domain_destroy(d, &fx), 0);
}

/* Let vCPU 0 of d run on the CPU it was given. */
static inline unsigned int run(struct hv *hv, struct domain *d)
{
    struct vcpu *v = d->vcpus[0];

    effects_init(&fx);
    vcpu_up(v, 0, &fx);
    ck_assert_int_eq(domain_unpause(d, &fx), 0);
    for (unsigned int cpu = 1; cpu < WORLD_CPUS; cpu++) {
        world_schedule(hv, cpu);
        if (hv->cpus[cpu].current == v)
            return cpu;
    }
    ck_abort_msg("no CPU takes it");
    return 0;
}

static inline bool dom0_was_told(struct hv *hv)
{
    uint64_t *pending = &hv->dom0->shared_info->evtchn_pending[0];
    evtchn_port_t port = hv->dom0->vcpus[0]->event.virq_to_port[VIRQ_DOM_EXC];
    bool told = port != 0 && (*pending >> port & 1);

    *pending = 0;
    return told;
}

static inline void listen_to_exits(struct hv *hv)
{
    struct evtchn_bind_virq *op = fake_guest(WORLD_ARG);

    *op = (struct evtchn_bind_virq){.virq = VIRQ_DOM_EXC};
    effects_init(&fx);
    ck_assert_int_eq(do_event_channel_op(hv->dom0->vcpus[0], EVTCHNOP_bind_virq,
                                         (guest_ptr_t){WORLD_ARG}, &fx),
                     0);
}

#endif

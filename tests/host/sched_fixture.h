/* SPDX-License-Identifier: MIT */
/* What happens to vCPUs in tests of the scheduler: each, and the way out. */
#ifndef TESTS_SCHED_FIXTURE_H
#define TESTS_SCHED_FIXTURE_H

#include "domain/domain.h"
#include "fake/check.h"
#include "fake/guests.h"
#include "sched/clock.h"
#include "sched/runqueue.h"
#include "suite.h"

#define MS 1000000ul

static inline uint64_t run_time(struct hv *hv, domid_t id, unsigned int vcpu)
{
    return vcpu_run_time(guest_vcpu(hv, id, vcpu), fake.now_ns);
}

static inline void wake(struct vcpu *v)
{
    struct effects fx;

    effects_init(&fx);
    vcpu_wake(v, fake.now_ns, &fx);
    guests_exit(v->d->hv, &fx);
}

/* v, which runs, goes to sleep. */
static inline void block(struct vcpu *v)
{
    struct effects fx;

    enter_from(v);
    effects_init(&fx);
    vcpu_block(v, &fx);
    guests_exit(v->d->hv, &fx);
}

/* Until v has its turn. */
static inline void wait_for(struct vcpu *v)
{
    while (!is_running(v))
        guests_run(v->d->hv, fake.now_ns + MS, MS, NULL);
}

static inline void pause(struct vcpu *v)
{
    struct effects fx;

    effects_init(&fx);
    vcpu_pause(v, &fx);
    guests_exit(v->d->hv, &fx);
}

static inline void unpause(struct vcpu *v)
{
    struct effects fx;

    effects_init(&fx);
    vcpu_unpause(v, &fx);
    guests_exit(v->d->hv, &fx);
}

static inline void set_affinity(struct vcpu *v, uint64_t hard, uint64_t soft)
{
    struct effects fx;

    effects_init(&fx);
    ck_assert_int_eq(
        vcpu_set_affinity(v, (cpumask_t){hard}, (cpumask_t){soft}, &fx), 0);
    guests_exit(v->d->hv, &fx);
}

static inline bool within(uint64_t value, uint64_t expected,
                          unsigned int percent)
{
    return value * 100 >= expected * (100 - percent) &&
           value * 100 <= expected * (100 + percent);
}

#endif

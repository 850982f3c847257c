/* SPDX-License-Identifier: MIT */
#include "domain/domain.h"

#include "errno.h"

#include <pv-abi/event_channel.h>

#include "event/channel.h"
#include "grant/grant.h"
#include "mm/calls.h"
#include "sched/runqueue.h"

/* Every vCPU's registers are in memory; until then the CPUs are asked. */
static int step_quiet(struct domain *d, struct effects *fx)
{
    return domain_is_quiet(d) ? 0 : -ERESTART;
}

static int step_timers(struct domain *d, struct effects *fx)
{
    domain_sched_destroy(d);
    return 0;
}

/*
 * In this order: a port or a grant of the dying domain can be used by others
 * until it is gone, and both hold references on its frames.
 */
static int (*const steps[])(struct domain *d, struct effects *fx) = {
    step_quiet,           step_timers,           domain_event_destroy,
    domain_grant_destroy, domain_release_memory,
};

/*
 * From alive to dying, once. Whoever would take something for d looks at
 * d->dying under the lock that teardown takes later to give it back.
 */
static int begin(struct domain *d, struct effects *fx)
{
    struct vcpu *v;

    spin_guard(&d->lock);
    if (d->dying == DOMAIN_ALIVE) {
        d->dying = DOMAIN_DYING;
        domain_for_each_vcpu (d, v)
            vcpu_pause(v, fx);
    }
    if (d->teardown_busy)
        return -ERESTART;
    d->teardown_busy = true;
    return 0;
}

static int run_steps(struct domain *d, struct effects *fx)
{
    while (d->teardown_step < ARRAY_SIZE(steps)) {
        int error = steps[d->teardown_step](d, fx);

        if (error)
            return error;
        d->teardown_step++;
    }
    return 0;
}

int domain_destroy(struct domain *d, struct effects *fx)
{
    bool finished;
    int error;

    if (d->privileged)
        return -EINVAL;
    error = begin(d, fx);
    if (error)
        return error;

    error = run_steps(d, fx);
    spin_lock(&d->lock);
    d->teardown_busy = false;
    finished = error == 0 && d->dying == DOMAIN_DYING;
    if (finished)
        d->dying = DOMAIN_DEAD;
    spin_unlock(&d->lock);
    if (finished)
        virq_raise_global(d->hv, VIRQ_DOM_EXC, fx);
    return error;
}

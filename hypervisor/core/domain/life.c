/* SPDX-License-Identifier: MIT */
#include "domain/domain.h"

#include <stdarg.h>
#include <string.h>

#include "errno.h"

#include <pv-abi/sched.h>

#include "event/channel.h"
#include "grant/grant.h"
#include "hal.h"
#include "mm/calls.h"
#include "printf.h"
#include "sched/runqueue.h"

static void pause_vcpus(struct domain *d, struct effects *fx)
{
    struct vcpu *v;

    domain_for_each_vcpu (d, v)
        vcpu_pause(v, fx);
}

static void unpause_vcpus(struct domain *d, struct effects *fx)
{
    struct vcpu *v;

    domain_for_each_vcpu (d, v)
        vcpu_unpause(v, fx);
}

int domain_pause(struct domain *d, struct effects *fx)
{
    spin_guard(&d->lock);
    if (d->pause_count == UINT32_MAX)
        return -EINVAL;
    if (d->pause_count++ == 0)
        pause_vcpus(d, fx);
    return 0;
}

int domain_unpause(struct domain *d, struct effects *fx)
{
    spin_guard(&d->lock);
    if (d->pause_count == 0)
        return -EINVAL;
    if (--d->pause_count == 0) {
        d->creation_finished = true;
        unpause_vcpus(d, fx);
    }
    return 0;
}

bool domain_is_quiet(const struct domain *d)
{
    struct vcpu *v;

    domain_for_each_vcpu (d, v)
        if (!vcpu_is_quiet(v))
            return false;
    return true;
}

/* dom0 is the machine's reason to run. */
static void end_machine(const struct domain *d)
{
    switch (d->shutdown_code) {
    case SHUTDOWN_poweroff:
        hv_printf(LOG_INFO, "dom0 has shut down: power off\n");
        hal_power(HAL_POWER_OFF);
    case SHUTDOWN_crash:
        if (d->hv->machine.noreboot) {
            hv_printf(LOG_ERROR, "dom0 has crashed: no reset (noreboot)\n");
            return;
        }
        hv_printf(LOG_ERROR, "dom0 has crashed: reset\n");
        break;
    default:
        hv_printf(LOG_INFO, "dom0 has shut down: reset\n");
        break;
    }
    hal_power(HAL_RESET);
}

/*
 * The first shutdown counts. reason: of a crash, which has its own code;
 * NULL: a shutdown, whose code SCHEDOP_shutdown_code may have given before.
 */
static void end(struct domain *d, uint32_t code, const char *reason,
                struct effects *fx)
{
    bool first;

    spin_lock(&d->lock);
    first = !d->shut_down;
    if (first) {
        d->shut_down = true;
        if (reason || d->shutdown_code == DOMAIN_NO_SHUTDOWN_CODE)
            d->shutdown_code = code & 0xff;
        if (reason)
            memcpy(d->crash_reason, reason, strlen(reason) + 1);
        pause_vcpus(d, fx);
    }
    spin_unlock(&d->lock);
    if (!first)
        return;
    if (reason)
        hv_printf(LOG_ERROR, "dom%u crashed: %s\n", d->domid, reason);
    if (d->privileged)
        end_machine(d);
    virq_raise_global(d->hv, VIRQ_DOM_EXC, fx);
}

void domain_shutdown(struct domain *d, uint32_t code, struct effects *fx)
{
    end(d, code, NULL, fx);
}

void domain_crash(struct domain *d, struct effects *fx, const char *fmt, ...)
{
    char reason[sizeof(d->crash_reason)];
    va_list args;

    va_start(args, fmt);
    hv_vsnprintf(reason, sizeof(reason), fmt, args);
    va_end(args);
    end(d, SHUTDOWN_crash, reason, fx);
}

int domain_resume(struct domain *d, struct effects *fx)
{
    spin_guard(&d->lock);
    if (!d->shut_down || d->dying != DOMAIN_ALIVE)
        return -EINVAL;
    d->shut_down = false;
    d->shutdown_code = DOMAIN_NO_SHUTDOWN_CODE;
    unpause_vcpus(d, fx);
    return 0;
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
    step_timers,
    domain_event_destroy,
    domain_grant_destroy,
    domain_release_memory,
};

/*
 * From alive to dying, once. Whoever would take something for d looks at
 * d->dying under the lock that teardown takes later to give it back.
 */
static int begin(struct domain *d, struct effects *fx)
{
    spin_guard(&d->lock);
    if (d->dying == DOMAIN_ALIVE) {
        d->dying = DOMAIN_DYING;
        pause_vcpus(d, fx);
    }
    if (d->teardown_busy)
        return -ERESTART;
    d->teardown_busy = true;
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

    /* Every vCPU's registers are in memory; until then the CPUs are asked. */
    if (!domain_is_quiet(d))
        error = -ERESTART;
    while (!error && d->teardown_step < ARRAY_SIZE(steps)) {
        error = steps[d->teardown_step](d, fx);
        if (!error)
            d->teardown_step++;
    }
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

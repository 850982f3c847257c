/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include <pv-abi/sched.h>

#include "domain/domain.h"
#include "event/channel.h"
#include "event/upcall.h"
#include "hal.h"
#include "sched/clock.h"
#include "sched/runqueue.h"
#include "sched/timer.h"
#include "speculation.h"

#define NS_PER_S 1000000000ull

static int64_t op_yield(struct vcpu *v, guest_ptr_t arg, struct effects *fx)
{
    vcpu_yield(v, fx);
    return 0;
}

/* Something has come that v must see before it may sleep. */
static bool has_work(const struct vcpu *v)
{
    return vcpu_upcall_wanted(v) ||
           (v->entry.nmi_pending && !v->entry.nmi_masked);
}

/* An event that comes between the look and the sleep finds v blocked. */
static int64_t op_block(struct vcpu *v, guest_ptr_t arg, struct effects *fx)
{
    vcpu_mask_upcalls(v, false);
    vcpu_block(v, fx);
    if (has_work(v))
        vcpu_wake(v, hal_now_ns(), fx);
    return 0;
}

static int64_t op_shutdown(struct vcpu *v, guest_ptr_t arg, struct effects *fx)
{
    struct sched_shutdown op;

    if (hal_copy_from_guest(&op, arg.va, sizeof(op)))
        return -EFAULT;
    domain_shutdown(v->d, op.reason, fx);
    return 0;
}

static bool any_pending(struct domain *d, const evtchn_port_t *ports,
                        unsigned int count)
{
    for (unsigned int i = 0; i < count; i++)
        if (port_is_pending(d, ports[i]))
            return true;
    return false;
}

/*
 * Sleep first, say on which ports, and then look: whoever raises one of them
 * does it the other way round. An old time-out may still be armed.
 */
static void poll_ports(struct vcpu *v, const evtchn_port_t *ports,
                       unsigned int count, uint64_t timeout_ns,
                       struct effects *fx)
{
    int on = count == 1 ? (int)ports[0] : -1;

    if (timeout_ns != 0)
        timer_arm(v->d->hv, &v->time.poll, hal_cpu(), timeout_ns, fx);
    else
        timer_disarm(v->d->hv, &v->time.poll);
    vcpu_block(v, fx);
    if (__atomic_exchange_n(&v->event.polling, on, __ATOMIC_SEQ_CST) == 0)
        __atomic_fetch_add(&v->d->event.pollers, 1, __ATOMIC_SEQ_CST);
    if (has_work(v) || any_pending(v->d, ports, count))
        vcpu_kick(v, fx);
}

static int64_t op_poll(struct vcpu *v, guest_ptr_t arg, struct effects *fx)
{
    evtchn_port_t ports[SCHED_POLL_MAX_PORTS];
    struct sched_poll op;

    if (hal_copy_from_guest(&op, arg.va, sizeof(op)))
        return -EFAULT;
    if (op.nr_ports > SCHED_POLL_MAX_PORTS)
        return -EINVAL;
    if (hal_copy_from_guest(ports, op.ports.va, op.nr_ports * sizeof(ports[0])))
        return -EFAULT;
    for (unsigned int i = 0; i < op.nr_ports; i++)
        if (!evtchn_exists(v->d, ports[i]))
            return -EINVAL;
    poll_ports(v, ports, op.nr_ports, op.timeout, fx);
    return 0;
}

static int64_t op_remote_shutdown(struct vcpu *v, guest_ptr_t arg,
                                  struct effects *fx)
{
    struct sched_remote_shutdown op;
    struct domain *d;

    if (hal_copy_from_guest(&op, arg.va, sizeof(op)))
        return -EFAULT;
    if (!v->d->privileged)
        return -EPERM;
    d = domain_find(v->d->hv, op.domain_id);
    if (!d)
        return -ESRCH;
    domain_shutdown(d, op.reason, fx);
    domain_put(d);
    return 0;
}

static int64_t op_shutdown_code(struct vcpu *v, guest_ptr_t arg,
                                struct effects *fx)
{
    struct sched_shutdown op;

    if (hal_copy_from_guest(&op, arg.va, sizeof(op)))
        return -EFAULT;
    spin_guard(&v->d->lock);
    if (v->d->shutdown_code == DOMAIN_NO_SHUTDOWN_CODE)
        v->d->shutdown_code = op.reason & 0xff;
    return 0;
}

static int64_t op_pin_override(struct vcpu *v, guest_ptr_t arg,
                               struct effects *fx)
{
    struct sched_pin_override op;

    if (!v->d->privileged)
        return -EPERM;
    if (hal_copy_from_guest(&op, arg.va, sizeof(op)))
        return -EFAULT;
    return vcpu_pin(v, op.pcpu, fx);
}

/* ----------------------------------------------------------- watchdogs */

static void fire_watchdog(struct timer *t, uint64_t now_ns, struct effects *fx)
{
    struct domain_watchdog *w = container_of(t, struct domain_watchdog, timer);

    domain_shutdown(w->d, SHUTDOWN_watchdog, fx);
}

void domain_sched_init(struct domain *d)
{
    for (unsigned int i = 0; i < DOMAIN_WATCHDOGS; i++) {
        timer_init(&d->watchdogs[i].timer, fire_watchdog);
        d->watchdogs[i].d = d;
    }
    cap_init(d);
}

void domain_sched_destroy(struct domain *d)
{
    for (unsigned int i = 0; i < DOMAIN_WATCHDOGS; i++)
        timer_stop(d->hv, &d->watchdogs[i].timer);
    timer_stop(d->hv, &d->cap.timer);
}

/* d->lock is held. Returns the id of a new watchdog, 0 for a known one. */
static int set_watchdog(struct domain *d, struct sched_watchdog op,
                        struct effects *fx)
{
    bool fresh = op.id == 0;
    struct domain_watchdog *w;

    if (op.id > DOMAIN_WATCHDOGS || (fresh && op.timeout == 0))
        return -EINVAL;
    if (fresh) {
        while (op.id < DOMAIN_WATCHDOGS && d->watchdogs[op.id].in_use)
            op.id++;
        if (op.id++ == DOMAIN_WATCHDOGS)
            return -ENOSPC;
    }
    w = &d->watchdogs[index_masked(op.id - 1, DOMAIN_WATCHDOGS)];
    if (!fresh && !w->in_use)
        return -EEXIST;
    w->in_use = op.timeout != 0;
    if (w->in_use)
        timer_arm(d->hv, &w->timer, hal_cpu(),
                  hal_now_ns() + op.timeout * NS_PER_S, fx);
    else
        timer_disarm(d->hv, &w->timer);
    return fresh ? (int)op.id : 0;
}

static int64_t op_watchdog(struct vcpu *v, guest_ptr_t arg, struct effects *fx)
{
    struct domain *d = v->d;
    struct sched_watchdog op;

    if (hal_copy_from_guest(&op, arg.va, sizeof(op)))
        return -EFAULT;
    spin_guard(&d->lock);
    return d->dying ? -EINVAL : set_watchdog(d, op, fx);
}

/* -------------------------------------------------------- the hypercall */

int64_t do_sched_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                    struct effects *fx)
{
    switch (cmd) {
#define SCHED_OP(nr, name, type, direction, doc)                               \
    case nr:                                                                   \
        return op_##name(v, arg, fx);
#define SCHED_OP_REFUSED(nr, name, error, doc)                                 \
    case nr:                                                                   \
        return -error;
#include <pv-abi/sched_ops.def>
    default:
        return -ENOSYS;
    }
}

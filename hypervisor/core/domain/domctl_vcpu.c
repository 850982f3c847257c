/* SPDX-License-Identifier: MIT */
/* Operations on a domain's vCPUs, and sets of CPUs and nodes. */
#include "errno.h"

#include "domain/control.h"
#include "domain/entry_calls.h"
#include "domain/vcpu_context.h"
#include "hal.h"
#include "mm/alloc.h"
#include "sched/runqueue.h"

/* What allocating one vCPU costs of the budget. */
#define VCPU_COST 64

int64_t domctl_max_vcpus(struct control_call *c)
{
    struct domain *d = c->d;

    if (d == c->v->d || c->domctl.u.max_vcpus.max != d->max_vcpus)
        return -EINVAL;
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        int error;

        if (domain_vcpu(d, i))
            continue;
        if (c->fx->budget <= 0)
            return -ERESTART;
        spin_lock(&d->lock);
        error = vcpu_create(d, i);
        spin_unlock(&d->lock);
        if (error)
            return error;
        effects_spend(c->fx, VCPU_COST);
    }
    return 0;
}

int64_t domctl_getvcpuinfo(struct control_call *c)
{
    struct xen_domctl_getvcpuinfo *info = &c->domctl.u.getvcpuinfo;
    struct vcpu *v = domain_vcpu(c->d, info->vcpu);

    if (!v)
        return -EINVAL;
    *info = (struct xen_domctl_getvcpuinfo){
        .vcpu = v->id,
        .online = vcpu_is_online(v),
        .blocked = v->sched.run == VCPU_BLOCKED,
        .running = v->sched.run == VCPU_RUNNING,
        .cpu_time = vcpu_run_time(v, hal_now_ns()),
        .cpu = v->sched.cpu,
    };
    return 0;
}

int64_t domctl_sendtrigger(struct control_call *c)
{
    const struct xen_domctl_sendtrigger *op = &c->domctl.u.sendtrigger;
    struct vcpu *v = domain_vcpu(c->d, op->vcpu);

    if (!v)
        return -ESRCH;
    switch (op->trigger) {
    case XEN_DOMCTL_SENDTRIGGER_NMI:
        vcpu_send_nmi(v, c->fx);
        return 0;
    case XEN_DOMCTL_SENDTRIGGER_POWER:
    case XEN_DOMCTL_SENDTRIGGER_SLEEP:
        return -EINVAL;
    default:
        return -ENOSYS;
    }
}

/*
 * Hold v still: it must be off its CPU before its registers are looked at,
 * which takes until that CPU has heard of it. The pause stays over restarts;
 * another call may end it in between, but not under one that looks.
 * Returns 0 or -ERESTART.
 */
static int hold(struct vcpu *v, struct effects *fx)
{
    bool quiet;

    spin_guard(&v->d->lock);
    if (!v->context_paused) {
        v->context_paused = true;
        vcpu_pause(v, fx);
    }
    quiet = vcpu_is_quiet(v);
    v->context_users += quiet;
    return quiet ? 0 : -ERESTART;
}

static void release(struct vcpu *v, bool again, struct effects *fx)
{
    spin_guard(&v->d->lock);
    v->context_users--;
    if (v->context_users == 0 && !again) {
        v->context_paused = false;
        vcpu_unpause(v, fx);
    }
}

/* Set v's context from, or get it to, the guest's memory; set NULL: reset. */
static int move_context(struct vcpu *v, bool set, guest_ptr_t at,
                        struct effects *fx)
{
    struct vcpu_guest_context *context;
    int error = -EFAULT;

    if (set && at.va == 0) {
        vcpu_reset(v, fx);
        return 0;
    }
    context = hv_alloc(v->d->hv, sizeof(*context));
    if (!context)
        return -ENOMEM;
    if (!set) {
        error = vcpu_get_context(v, context);
        if (!error && hal_copy_to_guest(at.va, context, sizeof(*context)))
            error = -EFAULT;
    } else if (!hal_copy_from_guest(context, at.va, sizeof(*context))) {
        error = vcpu_set_context(v, context, fx);
    }
    hv_free(v->d->hv, context, sizeof(*context));
    return error;
}

static int64_t context_op(struct control_call *c, bool set)
{
    const struct xen_domctl_vcpucontext *op = &c->domctl.u.vcpucontext;
    struct vcpu *v = domain_vcpu(c->d, op->vcpu);
    int error;

    if (!v || c->d == c->v->d || (set && c->d->dying != DOMAIN_ALIVE))
        return -EINVAL;
    error = hold(v, c->fx);
    if (error)
        return error;
    error = move_context(v, set, op->ctxt, c->fx);
    release(v, error == -ERESTART, c->fx);
    return error;
}

int64_t domctl_setvcpucontext(struct control_call *c)
{
    return context_op(c, true);
}

int64_t domctl_getvcpucontext(struct control_call *c)
{
    return context_op(c, false);
}

/* The set of *map, or what it was, in *set. */
static int read_set(const struct xenctl_bitmap *map, bool given, cpumask_t *set)
{
    return given ? bitmap_read(map, &set->bits) : 0;
}

/* Tells what has come of it: of hard what is online, of soft what is hard. */
int64_t domctl_setvcpuaffinity(struct control_call *c)
{
    struct xen_domctl_vcpuaffinity *op = &c->domctl.u.vcpuaffinity;
    struct vcpu *v = domain_vcpu(c->d, op->vcpu);
    unsigned int cpus = c->d->hv->machine.cpu_count;
    bool is_hard = op->flags & XEN_VCPUAFFINITY_HARD;
    bool is_soft = op->flags & XEN_VCPUAFFINITY_SOFT;
    cpumask_t hard, soft;
    int error;

    if (!v || !(is_hard || is_soft))
        return -EINVAL;
    hard = cpumask_read(&v->sched.hard);
    soft = cpumask_read(&v->sched.soft);
    error = read_set(&op->cpumap_hard, is_hard, &hard);
    if (!error)
        error = read_set(&op->cpumap_soft, is_soft, &soft);
    hard = cpumask_and(hard, c->d->hv->online);
    if (!error && cpumask_is_empty(hard))
        error = -EINVAL;
    if (!error && is_hard)
        error = bitmap_write(&op->cpumap_hard, hard.bits, cpus);
    if (!error && is_soft)
        error =
            bitmap_write(&op->cpumap_soft, cpumask_and(soft, hard).bits, cpus);
    /* From here on nothing can fail. */
    if (!error)
        error = vcpu_set_affinity(v, hard, soft, c->fx);
    if (!error && (op->flags & XEN_VCPUAFFINITY_FORCE))
        error = vcpu_pin(v, -1, c->fx);
    return error;
}

int64_t domctl_getvcpuaffinity(struct control_call *c)
{
    struct xen_domctl_vcpuaffinity *op = &c->domctl.u.vcpuaffinity;
    struct vcpu *v = domain_vcpu(c->d, op->vcpu);
    unsigned int cpus = c->d->hv->machine.cpu_count;
    int error = 0;

    if (!v || !(op->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)))
        return -EINVAL;
    if (op->flags & XEN_VCPUAFFINITY_HARD)
        error = bitmap_write(&op->cpumap_hard,
                             cpumask_read(&v->sched.hard).bits, cpus);
    if (!error && (op->flags & XEN_VCPUAFFINITY_SOFT))
        error = bitmap_write(&op->cpumap_soft,
                             cpumask_read(&v->sched.soft).bits, cpus);
    return error;
}

int64_t domctl_getnodeaffinity(struct control_call *c)
{
    return bitmap_write(&c->domctl.u.nodeaffinity.nodemap, 1, 1);
}

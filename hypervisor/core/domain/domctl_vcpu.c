/* SPDX-License-Identifier: MIT */
/* Operations on a domain's vCPUs, and sets of CPUs and nodes. */
#include <string.h>

#include "errno.h"

#include <pv-abi/arch.h>

#include "domain/bitmap_arg.h"
#include "domain/domctl_call.h"
#include "domain/vcpu_context.h"
#include "hal.h"
#include "mm/alloc.h"
#include "sched/runqueue.h"

/* What allocating one vCPU costs of the budget. */
#define VCPU_COST 64

int64_t domctl_max_vcpus(struct domctl_call *c)
{
    struct domain *d = c->d;

    if (d == c->v->d || c->op->u.max_vcpus.max != d->max_vcpus)
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

int64_t domctl_getvcpuinfo(struct domctl_call *c)
{
    struct xen_domctl_getvcpuinfo *info = &c->op->u.getvcpuinfo;
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

/* ----------------------------------------------------------------- context */

/*
 * Hold v still: it must be off its CPU before its registers are looked at,
 * which takes until that CPU has heard of it. The pause stays over restarts.
 * Returns 0 or -ERESTART.
 */
static int hold(struct vcpu *v, struct effects *fx)
{
    spin_lock(&v->d->lock);
    if (!v->context_paused) {
        v->context_paused = true;
        vcpu_pause(v, fx);
    }
    spin_unlock(&v->d->lock);
    return vcpu_is_quiet(v) ? 0 : -ERESTART;
}

static void release(struct vcpu *v, struct effects *fx)
{
    spin_lock(&v->d->lock);
    if (v->context_paused) {
        v->context_paused = false;
        vcpu_unpause(v, fx);
    }
    spin_unlock(&v->d->lock);
}

static int copy_and_set(struct vcpu *v, guest_ptr_t from, struct effects *fx)
{
    struct vcpu_guest_context *context;
    int error;

    if (from.va == 0) {
        vcpu_reset(v, fx);
        return 0;
    }
    context = hv_alloc(v->d->hv, sizeof(*context));
    if (!context)
        return -ENOMEM;
    error = -EFAULT;
    if (!hal_copy_from_guest(context, from.va, sizeof(*context)))
        error = vcpu_set_context(v, context, fx);
    hv_free(v->d->hv, context, sizeof(*context));
    return error;
}

static int get_and_copy(struct vcpu *v, guest_ptr_t to)
{
    struct vcpu_guest_context *context;
    int error;

    context = hv_alloc(v->d->hv, sizeof(*context));
    if (!context)
        return -ENOMEM;
    error = vcpu_get_context(v, context);
    if (!error && hal_copy_to_guest(to.va, context, sizeof(*context)))
        error = -EFAULT;
    hv_free(v->d->hv, context, sizeof(*context));
    return error;
}

/* The vCPU of a context operation, or NULL: none, or the caller's own. */
static struct vcpu *context_vcpu(const struct domctl_call *c)
{
    return c->d == c->v->d ? NULL
                           : domain_vcpu(c->d, c->op->u.vcpucontext.vcpu);
}

int64_t domctl_setvcpucontext(struct domctl_call *c)
{
    struct vcpu *v = context_vcpu(c);
    int error;

    if (!v || c->d->dying != DOMAIN_ALIVE)
        return -EINVAL;
    error = hold(v, c->fx);
    if (!error)
        error = copy_and_set(v, c->op->u.vcpucontext.ctxt, c->fx);
    if (error != -ERESTART)
        release(v, c->fx);
    return error;
}

int64_t domctl_getvcpucontext(struct domctl_call *c)
{
    struct vcpu *v = context_vcpu(c);
    int error;

    if (!v)
        return -EINVAL;
    error = hold(v, c->fx);
    if (!error)
        error = get_and_copy(v, c->op->u.vcpucontext.ctxt);
    if (error != -ERESTART)
        release(v, c->fx);
    return error;
}

/* ---------------------------------------------------------------- affinity */

int64_t domctl_setvcpuaffinity(struct domctl_call *c)
{
    struct xen_domctl_vcpuaffinity *op = &c->op->u.vcpuaffinity;
    struct vcpu *v = domain_vcpu(c->d, op->vcpu);
    uint64_t wish = ~0ul;
    int error = 0;

    if (!v || !(op->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)))
        return -EINVAL;
    if (op->flags & XEN_VCPUAFFINITY_HARD) {
        error = bitmap_read(&op->cpumap_hard, &wish);
        if (!error)
            error = vcpu_set_affinity(v, (cpumask_t){wish}, c->fx);
    }
    if (error)
        return error;
    return domctl_getvcpuaffinity(c);
}

/* There is no soft affinity: every CPU is as good as another. */
int64_t domctl_getvcpuaffinity(struct domctl_call *c)
{
    struct xen_domctl_vcpuaffinity *op = &c->op->u.vcpuaffinity;
    struct vcpu *v = domain_vcpu(c->d, op->vcpu);
    unsigned int cpus = c->d->hv->machine.cpu_count;
    int error = 0;

    if (!v || !(op->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)))
        return -EINVAL;
    if (op->flags & XEN_VCPUAFFINITY_HARD)
        error = bitmap_write(&op->cpumap_hard, v->sched.hard.bits, cpus);
    if (!error && (op->flags & XEN_VCPUAFFINITY_SOFT))
        error = bitmap_write(&op->cpumap_soft, ~0ul, cpus);
    return error;
}

int64_t domctl_getnodeaffinity(struct domctl_call *c)
{
    return bitmap_write(&c->op->u.nodeaffinity.nodemap, 1, 1);
}

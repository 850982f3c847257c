/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include <pv-abi/arch.h>
#include <pv-abi/sched.h>
#include <pv-abi/vcpu.h>

#include "domain/domain.h"
#include "domain/entry_calls.h"
#include "domain/vcpu_context.h"
#include "event/upcall.h"
#include "hal.h"
#include "mm/alloc.h"
#include "sched/clock.h"
#include "sched/runqueue.h"

/* One call: target is a vCPU of d, perhaps the calling one itself. */
struct call {
    struct domain *d;
    struct vcpu *target;
    bool self;
    uint64_t arg; /* guest address */
    struct effects *fx;
};

/* The context is too large for a stack. */
static int64_t op_initialise(const struct call *c)
{
    struct hv *hv = c->d->hv;
    struct vcpu_guest_context *context = hv_alloc(hv, sizeof(*context));
    int rc;

    if (!context)
        return -ENOMEM;
    rc = hal_copy_from_guest(context, c->arg, sizeof(*context));
    if (!rc)
        rc = vcpu_initialise(c->target, context, c->fx);
    hv_free(hv, context, sizeof(*context));
    return rc;
}

static int64_t op_up(const struct call *c)
{
    spin_guard(&c->d->lock);
    if (!c->target->initialised)
        return -EINVAL;
    vcpu_up(c->target, hal_now_ns(), c->fx);
    return 0;
}

/* The last vCPU that is online does not stop: the domain does. */
static int64_t op_down(const struct call *c)
{
    struct vcpu *other;
    bool last;

    spin_lock(&c->d->lock);
    last = vcpu_is_online(c->target);
    domain_for_each_vcpu (c->d, other) {
        if (other != c->target && vcpu_is_online(other))
            last = false;
    }
    if (!last)
        vcpu_down(c->target, c->fx);
    spin_unlock(&c->d->lock);
    if (last)
        domain_shutdown(c->d, SHUTDOWN_poweroff, c->fx);
    return 0;
}

static int64_t op_is_up(const struct call *c)
{
    return vcpu_is_online(c->target);
}

/* ---------------------------------------------------------------- areas */

static int64_t op_get_runstate_info(const struct call *c)
{
    struct vcpu_runstate_info r = vcpu_runstate(c->target, hal_now_ns());

    return hal_copy_to_guest(c->arg, &r, sizeof(r)) ? -EFAULT : 0;
}

/*
 * Both structs are one address. The area itself may be absent now: it is
 * tried again and again.
 */
static int64_t register_area(const struct call *c, struct vcpu_area *area)
{
    uint64_t va;

    if (hal_copy_from_guest(&va, c->arg, sizeof(va)))
        return -EFAULT;
    *area = (struct vcpu_area){.guest_va = va, .stale = va != 0};
    if (c->self)
        vcpu_publish(c->target);
    return 0;
}

_Static_assert(sizeof(struct vcpu_register_runstate_memory_area) == 8 &&
                   sizeof(struct vcpu_register_time_memory_area) == 8,
               "an area is registered by its address alone");

static int64_t op_register_runstate_memory_area(const struct call *c)
{
    return register_area(c, &c->target->sched.area);
}

static int64_t op_register_vcpu_time_memory_area(const struct call *c)
{
    return register_area(c, &c->target->time.area);
}

static int64_t op_register_vcpu_info(const struct call *c)
{
    struct vcpu_register_vcpu_info op;

    if (hal_copy_from_guest(&op, c->arg, sizeof(op)))
        return -EFAULT;
    /* d->lock keeps another vCPU from starting the target meanwhile. */
    spin_guard(&c->d->lock);
    if (!c->self && vcpu_is_online(c->target))
        return -EINVAL;
    return vcpu_register_info(c->target, mfn_of(op.mfn), op.offset, c->fx);
}

/* --------------------------------------------------------------- timers */

static int64_t op_set_periodic_timer(const struct call *c)
{
    struct vcpu_set_periodic_timer op;

    if (hal_copy_from_guest(&op, c->arg, sizeof(op)))
        return -EFAULT;
    if (op.period_ns == 0)
        return -EINVAL;
    return clock_set_periodic(c->target, op.period_ns, c->self, c->fx);
}

static int64_t op_stop_periodic_timer(const struct call *c)
{
    return clock_set_periodic(c->target, 0, c->self, c->fx);
}

static int64_t op_set_singleshot_timer(const struct call *c)
{
    struct vcpu_set_singleshot_timer op;

    if (!c->self)
        return -EINVAL;
    if (hal_copy_from_guest(&op, c->arg, sizeof(op)))
        return -EFAULT;
    /* The ABI counts in signed numbers: the upper half is long past. */
    if ((int64_t)op.timeout_abs_ns < 0)
        op.timeout_abs_ns = 0;
    timer_arm(c->d->hv, &c->target->time.singleshot, hal_cpu(),
              op.timeout_abs_ns, c->fx);
    return 0;
}

static int64_t op_stop_singleshot_timer(const struct call *c)
{
    if (!c->self)
        return -EINVAL;
    timer_disarm(c->d->hv, &c->target->time.singleshot);
    return 0;
}

static int64_t op_send_nmi(const struct call *c)
{
    if (c->arg != 0)
        return -EINVAL;
    vcpu_send_nmi(c->target, c->fx);
    return 0;
}

int64_t do_vcpu_op(struct vcpu *v, uint32_t cmd, uint32_t id, guest_ptr_t arg,
                   struct effects *fx)
{
    struct vcpu *target = domain_vcpu(v->d, id);
    struct call c = {v->d, target, target == v, arg.va, fx};

    if (!target)
        return -ENOENT;
    switch (cmd) {
#define VCPU_OP(nr, name, type, direction, doc)                                \
    case nr:                                                                   \
        return op_##name(&c);
#define VCPU_OP_REFUSED(nr, name, error, doc)                                  \
    case nr:                                                                   \
        return -error;
#include <pv-abi/vcpu_ops.def>
    default:
        return -ENOSYS;
    }
}

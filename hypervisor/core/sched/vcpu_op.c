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

/* ---------------------------------------------------------- life of one */

/* The context is too large for a stack. */
static int64_t op_initialise(struct vcpu *v, struct vcpu *target,
                             guest_ptr_t arg, struct effects *fx)
{
    struct domain *d = v->d;
    struct vcpu_guest_context *c = hv_alloc(d->hv, sizeof(*c));
    int rc;

    if (!c)
        return -ENOMEM;
    rc = hal_copy_from_guest(c, arg.va, sizeof(*c));
    if (!rc)
        rc = vcpu_initialise(target, c, fx);
    hv_free(d->hv, c, sizeof(*c));
    return rc;
}

static int64_t op_up(struct vcpu *v, struct vcpu *target, guest_ptr_t arg,
                     struct effects *fx)
{
    int rc = -EINVAL;

    spin_lock(&v->d->lock);
    if (target->initialised) {
        vcpu_up(target, hal_now_ns(), fx);
        rc = 0;
    }
    spin_unlock(&v->d->lock);
    return rc;
}

/* The last vCPU that is online does not stop: the domain does. */
static int64_t op_down(struct vcpu *v, struct vcpu *target, guest_ptr_t arg,
                       struct effects *fx)
{
    struct domain *d = v->d;
    bool last;
    struct vcpu *other;

    spin_lock(&d->lock);
    last = vcpu_is_online(target);
    domain_for_each_vcpu (d, other) {
        if (other != target && vcpu_is_online(other))
            last = false;
    }
    if (!last)
        vcpu_down(target, fx);
    spin_unlock(&d->lock);
    if (last)
        domain_shutdown(d, SHUTDOWN_poweroff, fx);
    return 0;
}

static int64_t op_is_up(struct vcpu *v, struct vcpu *target, guest_ptr_t arg,
                        struct effects *fx)
{
    return vcpu_is_online(target);
}

/* ---------------------------------------------------------------- areas */

static int64_t op_get_runstate_info(struct vcpu *v, struct vcpu *target,
                                    guest_ptr_t arg, struct effects *fx)
{
    struct vcpu_runstate_info r = vcpu_runstate(target, hal_now_ns());

    return hal_copy_to_guest(arg.va, &r, sizeof(r)) ? -EFAULT : 0;
}

/*
 * Both structs are one address. The area itself may be absent now: it is
 * tried again and again.
 */
static int64_t register_area(struct vcpu *v, struct vcpu *target,
                             struct vcpu_area *area, guest_ptr_t arg)
{
    uint64_t va;

    if (hal_copy_from_guest(&va, arg.va, sizeof(va)))
        return -EFAULT;
    *area = (struct vcpu_area){.guest_va = va, .stale = va != 0};
    if (target == v)
        vcpu_publish(v);
    return 0;
}

_Static_assert(sizeof(struct vcpu_register_runstate_memory_area) == 8 &&
                   sizeof(struct vcpu_register_time_memory_area) == 8,
               "an area is registered by its address alone");

static int64_t op_register_runstate_memory_area(struct vcpu *v,
                                                struct vcpu *target,
                                                guest_ptr_t arg,
                                                struct effects *fx)
{
    return register_area(v, target, &target->sched.area, arg);
}

static int64_t op_register_vcpu_time_memory_area(struct vcpu *v,
                                                 struct vcpu *target,
                                                 guest_ptr_t arg,
                                                 struct effects *fx)
{
    return register_area(v, target, &target->time.area, arg);
}

static int64_t op_register_vcpu_info(struct vcpu *v, struct vcpu *target,
                                     guest_ptr_t arg, struct effects *fx)
{
    struct vcpu_register_vcpu_info op;
    int rc = -EINVAL;

    if (hal_copy_from_guest(&op, arg.va, sizeof(op)))
        return -EFAULT;
    /* d->lock keeps another vCPU from starting the target meanwhile. */
    spin_lock(&v->d->lock);
    if (target == v || !vcpu_is_online(target))
        rc = vcpu_register_info(target, mfn_of(op.mfn), op.offset, fx);
    spin_unlock(&v->d->lock);
    return rc;
}

/* --------------------------------------------------------------- timers */

static int64_t op_set_periodic_timer(struct vcpu *v, struct vcpu *target,
                                     guest_ptr_t arg, struct effects *fx)
{
    struct vcpu_set_periodic_timer op;

    if (hal_copy_from_guest(&op, arg.va, sizeof(op)))
        return -EFAULT;
    if (op.period_ns == 0)
        return -EINVAL;
    return clock_set_periodic(target, op.period_ns, target == v, fx);
}

static int64_t op_stop_periodic_timer(struct vcpu *v, struct vcpu *target,
                                      guest_ptr_t arg, struct effects *fx)
{
    return clock_set_periodic(target, 0, target == v, fx);
}

static int64_t op_set_singleshot_timer(struct vcpu *v, struct vcpu *target,
                                       guest_ptr_t arg, struct effects *fx)
{
    struct vcpu_set_singleshot_timer op;

    if (target != v)
        return -EINVAL;
    if (hal_copy_from_guest(&op, arg.va, sizeof(op)))
        return -EFAULT;
    /* The ABI counts in signed numbers: the upper half is long past. */
    if ((int64_t)op.timeout_abs_ns < 0)
        op.timeout_abs_ns = 0;
    timer_arm(v->d->hv, &v->time.singleshot, hal_cpu(), op.timeout_abs_ns, fx);
    return 0;
}

static int64_t op_stop_singleshot_timer(struct vcpu *v, struct vcpu *target,
                                        guest_ptr_t arg, struct effects *fx)
{
    if (target != v)
        return -EINVAL;
    timer_disarm(v->d->hv, &v->time.singleshot);
    return 0;
}

static int64_t op_send_nmi(struct vcpu *v, struct vcpu *target, guest_ptr_t arg,
                           struct effects *fx)
{
    if (arg.va != 0)
        return -EINVAL;
    vcpu_send_nmi(target, fx);
    return 0;
}

/* -------------------------------------------------------- the hypercall */

int64_t do_vcpu_op(struct vcpu *v, uint32_t cmd, uint32_t id, guest_ptr_t arg,
                   struct effects *fx)
{
    struct vcpu *target = domain_vcpu(v->d, id);

    if (!target)
        return -ENOENT;
    switch (cmd) {
#define VCPU_OP(nr, name, type, direction, doc)                                \
    case nr:                                                                   \
        return op_##name(v, target, arg, fx);
#define VCPU_OP_REFUSED(nr, name, error, doc)                                  \
    case nr:                                                                   \
        return -error;
#include <pv-abi/vcpu_ops.def>
    default:
        return -ENOSYS;
    }
}

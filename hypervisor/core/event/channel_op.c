/* SPDX-License-Identifier: MIT */
/*
 * event_channel_op: one function a row of pv-abi/evtchn_ops.def, each with
 * a private copy of its argument. Copying in and out is derived from the
 * rows, at the end.
 */
#include <errno.h>
#include <string.h>

#include "domain/domain.h"
#include "event/channel.h"
#include "event/upcall.h"
#include "hal.h"

/*
 * The domain id of a guest's argument, with a reference. Only dom0 may name
 * another than its own. The caller puts it.
 */
static int find_target(struct domain *d, domid_t id, struct domain **out)
{
    if (id != DOMID_SELF && id != d->domid && !d->privileged)
        return -EPERM;
    *out = domain_find_from(d, id);
    return *out ? 0 : -ESRCH;
}

static int op_alloc_unbound(struct vcpu *v, struct evtchn_alloc_unbound *op,
                            struct effects *fx)
{
    domid_t remote =
        op->remote_dom == DOMID_SELF ? v->d->domid : op->remote_dom;
    struct domain *d;
    int rc = find_target(v->d, op->dom, &d);

    if (rc)
        return rc;
    rc = evtchn_alloc_unbound(d, remote, &op->port);
    domain_put(d);
    return rc;
}

static int op_bind_interdomain(struct vcpu *v,
                               struct evtchn_bind_interdomain *op,
                               struct effects *fx)
{
    struct domain *remote = domain_find_from(v->d, op->remote_dom);
    int rc;

    if (!remote)
        return -ESRCH;
    rc = evtchn_bind_interdomain(v->d, remote, op->remote_port, &op->local_port,
                                 fx);
    domain_put(remote);
    return rc;
}

static int op_bind_virq(struct vcpu *v, struct evtchn_bind_virq *op,
                        struct effects *fx)
{
    struct vcpu *target = domain_vcpu(v->d, op->vcpu);
    struct evtchn e = {.state = EVTCHNSTAT_virq,
                       .notify_vcpu = (uint16_t)op->vcpu,
                       .peer = op->virq};

    if (op->virq >= NR_VIRQS || (virq_is_global(op->virq) && op->vcpu != 0))
        return -EINVAL;
    if (!target)
        return -ENOENT;
    return evtchn_open(
        v->d, e, &target->event.virq_to_port[index_masked(op->virq, NR_VIRQS)],
        &op->port);
}

static int op_bind_ipi(struct vcpu *v, struct evtchn_bind_ipi *op,
                       struct effects *fx)
{
    struct evtchn e = {.state = EVTCHNSTAT_ipi,
                       .notify_vcpu = (uint16_t)op->vcpu};

    if (!domain_vcpu(v->d, op->vcpu))
        return -ENOENT;
    return evtchn_open(v->d, e, NULL, &op->port);
}

static int op_close(struct vcpu *v, struct evtchn_close *op, struct effects *fx)
{
    return evtchn_close(v->d, op->port);
}

static int op_send(struct vcpu *v, struct evtchn_send *op, struct effects *fx)
{
    return evtchn_send(v->d, op->port, fx);
}

/* Fill *op from a port. */
static int describe_port(struct domain *d, struct evtchn_status *op)
{
    const struct evtchn *e;

    spin_guard(&d->event.lock);
    if (!evtchn_exists(d, op->port))
        return -EINVAL;
    e = port_entry(d, op->port);
    op->status = e->state;
    op->vcpu = e->notify_vcpu;
    memset(&op->u, 0, sizeof(op->u));
    switch (e->state) {
    case EVTCHNSTAT_unbound:
        op->u.unbound.dom = e->remote_domid;
        break;
    case EVTCHNSTAT_interdomain:
        op->u.interdomain.dom = e->remote->domid;
        op->u.interdomain.port = e->peer;
        break;
    case EVTCHNSTAT_virq:
        op->u.virq = e->peer;
        break;
    }
    return 0;
}

static int op_status(struct vcpu *v, struct evtchn_status *op,
                     struct effects *fx)
{
    struct domain *d;
    int rc = find_target(v->d, op->dom, &d);

    if (rc)
        return rc;
    rc = describe_port(d, op);
    domain_put(d);
    return rc;
}

static int op_bind_vcpu(struct vcpu *v, struct evtchn_bind_vcpu *op,
                        struct effects *fx)
{
    struct domain *d = v->d;
    struct evtchn *e;

    if (!domain_vcpu(d, op->vcpu))
        return -ENOENT;
    spin_guard(&d->event.lock);
    e = port_find(d, op->port);
    if (!e || e->state == EVTCHNSTAT_ipi ||
        (e->state == EVTCHNSTAT_virq && !virq_is_global(e->peer)))
        return -EINVAL;
    __atomic_store_n(&e->notify_vcpu, (uint16_t)op->vcpu, __ATOMIC_RELAXED);
    return 0;
}

static int op_unmask(struct vcpu *v, struct evtchn_unmask *op,
                     struct effects *fx)
{
    struct domain *d = v->d;
    const struct evtchn *e;

    if (!evtchn_exists(d, op->port))
        return -EINVAL;
    spin_guard(&d->event.lock);
    e = port_find(d, op->port);
    if (e)
        port_unmask(d, op->port, e->notify_vcpu, fx);
    return 0;
}

static int op_reset(struct vcpu *v, struct evtchn_reset *op, struct effects *fx)
{
    struct domain *d;
    int rc = find_target(v->d, op->dom, &d);

    if (rc)
        return rc;
    if (d != v->d && d->pause_count == 0)
        rc = -EINVAL;
    else
        rc = evtchn_reset(d, fx);
    domain_put(d);
    return rc;
}

static int op_init_control(struct vcpu *v, struct evtchn_init_control *op,
                           struct effects *fx)
{
    struct vcpu *target = domain_vcpu(v->d, op->vcpu);

    op->link_bits = EVTCHN_FIFO_LINK_BITS;
    if (!target)
        return -ENOENT;
    return fifo_init_control(target, mfn_of(op->control_gfn), op->offset);
}

static int op_expand_array(struct vcpu *v, struct evtchn_expand_array *op,
                           struct effects *fx)
{
    return fifo_expand(v->d, mfn_of(op->array_gfn), fx);
}

static int op_set_priority(struct vcpu *v, struct evtchn_set_priority *op,
                           struct effects *fx)
{
    struct domain *d = v->d;

    if (op->port != 0 && !evtchn_exists(d, op->port))
        return -EINVAL;
    spin_guard(&d->event.lock);
    if (!fifo_is_on(d))
        return -ENOSYS;
    if (!port_find(d, op->port))
        return -EACCES;
    if (op->priority > EVTCHN_FIFO_PRIORITY_MIN)
        return -EINVAL;
    fifo_set_priority(d, op->port, op->priority);
    return 0;
}

union evtchn_arg {
#define EVTCHN_OP(nr, name, type, direction, doc) type name;
#include <pv-abi/evtchn_ops.def>
};

/*
 * The result cannot be told to the guest, which therefore could never close
 * the port that an operation made: take it back.
 */
static void undo(struct vcpu *v, uint32_t cmd, const union evtchn_arg *a)
{
    domid_t owner = DOMID_SELF;
    evtchn_port_t port;
    struct domain *d;

    switch (cmd) {
    case EVTCHNOP_bind_interdomain:
        port = a->bind_interdomain.local_port;
        break;
    case EVTCHNOP_bind_virq:
        port = a->bind_virq.port;
        break;
    case EVTCHNOP_bind_ipi:
        port = a->bind_ipi.port;
        break;
    case EVTCHNOP_alloc_unbound:
        port = a->alloc_unbound.port;
        owner = a->alloc_unbound.dom;
        break;
    default:
        return;
    }
    if (find_target(v->d, owner, &d) == 0) {
        (void)!evtchn_close(d, port);
        domain_put(d);
    }
}

enum { COPY_IN = 1, COPY_OUT = 2, COPY_INOUT = 3 };

int64_t do_event_channel_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                            struct effects *fx)
{
    union evtchn_arg a;
    int rc;

    switch (cmd) {
#define EVTCHN_OP(nr, name, type, direction, doc)                              \
    case nr:                                                                   \
        if (hal_copy_from_guest(&a, arg.va, sizeof(type)))                     \
            return -EFAULT;                                                    \
        rc = op_##name(v, &a.name, fx);                                        \
        if (rc == 0 && (COPY_##direction & COPY_OUT) &&                        \
            hal_copy_to_guest(arg.va, &a, sizeof(type))) {                     \
            undo(v, nr, &a);                                                   \
            rc = -EFAULT;                                                      \
        }                                                                      \
        return rc;
#define EVTCHN_OP_REFUSED(nr, name, error, doc)                                \
    case nr:                                                                   \
        return -error;
#include <pv-abi/evtchn_ops.def>
    default:
        return -ENOSYS;
    }
}

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

/* One call. */
struct call {
    struct vcpu *v;
    struct effects *fx;
    struct domain *d;     /* v's; or the one named, with a reference */
    evtchn_port_t opened; /* by this call, of d; 0: none */
};

/* From now on c is on domain id. Only dom0 may name another than its own. */
static int find_target(struct call *c, domid_t id)
{
    struct domain *d;

    if (id == DOMID_SELF || id == c->d->domid)
        return 0;
    if (!c->d->privileged)
        return -EPERM;
    d = domain_find(c->d->hv, id);
    if (!d)
        return -ESRCH;
    c->d = d;
    return 0;
}

static int op_alloc_unbound(struct call *c, struct evtchn_alloc_unbound *op)
{
    domid_t self = c->d->domid;
    int rc = find_target(c, op->dom);

    if (rc)
        return rc;
    rc = evtchn_alloc_unbound(
        c->d, op->remote_dom == DOMID_SELF ? self : op->remote_dom, &c->opened);
    op->port = c->opened;
    return rc;
}

static int op_bind_interdomain(struct call *c,
                               struct evtchn_bind_interdomain *op)
{
    struct domain *remote = domain_find_from(c->d, op->remote_dom);
    int rc;

    if (!remote)
        return -ESRCH;
    rc = evtchn_bind_interdomain(c->d, remote, op->remote_port, &c->opened,
                                 c->fx);
    op->local_port = c->opened;
    domain_put(remote);
    return rc;
}

static int op_bind_virq(struct call *c, struct evtchn_bind_virq *op)
{
    struct vcpu *target = domain_vcpu(c->d, op->vcpu);
    struct evtchn e = {.state = EVTCHNSTAT_virq,
                       .notify_vcpu = (uint16_t)op->vcpu,
                       .peer = op->virq};
    int rc;

    if (op->virq >= NR_VIRQS || (virq_is_global(op->virq) && op->vcpu != 0))
        return -EINVAL;
    if (!target)
        return -ENOENT;
    rc = evtchn_open(
        c->d, e, &target->event.virq_to_port[index_masked(op->virq, NR_VIRQS)],
        &c->opened);
    op->port = c->opened;
    return rc;
}

static int op_bind_ipi(struct call *c, struct evtchn_bind_ipi *op)
{
    struct evtchn e = {.state = EVTCHNSTAT_ipi,
                       .notify_vcpu = (uint16_t)op->vcpu};
    int rc;

    if (!domain_vcpu(c->d, op->vcpu))
        return -ENOENT;
    rc = evtchn_open(c->d, e, NULL, &c->opened);
    op->port = c->opened;
    return rc;
}

static int op_close(struct call *c, struct evtchn_close *op)
{
    return evtchn_close(c->d, op->port);
}

static int op_send(struct call *c, struct evtchn_send *op)
{
    return evtchn_send(c->d, op->port, c->fx);
}

static int op_status(struct call *c, struct evtchn_status *op)
{
    const struct evtchn *e;
    int rc = find_target(c, op->dom);

    if (rc)
        return rc;
    spin_guard(&c->d->event.lock);
    if (!evtchn_exists(c->d, op->port))
        return -EINVAL;
    e = port_entry(c->d, op->port);
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

static int op_bind_vcpu(struct call *c, struct evtchn_bind_vcpu *op)
{
    struct evtchn *e;

    if (!domain_vcpu(c->d, op->vcpu))
        return -ENOENT;
    spin_guard(&c->d->event.lock);
    e = port_find(c->d, op->port);
    if (!e || e->state == EVTCHNSTAT_ipi ||
        (e->state == EVTCHNSTAT_virq && !virq_is_global(e->peer)))
        return -EINVAL;
    __atomic_store_n(&e->notify_vcpu, (uint16_t)op->vcpu, __ATOMIC_RELAXED);
    return 0;
}

static int op_unmask(struct call *c, struct evtchn_unmask *op)
{
    const struct evtchn *e;

    if (!evtchn_exists(c->d, op->port))
        return -EINVAL;
    spin_guard(&c->d->event.lock);
    e = port_find(c->d, op->port);
    if (e)
        port_unmask(c->d, op->port, e->notify_vcpu, c->fx);
    return 0;
}

static int op_reset(struct call *c, struct evtchn_reset *op)
{
    int rc = find_target(c, op->dom);

    if (rc)
        return rc;
    if (c->d != c->v->d && c->d->pause_count == 0)
        return -EINVAL;
    return evtchn_reset(c->d, c->fx);
}

static int op_init_control(struct call *c, struct evtchn_init_control *op)
{
    struct vcpu *target = domain_vcpu(c->d, op->vcpu);

    op->link_bits = EVTCHN_FIFO_LINK_BITS;
    if (!target)
        return -ENOENT;
    return fifo_init_control(target, mfn_of(op->control_gfn), op->offset);
}

static int op_expand_array(struct call *c, struct evtchn_expand_array *op)
{
    return fifo_expand(c->d, mfn_of(op->array_gfn), c->fx);
}

static int op_set_priority(struct call *c, struct evtchn_set_priority *op)
{
    if (op->port != 0 && !evtchn_exists(c->d, op->port))
        return -EINVAL;
    spin_guard(&c->d->event.lock);
    if (!fifo_is_on(c->d))
        return -ENOSYS;
    if (!port_find(c->d, op->port))
        return -EACCES;
    if (op->priority > EVTCHN_FIFO_PRIORITY_MIN)
        return -EINVAL;
    fifo_set_priority(c->d, op->port, op->priority);
    return 0;
}

union evtchn_arg {
#define EVTCHN_OP(nr, name, type, direction, doc) type name;
#include <pv-abi/evtchn_ops.def>
};

enum { COPY_IN = 1, COPY_OUT = 2, COPY_INOUT = 3 };

/* The guest could never close a port that it cannot be told of. */
static int copy_out(const struct call *c, uint64_t to, const void *a, size_t n)
{
    if (!hal_copy_to_guest(to, a, n))
        return 0;
    if (c->opened)
        (void)!evtchn_close(c->d, c->opened);
    return -EFAULT;
}

int64_t do_event_channel_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                            struct effects *fx)
{
    struct call c = {.v = v, .fx = fx, .d = v->d};
    union evtchn_arg a;
    int rc;

    switch (cmd) {
#define EVTCHN_OP(nr, name, type, direction, doc)                              \
    case nr:                                                                   \
        if (hal_copy_from_guest(&a, arg.va, sizeof(type)))                     \
            return -EFAULT;                                                    \
        rc = op_##name(&c, &a.name);                                           \
        if (rc == 0 && (COPY_##direction & COPY_OUT))                          \
            rc = copy_out(&c, arg.va, &a, sizeof(type));                       \
        break;
#define EVTCHN_OP_REFUSED(nr, name, error, doc)                                \
    case nr:                                                                   \
        return -error;
#include <pv-abi/evtchn_ops.def>
    default:
        return -ENOSYS;
    }
    if (c.d != v->d)
        domain_put(c.d);
    return rc;
}

/* SPDX-License-Identifier: MIT */
#include "domain/domctl.h"

#include "errno.h"

#include "domain/control.h"
#include "domain/domctl_call.h"
#include "hal.h"
#include "speculation.h"

#define COPIES_NONE  false
#define COPIES_IN    false
#define COPIES_OUT   true
#define COPIES_INOUT true

static const struct {
    int64_t (*run)(struct domctl_call *c);
    uint16_t error; /* without run: the answer to everybody */
    bool copies_back;
} ops[] = {
#define DOMCTL_OP(nr, name, field, direction, doc)                             \
    [nr] = {domctl_##name, 0, COPIES_##direction},
#define DOMCTL_OP_REFUSED(nr, name, error, doc) [nr] = {NULL, error, false},
#include <pv-abi/domctl_ops.def>
};

/* The domain that op is about, with a reference. */
static struct domain *find_target(struct hv *hv, const struct xen_domctl *op)
{
    /* Asks for the next one, too; callers compare the id they get. */
    if (op->cmd == XEN_DOMCTL_getdomaininfo) {
        domains_reap(hv);
        return domain_find_next(hv, op->domain);
    }
    return domain_find(hv, op->domain);
}

static int64_t run(struct domctl_call *c)
{
    uint32_t cmd = c->op->cmd;

    if (cmd >= ARRAY_SIZE(ops))
        return -ENOSYS;
    cmd = (uint32_t)index_masked(cmd, ARRAY_SIZE(ops));
    if (!ops[cmd].run)
        return ops[cmd].error ? -(int64_t)ops[cmd].error : -ENOSYS;
    return ops[cmd].run(c);
}

int64_t do_domctl(struct vcpu *v, guest_ptr_t arg, struct effects *fx)
{
    struct xen_domctl op;
    struct domctl_call c = {.v = v, .op = &op, .fx = fx};
    int64_t result =
        control_begin(v, &op, sizeof(op), arg, XEN_DOMCTL_INTERFACE_VERSION);

    if (result)
        return result;
    if (op.cmd != XEN_DOMCTL_createdomain) {
        c.d = find_target(v->d->hv, &op);
        if (!c.d)
            return -ESRCH;
    }
    result = run(&c);
    if (c.d)
        domain_put(c.d);
    if (result == 0 && ops[op.cmd].copies_back &&
        hal_copy_to_guest(arg.va, &op, sizeof(op)))
        return -EFAULT;
    return result;
}

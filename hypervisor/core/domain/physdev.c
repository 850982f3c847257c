/* SPDX-License-Identifier: MIT */
#include "domain/physdev.h"

#include "errno.h"

#include <pv-abi/physdev.h>

#include "hal.h"

#define IO_PORTS 65536

static int64_t set_iopl(struct vcpu *v, guest_ptr_t arg)
{
    struct physdev_set_iopl op;

    if (hal_copy_from_guest(&op, arg.va, sizeof(op)))
        return -EFAULT;
    if (op.iopl > 3)
        return -EINVAL;
    v->entry.iopl = (uint8_t)op.iopl;
    return 0;
}

/* The bitmap stays the guest's; emulation reads a bit when it needs one. */
static int64_t set_iobitmap(struct vcpu *v, guest_ptr_t arg)
{
    struct physdev_set_iobitmap op;

    if (hal_copy_from_guest(&op, arg.va, sizeof(op)))
        return -EFAULT;
    if (op.nr_ports > IO_PORTS)
        return -EINVAL;
    v->entry.iobitmap_va = op.bitmap.va;
    v->entry.iobitmap_ports = op.nr_ports;
    return 0;
}

int64_t do_physdev_op(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                      struct effects *fx)
{
    switch (cmd) {
    case PHYSDEVOP_set_iopl:
        return set_iopl(v, arg);
    case PHYSDEVOP_set_iobitmap:
        return set_iobitmap(v, arg);
    default:
        return -ENOSYS;
    }
}

/* SPDX-License-Identifier: MIT */
#include "domain/control.h"

#include <string.h>

#include "errno.h"

#include "domain/domain.h"
#include "hal.h"

int control_begin(struct vcpu *v, void *op, size_t n, guest_ptr_t arg,
                  uint32_t version)
{
    uint32_t head[2]; /* command, version */

    if (hal_copy_from_guest(op, arg.va, n))
        return -EFAULT;
    memcpy(head, op, sizeof(head));
    if (head[1] != version)
        return -EACCES;
    return v->d->privileged ? 0 : -EPERM;
}

/* SPDX-License-Identifier: MIT */
#include "domain/vm_assist.h"

#include "errno.h"

#include <pv-abi/arch.h>

#include "domain/domain.h"

uint64_t vm_assist_known(void)
{
    return 1ul << VMASST_TYPE_4gb_segments |
           1ul << VMASST_TYPE_4gb_segments_notify |
           1ul << VMASST_TYPE_writable_pagetables |
           1ul << VMASST_TYPE_pae_extended_cr3 |
           1ul << VMASST_TYPE_architectural_iopl |
           1ul << VMASST_TYPE_runstate_update_flag |
           1ul << VMASST_TYPE_m2p_strict;
}

int64_t do_vm_assist(struct vcpu *v, uint32_t cmd, uint32_t type,
                     struct effects *fx)
{
    uint64_t *assist = &v->d->vm_assist;

    if (type >= 64 || !(vm_assist_known() & (1ul << type)))
        return -EINVAL;
    switch (cmd) {
    case VMASST_CMD_enable:
        __atomic_fetch_or(assist, 1ul << type, __ATOMIC_RELAXED);
        return 0;
    case VMASST_CMD_disable:
        __atomic_fetch_and(assist, ~(1ul << type), __ATOMIC_RELAXED);
        return 0;
    default:
        return -ENOSYS;
    }
}

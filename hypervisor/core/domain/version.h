/* SPDX-License-Identifier: MIT */
/*
 * xen_version: what the hypervisor is. It calls itself Xen 4.17, because
 * tools choose by that what they speak; the extra version says who it is.
 * vm_assist: conveniences that a guest switches on for its whole domain.
 *
 * Source: abi/memory.md 8, 9; pv-abi/version_ops.def.
 */
#ifndef DOMAIN_VERSION_H
#define DOMAIN_VERSION_H

#include "domain.h"
#include "effects.h"
#include "vcpu.h"

#define VERSION_MAJOR 4
#define VERSION_MINOR 17

/*
 * cmd XENVER_*, arg its structure. Returns the value (version, pagesize), 0,
 * -EFAULT, -EINVAL (submap), -ENODATA (build id), -ENOSYS (cmd). What says
 * something about the machine is "<denied>" to all but dom0.
 */
int64_t do_xen_version(struct vcpu *v, uint32_t cmd, guest_ptr_t arg,
                       struct effects *fx);

/* All bits of d->vm_assist that mean something. */
#define VM_ASSIST_KNOWN                                                        \
    (1ul << VMASST_TYPE_4gb_segments |                                         \
     1ul << VMASST_TYPE_4gb_segments_notify |                                  \
     1ul << VMASST_TYPE_writable_pagetables |                                  \
     1ul << VMASST_TYPE_pae_extended_cr3 |                                     \
     1ul << VMASST_TYPE_architectural_iopl |                                   \
     1ul << VMASST_TYPE_runstate_update_flag | 1ul << VMASST_TYPE_m2p_strict)

/* Whether assist type (VMASST_TYPE_*) is on in d. */
static inline bool vm_assist_is_on(const struct domain *d, unsigned int type)
{
    return (__atomic_load_n(&d->vm_assist, __ATOMIC_RELAXED) >> type) & 1;
}

/*
 * cmd VMASST_CMD_*, type VMASST_TYPE_*.
 * Returns 0, -EINVAL (type), -ENOSYS (cmd).
 */
int64_t do_vm_assist(struct vcpu *v, uint32_t cmd, uint32_t type,
                     struct effects *fx);

#endif

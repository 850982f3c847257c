/* SPDX-License-Identifier: MIT */
/*
 * Memory maps (e820): the machine's, for the privileged domain, and the one a
 * toolstack gives each guest.
 *
 * Locks: none held; a domain's map is under its d->lock.
 * Source: abi/memory.md 10.
 */
#ifndef MM_MEMORY_MAP_H
#define MM_MEMORY_MAP_H

#include "types.h"

struct vcpu;

/* XENMEM_memory_map. 0, -EFAULT, -ENOSYS (none was given). */
int64_t memory_map_get(struct vcpu *v, guest_ptr_t arg);

/* XENMEM_machine_memory_map. 0, -EFAULT, -EPERM. */
int64_t memory_map_get_machine(struct vcpu *v, guest_ptr_t arg);

/*
 * XENMEM_set_memory_map. 0, -EFAULT, -EPERM, -ESRCH, -ENOMEM, -EINVAL (more
 * than HV_E820_MAX entries).
 */
int64_t memory_map_set(struct vcpu *v, guest_ptr_t arg);

#endif

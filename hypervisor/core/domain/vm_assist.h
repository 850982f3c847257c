/* SPDX-License-Identifier: MIT */
/*
 * vm_assist: conveniences that a guest switches on for its whole domain.
 * Source: abi/memory.md 8.
 */
#ifndef DOMAIN_VM_ASSIST_H
#define DOMAIN_VM_ASSIST_H

#include <stdbool.h>
#include <stdint.h>

#include "domain.h"
#include "effects.h"
#include "vcpu.h"

/* All bits of d->vm_assist that mean something. */
uint64_t vm_assist_known(void);

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

/* SPDX-License-Identifier: MIT */
/*
 * One entry of a multicall. Entries run in order; one that fails does not
 * stop the others. The hypervisor may return to the guest between two of them
 * and go on afterwards, so the array stays the hypervisor's until the call
 * returns. A multicall inside a multicall answers -EINVAL.
 */
#ifndef PV_ABI_MULTICALL_H
#define PV_ABI_MULTICALL_H

#include "types.h"

#ifndef __ASSEMBLER__

struct multicall_entry {
    uint64_t op;      /* IN  hypercall number */
    uint64_t result;  /* OUT what that call returned, sign extended */
    uint64_t args[6]; /* IN  in the order of the registers */
};

#endif /* C */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * callback_op: where the hypervisor enters the guest's kernel. Each vCPU has
 * its own set.
 */
#ifndef PV_ABI_CALLBACK_H
#define PV_ABI_CALLBACK_H

#include "types.h"

#define CALLBACKTYPE_event               0 /* event upcall; masks them */
#define CALLBACKTYPE_failsafe            1 /* a segment could not be loaded */
#define CALLBACKTYPE_syscall             2 /* syscall in user mode; none: #UD */
#define CALLBACKTYPE_sysenter_deprecated 3 /* -ENOSYS */
#define CALLBACKTYPE_nmi                 4 /* trap handler 2, events masked */
#define CALLBACKTYPE_sysenter            5 /* same of sysenter; none: #GP */
#define CALLBACKTYPE_syscall32           7 /* syscall in 32-bit user code */

#define CALLBACKF_mask_events 1 /* enter with upcalls masked */

#ifndef __ASSEMBLER__

/* Numbers CALLBACKOP_<name>; what each does stands in callback_ops.def. */
enum callback_cmd {
#define CALLBACK_OP(nr, name, type, direction, doc) CALLBACKOP_##name = nr,
#include "callback_ops.def"
};

struct callback_register {
    uint16_t type;  /* IN  CALLBACKTYPE_* */
    uint16_t flags; /* IN  CALLBACKF_* */
    uint32_t _pad;
    uint64_t address; /* IN  va */
};

struct callback_unregister {
    uint16_t type; /* IN  CALLBACKTYPE_nmi is the only one that may go */
    uint16_t _unused;
};

#endif /* C */

#endif

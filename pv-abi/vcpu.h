/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op: a domain's own vCPUs.
 */
#ifndef PV_ABI_VCPU_H
#define PV_ABI_VCPU_H

#include "shared_info.h"
#include "types.h"

/* vcpu_runstate_info.state, and index into time */
#define RUNSTATE_running  0
#define RUNSTATE_runnable 1 /* wants to run, no processor is free */
#define RUNSTATE_blocked  2 /* waits for an event */
#define RUNSTATE_offline  3 /* stopped, or the domain is paused */

/* In state_entry_time while the area changes, if vm_assist asked for it. */
#define XEN_RUNSTATE_UPDATE (ABI_U64(1) << 63)

/* vcpu_set_singleshot_timer.flags */
#define VCPU_SSHOTTMR_future (ABI_U32(1) << 0) /* accepted, no effect */

#ifndef __ASSEMBLER__

/* Numbers VCPUOP_<name>; what each does stands in vcpu_ops.def. */
enum vcpu_cmd {
#define VCPU_OP(nr, name, type, direction, doc) VCPUOP_##name = nr,
#define VCPU_OP_REFUSED(nr, name, error, doc)   VCPUOP_##name = nr,
#include "vcpu_ops.def"
};

/* Times in ns; time[] adds up to the age of the vCPU. */
struct vcpu_runstate_info {
    int32_t state; /* OUT RUNSTATE_* */
    uint32_t _pad;
    uint64_t state_entry_time; /* OUT system time */
    uint64_t time[4];          /* OUT spent in each state */
};

struct vcpu_register_runstate_memory_area {
    union {
        GUEST_PTR(struct vcpu_runstate_info) v;
        uint64_t p;
    } addr; /* IN  va, written at every change of state from now on */
};

struct vcpu_set_periodic_timer {
    uint64_t period_ns; /* IN  at least 1 ms */
};

struct vcpu_set_singleshot_timer {
    uint64_t timeout_abs_ns; /* IN  system time; past times fire at once */
    uint32_t flags;          /* IN  VCPU_SSHOTTMR_* */
    uint32_t _pad;
};

struct vcpu_register_vcpu_info {
    uint64_t mfn;    /* IN  a writable frame of the domain */
    uint32_t offset; /* IN  bytes; 8-aligned, the struct within the page */
    uint32_t rsvd;
};

struct vcpu_get_physid {
    uint64_t phys_id; /* OUT APIC id, ACPI id << 32 */
};

struct vcpu_register_time_memory_area {
    union {
        GUEST_PTR(struct vcpu_time_info) v;
        uint64_t p;
    } addr; /* IN  va of a copy of the clock; 0 stops it */
};

#endif /* C */

#endif

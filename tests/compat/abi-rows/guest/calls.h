/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls in the short form rows want: one operation, arguments by name,
 * and one number as the answer.
 *
 *     EVTCHN(close, .port = 0)
 *     VCPU(set_periodic_timer, 0, .period_ns = 5)
 *
 * The braced list initialises the structure of the operation; what is not
 * named is 0.
 */
#ifndef ABI_ROWS_CALLS_H
#define ABI_ROWS_CALLS_H

#include <guest/hypercall.h>
#include <guest/memory.h>
#include <pv-abi/arch.h>
#include <pv-abi/callback.h>
#include <pv-abi/errno.h>
#include <pv-abi/event_channel.h>
#include <pv-abi/grant_table.h>
#include <pv-abi/memory.h>
#include <pv-abi/mmu.h>
#include <pv-abi/physdev.h>
#include <pv-abi/sched.h>
#include <pv-abi/vcpu.h>
#include <pv-abi/version.h>
#include "row.h"
#include "world.h"

/* Addresses no guest may have or pass. */
#define INSIDE        ((void *)(HYPERVISOR_VIRT_START + (1UL << 39)))
#define NOT_CANONICAL ((void *)0x8000000000000000UL)
#define UNMAPPED      ((void *)world.nowhere)

#define EVTCHN(op, ...)                                                        \
    hypercall_event_channel_op(EVTCHNOP_##op,                                  \
                               &(struct evtchn_##op){__VA_ARGS__})
#define SCHED(op, ...)                                                         \
    hypercall_sched_op(SCHEDOP_##op, &(struct sched_##op){__VA_ARGS__})
#define VCPU(op, id, ...)                                                      \
    hypercall_vcpu_op(VCPUOP_##op, id, &(struct vcpu_##op){__VA_ARGS__})
#define PHYSDEV(op, ...)                                                       \
    hypercall_physdev_op(PHYSDEVOP_##op, &(struct physdev_##op){__VA_ARGS__})
#define CALLBACK(op, ...)                                                      \
    hypercall_callback_op(CALLBACKOP_##op, &(struct callback_##op){__VA_ARGS__})

/* The error of the call, or else the status of its one operation. */
#define GRANT(op, ...)                                                         \
    __extension__({                                                            \
        struct gnttab_##op op_ = {__VA_ARGS__};                                \
        long error_ = hypercall_grant_table_op(GNTTABOP_##op, &op_, 1);        \
        error_ ? error_ : op_.status ? STATUS(op_.status) : 0;                 \
    })

/* What the machine-to-physical table says, whether or not it is true. */
static inline uint64_t m2p(uint64_t frame)
{
    return ((const volatile uint64_t *)MACH2PHYS_VIRT_START)[frame];
}

static inline long mmu_for(uint64_t ptr, uint64_t val, uint32_t foreigndom)
{
    struct mmu_update update = {.ptr = ptr, .val = val};

    return hypercall_mmu_update(&update, 1, NULL, foreigndom);
}

static inline long mmu(uint64_t ptr, uint64_t val)
{
    return mmu_for(ptr, val, DOMID_SELF);
}

static inline long ext_for(uint32_t cmd, uint64_t arg1, uint64_t arg2,
                           uint32_t foreigndom)
{
    struct mmuext_op op = {.cmd = cmd};

    op.arg1.mfn = arg1;
    op.arg2.src_mfn = arg2;
    return hypercall_mmuext_op(&op, 1, NULL, foreigndom);
}

static inline long ext(uint32_t cmd, uint64_t arg1, uint64_t arg2)
{
    return ext_for(cmd, arg1, arg2, DOMID_SELF);
}

static inline long va_map(const void *va, uint64_t entry, uint64_t flags)
{
    return hypercall_update_va_mapping((uint64_t)va, entry, flags);
}

#endif

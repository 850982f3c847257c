/* SPDX-License-Identifier: MIT */
#include "tables.h"

#include <string.h>

#include <pv-abi/hypercall_types.h>
#include <pv-abi/hypercalls.h>

#include "types.h"

const struct call_row call_rows[] = {
#define HYPERCALL_0(nr, call, fn, who, doc)         {nr, 0, {{0}}},
#define HYPERCALL_1(nr, call, fn, who, t1, a1, doc) {nr, 1, {{#t1, #a1}}},
#define HYPERCALL_2(nr, call, fn, who, t1, a1, t2, a2, doc)                    \
    {nr, 2, {{#t1, #a1}, {#t2, #a2}}},
#define HYPERCALL_3(nr, call, fn, who, t1, a1, t2, a2, t3, a3, doc)            \
    {nr, 3, {{#t1, #a1}, {#t2, #a2}, {#t3, #a3}}},
#define HYPERCALL_4(nr, call, fn, who, t1, a1, t2, a2, t3, a3, t4, a4, doc)    \
    {nr, 4, {{#t1, #a1}, {#t2, #a2}, {#t3, #a3}, {#t4, #a4}}},
#define HYPERCALL_ABSENT(nr, call, doc) {nr, 0, {{0}}},
#include <pv-abi/hypercalls.def>
};

const unsigned int call_row_count = ARRAY_SIZE(call_rows);

/* What stands for "none" in a table is no type that shape_of knows. */
static const struct operation operations[] = {
#define CALLBACK_OP(nr, op, type, direction, doc)                              \
    {__HYPERVISOR_callback_op, nr, #type},
#include <pv-abi/callback_ops.def>
#define DOMCTL_OP(nr, op, field, direction, doc)                               \
    {__HYPERVISOR_domctl, nr, "struct xen_domctl_" #field},
#define DOMCTL_OP_REFUSED(nr, op, error, doc) {__HYPERVISOR_domctl, nr, NULL},
#include <pv-abi/domctl_ops.def>
#define EVTCHN_OP(nr, op, type, direction, doc)                                \
    {__HYPERVISOR_event_channel_op, nr, #type},
#define EVTCHN_OP_REFUSED(nr, op, error, doc)                                  \
    {__HYPERVISOR_event_channel_op, nr, NULL},
#include <pv-abi/evtchn_ops.def>
#define GNTTAB_OP(nr, op, type, direction, doc)                                \
    {__HYPERVISOR_grant_table_op, nr, #type},
#define GNTTAB_OP_REFUSED(nr, op, error, doc)                                  \
    {__HYPERVISOR_grant_table_op, nr, NULL},
#include <pv-abi/gnttab_ops.def>
#define MEMORY_OP(nr, op, type, direction, doc)                                \
    {__HYPERVISOR_memory_op, nr, #type},
#define MEMORY_OP_REFUSED(nr, op, error, doc)                                  \
    {__HYPERVISOR_memory_op, nr, NULL},
#include <pv-abi/memory_ops.def>
#define MMUEXT_OP(nr, op, arg1, arg2, doc)                                     \
    {__HYPERVISOR_mmuext_op, nr, "struct mmuext_op"},
#define MMUEXT_OP_REFUSED(nr, op, error, doc)                                  \
    {__HYPERVISOR_mmuext_op, nr, "struct mmuext_op"},
#include <pv-abi/mmuext_ops.def>
    {__HYPERVISOR_nmi_op, XENNMI_register_callback, "struct xennmi_callback"},
    {__HYPERVISOR_nmi_op, XENNMI_unregister_callback, NULL},
#define PHYSDEV_OP(nr, op, type, direction, doc)                               \
    {__HYPERVISOR_physdev_op, nr, #type},
#define PHYSDEV_OP_REFUSED(nr, op, error, doc)                                 \
    {__HYPERVISOR_physdev_op, nr, NULL},
#include <pv-abi/physdev_ops.def>
#define PLATFORM_OP(nr, op, field, direction, doc)                             \
    {__HYPERVISOR_platform_op, nr, "struct xenpf_" #field},
#define PLATFORM_OP_REFUSED(nr, op, error, doc)                                \
    {__HYPERVISOR_platform_op, nr, NULL},
#include <pv-abi/platform_ops.def>
#define SCHED_OP(nr, op, type, direction, doc)                                 \
    {__HYPERVISOR_sched_op, nr, #type},
#define SCHED_OP_REFUSED(nr, op, error, doc) {__HYPERVISOR_sched_op, nr, NULL},
#include <pv-abi/sched_ops.def>
#define SYSCTL_OP(nr, op, field, direction, doc)                               \
    {__HYPERVISOR_sysctl, nr, "struct xen_sysctl_" #field},
#define SYSCTL_OP_REFUSED(nr, op, error, doc) {__HYPERVISOR_sysctl, nr, NULL},
#include <pv-abi/sysctl_ops.def>
#define VCPU_OP(nr, op, type, direction, doc) {__HYPERVISOR_vcpu_op, nr, #type},
#define VCPU_OP_REFUSED(nr, op, error, doc)   {__HYPERVISOR_vcpu_op, nr, NULL},
#include <pv-abi/vcpu_ops.def>
#define VERSION_OP(nr, op, type, direction, doc)                               \
    {__HYPERVISOR_xen_version, nr, #type},
#define VERSION_OP_REFUSED(nr, op, error, doc)                                 \
    {__HYPERVISOR_xen_version, nr, NULL},
#include <pv-abi/version_ops.def>
};

static const struct shape shapes[] = {
#define ABI_GROUP(title)
#define ABI_VALUE(constant, value)
#define ABI_SIZE(type, bytes)             {#type, NULL, 0, bytes},
#define ABI_FIELD(type, field, at, bytes) {#type, #field, at, bytes},
#include <pv-abi/layout.def>
    {"", NULL, 0, 0},
};

/* Rows of one call stand together. */
const struct operation *operation_of(uint64_t call, unsigned int i)
{
    unsigned int first = 0, count = 0;

    while (first < ARRAY_SIZE(operations) && operations[first].call != call)
        first++;
    while (first + count < ARRAY_SIZE(operations) &&
           operations[first + count].call == call)
        count++;
    return count ? &operations[first + i % count] : NULL;
}

const struct shape *shape_of(const char *type)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(shapes) - 1; i++)
        if (!shapes[i].name && strcmp(shapes[i].type, type) == 0)
            return &shapes[i];
    return NULL;
}

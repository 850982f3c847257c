/* SPDX-License-Identifier: MIT */
/*
 * Attacks on hypercalls: pointers into the hypervisor, numbers out of range,
 * the control interface.
 */
#include <guest/evtchn.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/probe.h>
#include <guest/start.h>
#include <pv-abi/domctl.h>
#include <pv-abi/errno.h>
#include <pv-abi/grant_table.h>
#include <pv-abi/memory.h>
#include <pv-abi/multicall.h>
#include <pv-abi/sched.h>
#include <pv-abi/sysctl.h>
#include <pv-abi/vcpu.h>
#include <pv-abi/version.h>
#include "attack.h"

/* Where a hypervisor has memory of its own. */
#define INSIDE ((void *)(HYPERVISOR_VIRT_START + (1UL << 39)))

/* --- pointers --- */

static long table_from_inside(void)
{
    return hypercall_set_trap_table(INSIDE);
}

static long updates_from_inside(void)
{
    return hypercall_mmu_update(INSIDE, 1, NULL, DOMID_SELF);
}

static long operations_from_inside(void)
{
    return hypercall_mmuext_op(INSIDE, 1, NULL, DOMID_SELF);
}

static long calls_from_inside(void)
{
    return hypercall_multicall(INSIDE, 1);
}

static long events_from_inside(void)
{
    return hypercall_event_channel_op(EVTCHNOP_alloc_unbound, INSIDE);
}

static long grants_from_inside(void)
{
    return hypercall_grant_table_op(GNTTABOP_query_size, INSIDE, 1);
}

static long version_to_inside(void)
{
    return hypercall_xen_version(XENVER_extraversion, INSIDE);
}

static long features_over_the_frame_table(void)
{
    return hypercall_xen_version(XENVER_get_features,
                                 (void *)MACH2PHYS_VIRT_START);
}

static long poll_from_inside(void)
{
    struct sched_poll poll = {.ports = INSIDE, .nr_ports = 1};

    return hypercall_sched_op(SCHEDOP_poll, &poll);
}

static long reservation_to_inside(void)
{
    struct xen_memory_reservation r = {
        .extent_start = INSIDE,
        .nr_extents = 1,
        .domid = DOMID_SELF,
    };

    /* A count, never an error: none was given. */
    return hypercall_memory_op(XENMEM_populate_physmap, &r) == 0 ? -XEN_EFAULT
                                                                 : 0;
}

/* XSA-212: counted from an address that is good. */
static long exchange_to_inside(void)
{
    struct xen_memory_exchange x = {
        .in = {.extent_start = (void *)(1UL << 43),
               .nr_extents = 1UL << 61,
               .domid = DOMID_SELF},
        .out = {.nr_extents = 1UL << 61, .domid = DOMID_SELF},
        .nr_exchanged = (uint64_t)INSIDE / 8,
    };

    return hypercall_memory_op(XENMEM_exchange, &x);
}

static long grant_list_to_inside(void)
{
    struct gnttab_setup_table setup = {
        .dom = DOMID_SELF,
        .nr_frames = 1,
        .frame_list = INSIDE,
    };
    long answer = hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1);

    return answer ? answer : setup.status;
}

/* --- numbers --- */

static long unknown_hypercall(void)
{
    return hypercall5(63, 0, 0, 0, 0, 0);
}

static long hypercall_far_out(void)
{
    return hypercall5(1UL << 40 | __HYPERVISOR_xen_version, 0, 0, 0, 0, 0);
}

static long negative_hypercall(void)
{
    return hypercall5(~0UL, 0, 0, 0, 0, 0);
}

static long send_beyond_ports(void)
{
    return evtchn_send(~0U);
}

static long close_port_0(void)
{
    struct evtchn_close op = {.port = 0};

    return hypercall_event_channel_op(EVTCHNOP_close, &op);
}

static long interrupt_beyond_the_last(void)
{
    return evtchn_bind_virq(~0U, NULL, NULL);
}

static long virtual_cpu_beyond_the_last(void)
{
    return hypercall_vcpu_op(VCPUOP_up, ~0U, NULL);
}

static long map_reference_beyond_the_table(void)
{
    struct gnttab_map_grant_ref map = {
        .host_addr = DIRECT_BASE,
        .flags = GNTMAP_host_map,
        .ref = ~0U,
        .dom = attack_own_domid(),
    };
    long answer = hypercall_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);

    return answer ? answer : map.status;
}

static long unmap_unknown_handle(void)
{
    struct gnttab_unmap_grant_ref op = {.handle = ~0U};
    long answer = hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1);

    return answer ? answer : op.status;
}

static long multicall_in_a_multicall(void)
{
    struct multicall_entry inner = {.op = __HYPERVISOR_xen_version};
    struct multicall_entry outer = {.op = __HYPERVISOR_multicall};

    outer.args[0] = (uint64_t)(uintptr_t)&inner;
    outer.args[1] = 1;
    if (hypercall_multicall(&outer, 1))
        return 0;
    return outer.result;
}

/* --- the control interface --- */

static long create_a_domain(void)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_createdomain,
        .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
    };

    return start_is_dom0() ? ATTACK_SKIPPED : hypercall_domctl(&op);
}

static long pause_the_first_domain(void)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_pausedomain,
        .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
        .domain = 0,
    };

    return start_is_dom0() ? ATTACK_SKIPPED : hypercall_domctl(&op);
}

static long ask_about_the_machine(void)
{
    struct xen_sysctl op = {
        .cmd = XEN_SYSCTL_physinfo,
        .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
    };

    return start_is_dom0() ? ATTACK_SKIPPED : hypercall_sysctl(&op);
}

static long wrong_control_version(void)
{
    struct xen_domctl op = {.cmd = XEN_DOMCTL_createdomain,
                            .interface_version = 1};

    return hypercall_domctl(&op);
}

static long control_from_inside(void)
{
    return hypercall_domctl(INSIDE);
}

static long end_the_first_domain(void)
{
    struct sched_remote_shutdown op = {.domain_id = 0, .reason = 0};

    if (start_is_dom0())
        return ATTACK_SKIPPED;
    return hypercall_sched_op(SCHEDOP_remote_shutdown, &op);
}

static long count_memory_of_the_first_domain(void)
{
    domid_t dom = 0;

    if (start_is_dom0())
        return ATTACK_SKIPPED;
    return hypercall_memory_op(XENMEM_current_reservation, &dom);
}

const struct attack call_attacks[] = {
    {"trap table from inside", table_from_inside, {-XEN_EFAULT}},
    {"updates from inside", updates_from_inside, {-XEN_EFAULT}},
    {"operations from inside", operations_from_inside, {-XEN_EFAULT}},
    {"calls from inside", calls_from_inside, {-XEN_EFAULT}},
    {"events from inside", events_from_inside, {-XEN_EFAULT}},
    {"grants from inside", grants_from_inside, {-XEN_EFAULT}},
    {"version to inside", version_to_inside, {-XEN_EFAULT}},
    {"features over the M2P", features_over_the_frame_table, {-XEN_EFAULT}},
    {"poll from inside", poll_from_inside, {-XEN_EFAULT}},
    {"reservation to inside", reservation_to_inside, {-XEN_EFAULT}},
    {"exchange to inside", exchange_to_inside, {-XEN_EFAULT}},
    {"grant frames to inside",
     grant_list_to_inside,
     {-XEN_EFAULT, GNTST_general_error, GNTST_bad_virt_addr}},
    {"unknown hypercall", unknown_hypercall, {-XEN_ENOSYS}},
    {"hypercall far out", hypercall_far_out, {-XEN_ENOSYS}},
    {"negative hypercall", negative_hypercall, {-XEN_ENOSYS}},
    {"send beyond the ports", send_beyond_ports, {-XEN_EINVAL}},
    {"close port 0", close_port_0, {-XEN_EINVAL}},
    {"no such interrupt", interrupt_beyond_the_last, {-XEN_EINVAL}},
    {"no such virtual CPU", virtual_cpu_beyond_the_last, {-XEN_ENOENT}},
    {"no such grant", map_reference_beyond_the_table, {GNTST_bad_gntref}},
    {"no such handle", unmap_unknown_handle, {GNTST_bad_handle}},
    {"multicall in a multicall", multicall_in_a_multicall, {-XEN_EINVAL}},
    {"create a domain", create_a_domain, {-XEN_EPERM}},
    {"pause the first domain", pause_the_first_domain, {-XEN_EPERM}},
    {"ask about the machine", ask_about_the_machine, {-XEN_EPERM}},
    {"wrong control version", wrong_control_version, {-XEN_EACCES}},
    {"control from inside", control_from_inside, {-XEN_EFAULT}},
    {"end the first domain", end_the_first_domain, {-XEN_EPERM, -XEN_ESRCH}},
    {"count another's memory",
     count_memory_of_the_first_domain,
     {-XEN_EPERM, -XEN_ESRCH}},
    {0},
};

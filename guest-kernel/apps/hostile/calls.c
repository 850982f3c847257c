/* SPDX-License-Identifier: MIT */
/*
 * Attacks on hypercalls: pointers into the hypervisor, numbers out of range,
 * the control interface, and calls by chance.
 */
#include <guest/evtchn.h>
#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/probe.h>
#include <guest/start.h>
#include <guest/trap.h>
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

/* --- by chance --- */

static uint64_t state;

static uint64_t chance(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* What chance may write over; unmapped pages lie on either side, and nothing
 * else of ours is ever pointed to. */
#define SCRATCH_BYTES (2 * PAGE_SIZE)
static uint64_t *scratch;

static uint64_t interesting(void)
{
    static const uint64_t edges[] = {
        0,
        1,
        2,
        7,
        0x7fff,
        0x7ff0,
        0x7ff1,
        0x7ff2,
        0x80000000,
        0xffffffff,
        ~0UL,
        1UL << 63,
        0x800000000000,
        HYPERVISOR_VIRT_START,
        HYPERVISOR_VIRT_END - 1,
        HYPERVISOR_VIRT_START + (1UL << 39),
    };

    switch (chance() % 4) {
    case 0:
        return edges[chance() % (sizeof(edges) / sizeof(edges[0]))];
    case 1:
        return chance() % 64;
    case 2: /* also unaligned, and across the end */
        return (uint64_t)(uintptr_t)scratch + chance() % SCRATCH_BYTES;
    default:
        return chance() >> (chance() % 64);
    }
}

/* What the initial domain may do, to the machine and to everybody. */
static bool is_power(uint64_t nr)
{
    switch (nr) {
    case __HYPERVISOR_domctl:
    case __HYPERVISOR_sysctl:
    case __HYPERVISOR_platform_op:
    case __HYPERVISOR_physdev_op:
    case __HYPERVISOR_physdev_op_compat:
    case __HYPERVISOR_kexec_op:
    case __HYPERVISOR_hypfs_op:
    case __HYPERVISOR_mca:
        return true;
    default:
        return false;
    }
}

/* Calls whose success would be our own end, or nobody's business. */
static bool is_suicide(uint64_t nr, const uint64_t *args)
{
    switch (nr) {
    case __HYPERVISOR_set_trap_table: /* NULL: no handlers any more */
    case __HYPERVISOR_set_callbacks:
    case __HYPERVISOR_callback_op:
    case __HYPERVISOR_iret:
    case __HYPERVISOR_set_gdt:   /* 0 entries is allowed, and so is a new one */
    case __HYPERVISOR_multicall: /* may hold any of the others */
    case __HYPERVISOR_nmi_op:
    case __HYPERVISOR_xenoprof_op: /* Xen shares buffers of it with us */
        return true;
    case __HYPERVISOR_sched_op:
    case __HYPERVISOR_sched_op_compat:
        return true; /* block without a wake-up, shutdown, poll for ever */
    case __HYPERVISOR_vcpu_op:
        return (uint32_t)args[0] == VCPUOP_down ||
               (uint32_t)args[0] == VCPUOP_register_vcpu_info;
    case __HYPERVISOR_event_channel_op:
        return (uint32_t)args[0] == EVTCHNOP_reset ||
               (uint32_t)args[0] == EVTCHNOP_close ||
               (uint32_t)args[0] == EVTCHNOP_init_control ||
               (uint32_t)args[0] == EVTCHNOP_bind_vcpu;
    case __HYPERVISOR_grant_table_op: /* the table would change its layout */
        return (uint32_t)args[0] == GNTTABOP_set_version;
    case __HYPERVISOR_memory_op: /* gives our pages away */
        return true;
    case __HYPERVISOR_update_va_mapping:
    case __HYPERVISOR_update_va_mapping_otherdomain:
        return args[0] >= DIRECT_BASE; /* unmaps what we stand on */
    case __HYPERVISOR_console_io:
        return true; /* noise */
    default:
        return start_is_dom0() && is_power(nr);
    }
}

static void call_by_chance(void *arg)
{
    uint64_t *left = arg;

    for (; *left; --*left) {
        uint64_t nr = chance() % 64, args[5];

        for (int i = 0; i < 5; i++)
            args[i] = interesting();
        for (int i = 0; i < 16; i++)
            scratch[chance() % (SCRATCH_BYTES / 8)] = interesting();
        if (!is_suicide(nr, args))
            hypercall5(nr, args[0], args[1], args[2], args[3], args[4]);
    }
}

/* A breakpoint that chance has set. */
static void ignore(struct cpu_user_regs *regs)
{
}

/* Chance may have told the M2P lies about our frames: a guest may, and our
 * own kernel would believe them. */
static void repair_m2p(void)
{
    const uint64_t *m2p = (const uint64_t *)MACH2PHYS_VIRT_START;

    for (uint64_t pfn = 0; pfn < page_total(); pfn++) {
        uint64_t mfn = pfn_to_mfn(pfn);
        struct mmu_update fix = {
            .ptr = mfn << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, .val = pfn};

        if (m2p[mfn] != pfn)
            hypercall_mmu_update(&fix, 1, NULL, DOMID_SELF);
    }
}

void attack_by_chance(uint64_t seed, uint64_t count)
{
    bool survived;

    struct probe p;

    trap_set_handler(TRAP_DB, ignore);
    state = seed * 0x9e3779b97f4a7c15UL + 1;
    while (count) {
        /* Chance may also have taken the scratch area from us. */
        scratch = kmap_alloc(SCRATCH_BYTES);
        if (!scratch)
            return;
        survived = probe_run(&p, call_by_chance, &count);
        repair_m2p();
        if (survived)
            kmap_free(scratch, SCRATCH_BYTES);
    }
}

/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <pv-abi/event_channel.h>
#include <pv-abi/hypercalls.h>
#include <pv-abi/sched.h>
#include <pv-abi/vcpu.h>

#include "domain.h"
#include "guests.h"

static void sleep_a_little(struct cpu *c)
{
    evtchn_port_t port = 1 + chance(c, PORTS - 1);
    struct vcpu_set_singleshot_timer timer = {
        .timeout_abs_ns = hal_now_ns() + chance(c, 300000)};
    struct evtchn_bind_virq virq = {.virq = VIRQ_TIMER, .vcpu = c->current->id};
    struct sched_poll poll = {
        .ports.va = c->arg_va + 256,
        .nr_ports = chance(c, 3),
        .timeout = hal_now_ns() + chance(c, 300000),
    };
    struct vcpu *v = c->current;

    if (chance(c, 4)) {
        memcpy(fake_guest(poll.ports.va), &port, sizeof(port));
        call_op(c, __HYPERVISOR_sched_op, SCHEDOP_poll, &poll, sizeof(poll), 0);
        return;
    }
    call_op(c, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &virq,
            sizeof(virq), 0);
    memcpy(fake_guest(c->arg_va), &timer, sizeof(timer));
    if (c->current == v)
        cpu_call(c, __HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, v->id,
                 c->arg_va, 0);
    if (c->current == v)
        call_op(c, __HYPERVISOR_sched_op, SCHEDOP_block, NULL, 0, 0);
}

/* vCPU 0 starts and stops its sibling, and looks at it. */
static void vcpu_step(struct cpu *c)
{
    static const uint32_t cmds[] = {VCPUOP_up, VCPUOP_up, VCPUOP_is_up,
                                    VCPUOP_get_runstate_info,
                                    VCPUOP_stop_singleshot_timer};
    struct vcpu_set_periodic_timer period = {.period_ns =
                                                 1000000 + chance(c, 1000000)};
    unsigned int id = chance(c, VCPUS);

    if (chance(c, 8) == 0) {
        cpu_call(c, __HYPERVISOR_vcpu_op, VCPUOP_down, 1, 0, 0);
    } else if (chance(c, 4) == 0) {
        memcpy(fake_guest(c->arg_va), &period, sizeof(period));
        cpu_call(c, __HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, id,
                 c->arg_va, 0);
    } else {
        cpu_call(c, __HYPERVISOR_vcpu_op, cmds[chance(c, 5)], id, c->arg_va, 0);
    }
}

/* Copies of its account and its clock, and its own vcpu_info. */
static void register_step(struct cpu *c)
{
    struct vcpu *v = c->current;
    unsigned int number = self(c) * VCPUS + v->id;
    struct vcpu_register_runstate_memory_area area = {.addr.p = AREAS_VA +
                                                                number * 256};
    struct vcpu_register_vcpu_info info = {
        .mfn = any_frame(c, self(c)).n,
        .offset = v->id * 512,
    };

    if (chance(c, 4) == 0 && self(c) < GUESTS) {
        memcpy(fake_guest(c->arg_va), &info, sizeof(info));
        cpu_call(c, __HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, v->id,
                 c->arg_va, 0);
        return;
    }
    if (chance(c, 2))
        area.addr.p += 128;
    memcpy(fake_guest(c->arg_va), &area, sizeof(area));
    cpu_call(c, __HYPERVISOR_vcpu_op,
             area.addr.p & 128 ? VCPUOP_register_vcpu_time_memory_area
                               : VCPUOP_register_runstate_memory_area,
             v->id, c->arg_va, 0);
}

/* The end of those that come and go; somebody destroys them, or resumes. */
static void end_step(struct cpu *c)
{
    struct sched_shutdown end = {SHUTDOWN_suspend};
    struct sched_remote_shutdown other = {
        .domain_id = (domid_t)(GUESTS + chance(c, GUESTS_MAX - GUESTS)),
        .reason = SHUTDOWN_reboot,
    };
    struct sched_watchdog watchdog = {chance(c, 3), chance(c, 2)};
    struct xen_domctl op = {0};

    if (self(c) == 0 && chance(c, 2))
        domctl(c, XEN_DOMCTL_resumedomain, other.domain_id, &op);
    else if (self(c) == 0)
        call_op(c, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &other,
                sizeof(other), 0);
    else if (self(c) >= GUESTS && chance(c, 4) == 0)
        call_op(c, __HYPERVISOR_sched_op, SCHEDOP_shutdown, &end, sizeof(end),
                0);
    else if (self(c) >= GUESTS)
        call_op(c, __HYPERVISOR_sched_op, SCHEDOP_watchdog, &watchdog,
                sizeof(watchdog), 0);
}

/* What dom0 may do to the vCPUs of others. */
void control_step(struct cpu *c)
{
    domid_t id = (domid_t)(1 + chance(c, GUESTS_MAX - 1));
    uint64_t cpus = 1 + chance(c, (1u << CPUS) - 1);
    struct xen_domctl op = {0};

    switch (chance(c, 6)) {
    case 0:
        domctl(c, XEN_DOMCTL_pausedomain, id, &op);
        break;
    case 1 ... 2:
        domctl(c, XEN_DOMCTL_unpausedomain, id, &op);
        break;
    case 3:
        memcpy(fake_guest(c->arg_va + 512), &cpus, sizeof(cpus));
        op.u.vcpuaffinity.vcpu = chance(c, VCPUS);
        op.u.vcpuaffinity.flags = 1 + chance(c, 3); /* hard, soft, both */
        op.u.vcpuaffinity.cpumap_hard.bitmap.va = c->arg_va + 512;
        op.u.vcpuaffinity.cpumap_hard.nr_bits = CPUS;
        op.u.vcpuaffinity.cpumap_soft = op.u.vcpuaffinity.cpumap_hard;
        domctl(c, XEN_DOMCTL_setvcpuaffinity, id, &op);
        break;
    case 4:
        op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
        op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
        op.u.scheduler_op.u.credit2.weight = (uint16_t)(1 + chance(c, 1000));
        op.u.scheduler_op.u.credit2.cap = chance(c, 2) ? 50 : 0;
        domctl(c, XEN_DOMCTL_scheduler_op, id, &op);
        break;
    default:
        op.u.getvcpuinfo.vcpu = chance(c, VCPUS);
        domctl(c, XEN_DOMCTL_getvcpuinfo, id, &op);
    }
}

void sched_step(struct cpu *c)
{
    struct sched_pin_override pin = {(int)chance(c, 2 * CPUS) - CPUS};

    pin.pcpu = pin.pcpu < 0 ? -1 : pin.pcpu;
    switch (chance(c, 11)) {
    case 0 ... 1:
        sleep_a_little(c);
        break;
    case 2:
        call_op(c, __HYPERVISOR_sched_op, SCHEDOP_yield, NULL, 0, 0);
        break;
    case 3 ... 4:
        vcpu_step(c);
        break;
    case 5 ... 6:
        if (self(c) == 0)
            control_step(c);
        break;
    case 7:
        register_step(c);
        break;
    case 8:
        end_step(c);
        break;
    case 9:
        if (self(c) == 0)
            call_op(c, __HYPERVISOR_sched_op, SCHEDOP_pin_override, &pin,
                    sizeof(pin), 0);
        break;
    default:
        event_step(c);
    }
}

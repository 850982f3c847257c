/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <pv-abi/hypercalls.h>
#include <pv-abi/memory.h>
#include <pv-abi/sched.h>
#include <pv-abi/sysctl.h>

#include "bug.h"
#include "domain/domain.h"
#include "fake/machine.h"
#include "guests.h"

/* Where a builder has its lists and contexts, in its CPU's memory. */
#define LIST_VA(c)    ((c)->arg_va + 2 * PAGE_SIZE)
#define CONTEXT_VA(c) ((c)->arg_va + 4 * PAGE_SIZE)

static bool populate(struct cpu *c, domid_t id, mfn_t frames[4])
{
    struct xen_memory_reservation op = {
        .extent_start.va = LIST_VA(c),
        .nr_extents = 4,
        .domid = id,
    };

    if (!c->current || self(c) != 0)
        return false;
    memset(fake_guest(LIST_VA(c)), 0, 4 * sizeof(uint64_t));
    if (call_op(c, __HYPERVISOR_memory_op, XENMEM_populate_physmap, &op,
                sizeof(op), 0) != 4)
        return false;
    memcpy(frames, fake_guest(LIST_VA(c)), 4 * sizeof(*frames));
    return true;
}

/* The first word of a frame that the domain may have lost meanwhile. */
static void write_foreign(struct hv *hv, domid_t id, mfn_t m, uint64_t value)
{
    struct domain *d = domain_find(hv, id);
    struct frame *f;

    if (d && frame_get_writable(d, m, &f) == 0) {
        poke(m, 0, value);
        frame_put_writable(hv, f);
    }
    if (d)
        domain_put(d);
}

static void start_vcpus(struct cpu *c, domid_t id, const mfn_t frames[4])
{
    struct vcpu_guest_context *context = fake_guest(CONTEXT_VA(c));
    struct xen_domctl op = {0};

    for (unsigned int i = 0; i < 3; i++)
        write_foreign(c->hv, id, frames[i], pte_make(frames[i + 1], PTE_TABLE));
    memset(context, 0, sizeof(*context));
    context->flags = VGCF_in_kernel | VGCF_online;
    context->ctrlreg[3] = xen_pfn_to_cr3(frames[0].n);
    op.u.vcpucontext.ctxt.va = CONTEXT_VA(c);
    for (unsigned int i = 0; i < VCPUS && dom0_runs(c); i++) {
        op.u.vcpucontext.vcpu = i;
        domctl(c, XEN_DOMCTL_setvcpucontext, id, &op);
    }
    if (dom0_runs(c))
        domctl(c, XEN_DOMCTL_unpausedomain, id, &op);
}

static void build(struct cpu *c, domid_t id)
{
    struct xen_domctl op = {.u.createdomain = {
                                .max_vcpus = VCPUS,
                                .max_evtchn_port = 1023,
                                .max_grant_frames = 2,
                                .max_maptrack_frames = 2,
                                .grant_opts = XEN_DOMCTL_GRANT_version(1),
                            }};
    mfn_t frames[4];

    if (domctl(c, XEN_DOMCTL_createdomain, id, &op))
        return;
    op.u.max_vcpus.max = VCPUS;
    if (!dom0_runs(c) || domctl(c, XEN_DOMCTL_max_vcpus, id, &op))
        return;
    op.u.max_mem.max_memkb = 8 * 4;
    if (!dom0_runs(c) || domctl(c, XEN_DOMCTL_max_mem, id, &op))
        return;
    if (populate(c, id, frames) && dom0_runs(c))
        start_vcpus(c, id, frames);
}

/* What tools ask all the time. */
static void look(struct cpu *c, domid_t id)
{
    struct xen_sysctl list = {.cmd = XEN_SYSCTL_getdomaininfolist,
                              .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
                              .u.getdomaininfolist = {.max_domains = GUESTS_MAX,
                                                      .buffer.va = LIST_VA(c)}};
    struct xen_domctl op = {0};

    switch (chance(c, 3)) {
    case 0:
        domctl(c, XEN_DOMCTL_getdomaininfo, id, &op);
        break;
    case 1:
        memcpy(fake_guest(c->arg_va), &list, sizeof(list));
        cpu_call(c, __HYPERVISOR_sysctl, c->arg_va, 0, 0, 0);
        break;
    default:
        op.u.vcpucontext.vcpu = chance(c, VCPUS);
        op.u.vcpucontext.ctxt.va = CONTEXT_VA(c);
        domctl(c, XEN_DOMCTL_getvcpucontext, id, &op);
    }
}

void domain_step(struct cpu *c)
{
    domid_t id = (domid_t)(GUESTS + chance(c, GUESTS_MAX - GUESTS));
    struct xen_domctl op = {0};

    if (self(c) != 0) {
        event_step(c);
        return;
    }
    switch (chance(c, 8)) {
    case 0 ... 1:
        build(c, id);
        break;
    case 2 ... 3:
        domctl(c, XEN_DOMCTL_destroydomain, id, &op);
        break;
    case 4 ... 5:
        look(c, id);
        break;
    case 6:
        control_step(c);
        break;
    default:
        event_step(c);
    }
}

#define SHORT_LIVED (GUESTS_MAX + 1)

/* CPU 0 makes and ends a domain; the others find it, as long as it is there,
 * and may be the last to let it go. */
static void serve_life(struct cpu *c, struct effects *fx)
{
    struct domain_config config = {
        .max_vcpus = 1,
        .max_evtchn_port = 1023,
        .max_grant_frames = 1,
        .max_maptrack_frames = 1,
    };
    struct domain *d;

    for (unsigned int i = 0; c->id != 0 && i < 32; i++)
        if ((d = domain_find(c->hv, SHORT_LIVED)))
            domain_put(d);
    if (c->id != 0)
        return;
    domains_reap(c->hv);
    if (domain_create(c->hv, SHORT_LIVED, &config, &d))
        return;
    BUG_ON(domain_destroy(d, fx));
    domain_put(d);
}

void life_step(struct cpu *c)
{
    cpu_fault(c, serve_life);
}

void any_step(struct cpu *c)
{
    static void (*const steps[])(struct cpu * c) = {
        event_step, grant_step, memory_step, sched_step, domain_step};

    steps[chance(c, 5)](c);
}

/* SPDX-License-Identifier: MIT */
/* Operations on a domain as a whole. */
#include <string.h>

#include "errno.h"

#include "domain/control.h"
#include "domain/hypercall_page.h"
#include "hal.h"
#include "mm/table.h"
#include "sched/clock.h"
#include "sched/runqueue.h"

/* Width of what a PV guest calls a frame: any machine address. */
#define ADDRESS_BITS 46

#define PAGEINFO_MAX   1024
#define PAGEINFO_BATCH 32

static bool is_self(const struct control_call *c)
{
    return c->d == c->v->d;
}

/* What a guest of this hypervisor can be: PV, with grants of version 1. */
static bool config_ok(const struct xen_domctl_createdomain *c)
{
    return !(c->flags & ~XEN_DOMCTL_CDF_xs_domain) && c->iommu_opts == 0 &&
           c->grant_opts == XEN_DOMCTL_GRANT_version(1) &&
           c->vmtrace_size == 0 && c->cpupool_id == 0 &&
           c->arch.emulation_flags == 0 &&
           !(c->arch.misc_flags & ~XEN_X86_MSR_RELAXED);
}

int64_t domctl_createdomain(struct control_call *c)
{
    const struct xen_domctl_createdomain *in = &c->domctl.u.createdomain;
    struct domain_config config = {
        .max_vcpus = in->max_vcpus,
        .max_evtchn_port = in->max_evtchn_port,
        .max_grant_frames = in->max_grant_frames,
        .max_maptrack_frames = in->max_maptrack_frames,
        .xenstore = in->flags & XEN_DOMCTL_CDF_xs_domain,
    };
    struct domain *d;
    int error;

    if (!config_ok(in))
        return -EINVAL;
    memcpy(config.handle, in->handle, sizeof(config.handle));
    domains_reap(c->hv);
    error = domain_create(c->hv, c->domctl.domain, &config, &d);
    if (error)
        return error;
    c->domctl.domain = d->domid;
    domain_put(d);
    return 0;
}

int64_t domctl_destroydomain(struct control_call *c)
{
    return is_self(c) ? -EINVAL : domain_destroy(c->d, c->fx);
}

int64_t domctl_pausedomain(struct control_call *c)
{
    return is_self(c) ? -EINVAL : domain_pause(c->d, c->fx);
}

int64_t domctl_unpausedomain(struct control_call *c)
{
    return is_self(c) ? -EINVAL : domain_unpause(c->d, c->fx);
}

/* Harmless when there was no suspend: tools call it to be sure. */
int64_t domctl_resumedomain(struct control_call *c)
{
    if (is_self(c))
        return -EINVAL;
    (void)!domain_resume(c->d, c->fx);
    return 0;
}

/* What the vCPUs do, as XEN_DOMINF_* and numbers. */
static void vcpu_info_sum(struct domain *d, uint64_t now_ns,
                          struct xen_domctl_getdomaininfo *info)
{
    struct vcpu *v;

    info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
    info->flags |= XEN_DOMINF_blocked;
    domain_for_each_vcpu (d, v) {
        info->max_vcpu_id = v->id;
        info->cpu_time += vcpu_run_time(v, now_ns);
        if (!vcpu_is_online(v))
            continue;
        info->nr_online_vcpus++;
        if (v->sched.run != VCPU_BLOCKED)
            info->flags &= ~XEN_DOMINF_blocked;
        if (v->sched.run == VCPU_RUNNING)
            info->flags |= XEN_DOMINF_running;
    }
}

void domain_info(struct domain *d, uint64_t now_ns,
                 struct xen_domctl_getdomaininfo *info)
{
    memset(info, 0, sizeof(*info));
    info->domain = d->domid;
    spin_lock(&d->lock);
    vcpu_info_sum(d, now_ns, info);
    if (d->dying == DOMAIN_DEAD)
        info->flags |= XEN_DOMINF_dying;
    if (d->shut_down)
        info->flags |= XEN_DOMINF_shutdown;
    if (d->pause_count > 0)
        info->flags |= XEN_DOMINF_paused;
    if (d->xenstore)
        info->flags |= XEN_DOMINF_xs_domain;
    info->flags |= d->shutdown_code << XEN_DOMINF_shutdownshift;
    memcpy(info->handle, d->handle, sizeof(info->handle));
    spin_unlock(&d->lock);

    spin_lock(&d->pages.lock);
    info->tot_pages = d->pages.total;
    info->max_pages = d->pages.max;
    spin_unlock(&d->pages.lock);
    info->shared_info_frame = d->shared_info_mfn.n;
    info->gpaddr_bits = ADDRESS_BITS;
}

int64_t domctl_getdomaininfo(struct control_call *c)
{
    c->domctl.domain = c->d->domid;
    domain_info(c->d, hal_now_ns(), &c->domctl.u.getdomaininfo);
    return 0;
}

int64_t domctl_getpageframeinfo3(struct control_call *c)
{
    const struct xen_domctl_getpageframeinfo3 *in =
        &c->domctl.u.getpageframeinfo3;
    uint64_t words[PAGEINFO_BATCH], va = in->array.va;

    if (in->num > PAGEINFO_MAX)
        return -E2BIG;
    for (uint64_t left = in->num; left > 0;) {
        uint64_t n = left < PAGEINFO_BATCH ? left : PAGEINFO_BATCH;

        if (hal_copy_from_guest(words, va, n * sizeof(words[0])))
            return -EFAULT;
        for (uint64_t i = 0; i < n; i++)
            words[i] = frame_info(c->d, mfn_of(words[i]));
        if (hal_copy_to_guest(va, words, n * sizeof(words[0])))
            return -EFAULT;
        va += n * sizeof(words[0]);
        left -= n;
    }
    return 0;
}

int64_t domctl_max_mem(struct control_call *c)
{
    spin_guard(&c->d->pages.lock);
    c->d->pages.max = c->domctl.u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
    return 0;
}

int64_t domctl_setdomainhandle(struct control_call *c)
{
    spin_guard(&c->d->lock);
    memcpy(c->d->handle, c->domctl.u.setdomainhandle.handle,
           sizeof(c->d->handle));
    return 0;
}

int64_t domctl_settimeoffset(struct control_call *c)
{
    c->d->time_offset_s = c->domctl.u.settimeoffset.time_offset_seconds;
    /* A dead one may have no shared_info any more; see domains_reap. */
    if (c->d->dying != DOMAIN_DEAD)
        wallclock_publish(c->d);
    return 0;
}

int64_t domctl_set_address_size(struct control_call *c)
{
    return c->domctl.u.address_size.size == 64 ? 0 : -EINVAL;
}

int64_t domctl_get_address_size(struct control_call *c)
{
    c->domctl.u.address_size.size = 64;
    return 0;
}

/* A guest reads the TSC itself: modes that promise that can be had. */
int64_t domctl_settscinfo(struct control_call *c)
{
    const struct xen_domctl_tsc_info *in = &c->domctl.u.tsc_info;

    if (is_self(c))
        return -EINVAL;
    if (in->tsc_mode != 0 && in->tsc_mode != 2)
        return -EOPNOTSUPP;
    c->d->tsc_mode = in->tsc_mode;
    c->d->tsc_incarnation = in->incarnation;
    return 0;
}

int64_t domctl_gettscinfo(struct control_call *c)
{
    if (is_self(c))
        return -EINVAL;
    c->domctl.u.tsc_info = (struct xen_domctl_tsc_info){
        .tsc_mode = c->d->tsc_mode,
        .gtsc_khz = c->d->hv->machine.cpu_khz,
        .incarnation = c->d->tsc_incarnation,
        .elapsed_nsec = hal_now_ns(),
    };
    return 0;
}

int64_t domctl_scheduler_op(struct control_call *c)
{
    struct xen_domctl_scheduler_op *op = &c->domctl.u.scheduler_op;

    if (op->sched_id != XEN_SCHEDULER_CREDIT2)
        return -EINVAL;
    switch (op->cmd) {
    case XEN_DOMCTL_SCHEDOP_putinfo:
        if (op->u.credit2.weight != 0) /* else as it was */
            c->d->weight = op->u.credit2.weight;
        domain_set_cap(c->d, op->u.credit2.cap, c->fx);
        return 0;
    case XEN_DOMCTL_SCHEDOP_getinfo:
        op->u.credit2.weight = (uint16_t)c->d->weight;
        op->u.credit2.cap = c->d->cap.percent;
        return 0;
    default:
        return -EINVAL;
    }
}

int64_t domctl_hypercall_init(struct control_call *c)
{
    struct frame *f;
    void *page;
    mfn_t m = mfn_of(c->domctl.u.hypercall_init.gmfn);
    int error = frame_get_writable(c->d, m, &f);

    if (error)
        return error == -EBUSY ? -EPERM : error;
    page = hal_map(m);
    hypercall_page_fill(page);
    hal_unmap(page);
    frame_put_writable(c->d->hv, f);
    return 0;
}

/* One node: whatever is wished for, it is that one. */
int64_t domctl_setnodeaffinity(struct control_call *c)
{
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Operations on the machine as a whole. */
#include "errno.h"

#include "domain/console.h"
#include "domain/control.h"
#include "hal.h"

#define LOG_CHUNK 256

int64_t sysctl_readconsole(struct control_call *c)
{
    struct xen_sysctl_readconsole *op = &c->sysctl.u.readconsole;
    uint32_t index = op->index, room = op->count, done = 0;
    bool on = op->incremental;
    char chunk[LOG_CHUNK];

    while (done < room) {
        size_t want = room - done < sizeof(chunk) ? room - done : sizeof(chunk);
        size_t n = console_log_read(c->hv, on, &index, chunk, want);

        if (n == 0)
            break;
        if (hal_copy_to_guest(op->buffer.va + done, chunk, n))
            return -EFAULT;
        done += (uint32_t)n;
        on = true;
    }
    op->index = index;
    op->count = done;
    if (op->clear)
        console_log_clear(c->hv);
    return 0;
}

static uint64_t free_frames(struct hv *hv)
{
    domains_reap(hv);
    spin_guard(&hv->heap.lock);
    return hv->heap.free_frames;
}

int64_t sysctl_physinfo(struct control_call *c)
{
    struct xen_sysctl_physinfo *op = &c->sysctl.u.physinfo;

    op->threads_per_core = 1;
    op->cores_per_socket = c->hv->machine.cpu_count;
    op->nr_cpus = cpumask_count(cpumask_read(&c->hv->online));
    op->max_cpu_id = c->hv->machine.cpu_count - 1;
    op->nr_nodes = 1;
    op->cpu_khz = c->hv->machine.cpu_khz;
    op->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1;
    op->total_pages = c->hv->machine.ram_frames;
    op->free_pages = free_frames(c->hv);
    op->outstanding_pages = 0; /* there are no claims */
    op->max_mfn = c->hv->frame_count - 1;
    return 0;
}

int64_t sysctl_sched_id(struct control_call *c)
{
    c->sysctl.u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
    return 0;
}

int64_t sysctl_getdomaininfolist(struct control_call *c)
{
    struct xen_sysctl_getdomaininfolist *op = &c->sysctl.u.getdomaininfolist;
    struct xen_domctl_getdomaininfo info;
    uint64_t now_ns = hal_now_ns(), va = op->buffer.va;
    uint32_t done = 0, next = op->first_domain;

    domains_reap(c->hv);
    while (done < op->max_domains && next < DOMID_FIRST_RESERVED) {
        struct domain *d = domain_find_next(c->hv, (domid_t)next);

        if (!d)
            break;
        next = d->domid + 1u;
        domain_info(d, now_ns, &info);
        domain_put(d);
        if (hal_copy_to_guest(va, &info, sizeof(info)))
            return -EFAULT;
        va += sizeof(info);
        done++;
    }
    op->num_domains = done;
    return 0;
}

int64_t sysctl_availheap(struct control_call *c)
{
    c->sysctl.u.availheap.avail_bytes = free_frames(c->hv) * PAGE_SIZE;
    return 0;
}

/* Guests see one socket, and a core for each CPU. */
int64_t sysctl_cputopoinfo(struct control_call *c)
{
    struct xen_sysctl_cputopoinfo *op = &c->sysctl.u.cputopoinfo;
    uint32_t count = c->hv->machine.cpu_count;

    if (op->cputopo.va != 0 && op->num_cpus < count)
        count = op->num_cpus;
    for (uint32_t i = 0; op->cputopo.va != 0 && i < count; i++) {
        struct xen_sysctl_cputopo one = {.core = i};

        if (hal_copy_to_guest(op->cputopo.va + i * sizeof(one), &one,
                              sizeof(one)))
            return -EFAULT;
    }
    op->num_cpus = count;
    return 0;
}

int64_t sysctl_numainfo(struct control_call *c)
{
    struct xen_sysctl_numainfo *op = &c->sysctl.u.numainfo;
    struct xen_sysctl_meminfo memory = {
        .memsize = c->hv->machine.ram_frames * PAGE_SIZE,
        .memfree = free_frames(c->hv) * PAGE_SIZE,
    };
    uint32_t distance = 10; /* to itself, by convention */
    bool wanted = op->num_nodes > 0;

    if (wanted && op->meminfo.va != 0 &&
        hal_copy_to_guest(op->meminfo.va, &memory, sizeof(memory)))
        return -EFAULT;
    if (wanted && op->distance.va != 0 &&
        hal_copy_to_guest(op->distance.va, &distance, sizeof(distance)))
        return -EFAULT;
    op->num_nodes = 1;
    return 0;
}

static uint32_t count_domains(struct hv *hv)
{
    struct domain *d;
    uint32_t n = 0;

    spin_guard(&hv->domains_lock);
    LIST_FOREACH (d, &hv->domains, link)
        n++;
    return n;
}

int64_t sysctl_cpupool_op(struct control_call *c)
{
    struct xen_sysctl_cpupool_op *op = &c->sysctl.u.cpupool_op;

    switch (op->op) {
    case XEN_SYSCTL_CPUPOOL_OP_INFO:
        /* Asked for an id, tools mean the first pool at or above it. */
        if (op->cpupool_id != 0 && op->cpupool_id != XEN_SYSCTL_CPUPOOL_PAR_ANY)
            return -ENOENT;
        op->cpupool_id = 0;
        op->sched_id = XEN_SCHEDULER_CREDIT2;
        op->n_dom = count_domains(c->hv);
        return bitmap_write(&op->cpumap, cpumask_read(&c->hv->online).bits,
                            c->hv->machine.cpu_count);
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
        return bitmap_write(&op->cpumap, 0, c->hv->machine.cpu_count);
    default:
        return -EOPNOTSUPP;
    }
}

int64_t sysctl_get_cpu_levelling_caps(struct control_call *c)
{
    c->sysctl.u.cpu_levelling_caps.caps = 0;
    return 0;
}

/* SPDX-License-Identifier: MIT */
#include "domain/sysctl.h"

#include <string.h>

#include "errno.h"

#include <pv-abi/sysctl.h>

#include "domain/bitmap_arg.h"
#include "domain/console.h"
#include "domain/control.h"
#include "domain/domctl.h"
#include "hal.h"
#include "mm/alloc.h"
#include "speculation.h"

#define LOG_CHUNK 256

/*
 * The operations: hv is the machine, op a private copy, zeroed where the row
 * has OUT only. 0 or an error; state is unchanged on error.
 */

static int64_t op_readconsole(struct hv *hv, struct xen_sysctl *sysctl,
                              struct effects *fx)
{
    struct xen_sysctl_readconsole *op = &sysctl->u.readconsole;
    uint32_t index = op->index, room = op->count, done = 0;
    bool on = op->incremental;
    char chunk[LOG_CHUNK];

    while (done < room) {
        size_t want = room - done < sizeof(chunk) ? room - done : sizeof(chunk);
        size_t n = console_log_read(hv, on, &index, chunk, want);

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
        console_log_clear(hv);
    return 0;
}

static uint64_t free_frames(struct hv *hv)
{
    uint64_t n;

    domains_reap(hv);
    spin_lock(&hv->heap.lock);
    n = hv->heap.free_frames;
    spin_unlock(&hv->heap.lock);
    return n;
}

static int64_t op_physinfo(struct hv *hv, struct xen_sysctl *sysctl,
                           struct effects *fx)
{
    struct xen_sysctl_physinfo *op = &sysctl->u.physinfo;

    op->threads_per_core = hv->machine.threads_per_core;
    op->cores_per_socket = hv->machine.cores_per_socket;
    op->nr_cpus = cpumask_count(cpumask_read(&hv->online));
    op->max_cpu_id = hv->machine.cpu_count - 1;
    op->nr_nodes = 1;
    op->cpu_khz = hv->machine.cpu_khz;
    op->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1;
    op->total_pages = hv->machine.ram_frames;
    op->free_pages = free_frames(hv);
    op->outstanding_pages = 0; /* there are no claims */
    op->max_mfn = hv->frame_count - 1;
    return 0;
}

static int64_t op_sched_id(struct hv *hv, struct xen_sysctl *sysctl,
                           struct effects *fx)
{
    sysctl->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
    return 0;
}

static int64_t op_getdomaininfolist(struct hv *hv, struct xen_sysctl *sysctl,
                                    struct effects *fx)
{
    struct xen_sysctl_getdomaininfolist *op = &sysctl->u.getdomaininfolist;
    struct xen_domctl_getdomaininfo info;
    uint64_t now_ns = hal_now_ns(), va = op->buffer.va;
    uint32_t done = 0, next = op->first_domain;

    domains_reap(hv);
    while (done < op->max_domains && next < DOMID_FIRST_RESERVED) {
        struct domain *d = domain_find_next(hv, (domid_t)next);

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

static int64_t op_availheap(struct hv *hv, struct xen_sysctl *sysctl,
                            struct effects *fx)
{
    sysctl->u.availheap.avail_bytes = free_frames(hv) * PAGE_SIZE;
    return 0;
}

/* --------------------------------------------------------------- topology */

static int64_t op_cputopoinfo(struct hv *hv, struct xen_sysctl *sysctl,
                              struct effects *fx)
{
    struct xen_sysctl_cputopoinfo *op = &sysctl->u.cputopoinfo;
    uint32_t count = hv->machine.cpu_count;
    uint32_t threads = hv->machine.threads_per_core;
    uint32_t cores = hv->machine.cores_per_socket;

    if (op->cputopo.va != 0 && op->num_cpus < count)
        count = op->num_cpus;
    for (uint32_t i = 0; op->cputopo.va != 0 && i < count; i++) {
        struct xen_sysctl_cputopo one = {
            .core = threads && cores ? i / threads % cores : 0,
            .socket = threads && cores ? i / threads / cores : 0,
        };

        if (hal_copy_to_guest(op->cputopo.va + i * sizeof(one), &one,
                              sizeof(one)))
            return -EFAULT;
    }
    op->num_cpus = count;
    return 0;
}

static int64_t op_numainfo(struct hv *hv, struct xen_sysctl *sysctl,
                           struct effects *fx)
{
    struct xen_sysctl_numainfo *op = &sysctl->u.numainfo;
    struct xen_sysctl_meminfo memory = {
        .memsize = hv->machine.ram_frames * PAGE_SIZE,
        .memfree = free_frames(hv) * PAGE_SIZE,
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

    spin_lock(&hv->domains_lock);
    LIST_FOREACH (d, &hv->domains, link)
        n++;
    spin_unlock(&hv->domains_lock);
    return n;
}

static int64_t op_cpupool_op(struct hv *hv, struct xen_sysctl *sysctl,
                             struct effects *fx)
{
    struct xen_sysctl_cpupool_op *op = &sysctl->u.cpupool_op;

    switch (op->op) {
    case XEN_SYSCTL_CPUPOOL_OP_INFO:
        /* Asked for an id, tools mean the first pool at or above it. */
        if (op->cpupool_id != 0 && op->cpupool_id != XEN_SYSCTL_CPUPOOL_PAR_ANY)
            return -ENOENT;
        op->cpupool_id = 0;
        op->sched_id = XEN_SCHEDULER_CREDIT2;
        op->n_dom = count_domains(hv);
        return bitmap_write(&op->cpumap, cpumask_read(&hv->online).bits,
                            hv->machine.cpu_count);
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
        return bitmap_write(&op->cpumap, 0, hv->machine.cpu_count);
    default:
        return -EOPNOTSUPP;
    }
}

static int64_t op_get_cpu_levelling_caps(struct hv *hv,
                                         struct xen_sysctl *sysctl,
                                         struct effects *fx)
{
    sysctl->u.cpu_levelling_caps.caps = 0;
    return 0;
}

/* ------------------------------------------------- derived from the table */

#define ZEROED_IN    false
#define ZEROED_OUT   true
#define ZEROED_INOUT false
#define COPIES_IN    false
#define COPIES_OUT   true
#define COPIES_INOUT true

static const struct {
    int64_t (*run)(struct hv *hv, struct xen_sysctl *op, struct effects *fx);
    uint16_t error; /* without run: the answer to everybody */
    bool zeroed;    /* no input: nothing of it comes back */
    bool copies_back;
} ops[] = {
#define SYSCTL_OP(nr, name, field, direction, doc)                             \
    [nr] = {op_##name, 0, ZEROED_##direction, COPIES_##direction},
#define SYSCTL_OP_REFUSED(nr, name, error, doc)                                \
    [nr] = {NULL, error, false, false},
#include <pv-abi/sysctl_ops.def>
};

int64_t do_sysctl(struct vcpu *v, guest_ptr_t arg, struct effects *fx)
{
    struct xen_sysctl op;
    uint32_t cmd;
    int64_t result =
        control_begin(v, &op, sizeof(op), arg, XEN_SYSCTL_INTERFACE_VERSION);

    if (result)
        return result;
    if (op.cmd >= ARRAY_SIZE(ops))
        return -ENOSYS;
    cmd = (uint32_t)index_masked(op.cmd, ARRAY_SIZE(ops));
    if (!ops[cmd].run)
        return ops[cmd].error ? -(int64_t)ops[cmd].error : -ENOSYS;
    if (ops[cmd].zeroed)
        memset(&op.u, 0, sizeof(op.u));
    result = ops[cmd].run(v->d->hv, &op, fx);
    if (result == 0 && ops[cmd].copies_back &&
        hal_copy_to_guest(arg.va, &op, sizeof(op)))
        return -EFAULT;
    return result;
}

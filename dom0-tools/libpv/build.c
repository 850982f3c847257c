/* SPDX-License-Identifier: MIT */
/* What it takes to fill an empty domain: memory, tables, ports, a vCPU. */
#include "libpv/pv.h"

#include <string.h>

#include <pv-abi/errno.h>
#include <pv-abi/event_channel.h>
#include <pv-abi/grant_table.h>
#include <pv-abi/inline/barrier.h>
#include <pv-abi/memory.h>
#include <pv-abi/mmu.h>

#include "libpv/call.h"

/* Frames asked for in one call: a list of them fits in a page. */
#define POPULATE_BATCH 512

int pv_populate(domid_t domid, uint64_t first_pfn, uint64_t count,
                uint64_t *mfns)
{
    for (uint64_t done = 0; done < count;) {
        uint64_t n = count - done;
        struct xen_memory_reservation op = {.domid = domid};
        long got;

        if (n > POPULATE_BATCH)
            n = POPULATE_BATCH;
        /* In: pfns. The call writes the frames over them. */
        for (uint64_t i = 0; i < n; i++)
            mfns[done + i] = first_pfn + done + i;
        op.extent_start = mfns + done;
        op.nr_extents = n;
        got = call_memory(XENMEM_populate_physmap, &op);
        if (got < 0)
            return (int)got;
        if ((uint64_t)got < n)
            return -XEN_ENOMEM;
        done += n;
    }
    return 0;
}

void *pv_map_foreign(domid_t domid, const uint64_t *mfns, size_t count)
{
    return call_map(domid, mfns, count);
}

void pv_unmap_foreign(void *va, size_t count)
{
    call_unmap(va, count);
}

int pv_evtchn_alloc_unbound(domid_t domid, domid_t remote)
{
    struct evtchn_alloc_unbound op = {.dom = domid, .remote_dom = remote};
    int rc = call_evtchn(EVTCHNOP_alloc_unbound, &op);

    return rc ? rc : (int)op.port;
}

int pv_hypercall_page(domid_t domid, uint64_t mfn)
{
    struct xen_domctl op = {.u.hypercall_init.gmfn = mfn};

    return call_domctl_on(&op, XEN_DOMCTL_hypercall_init, domid);
}

int pv_set_64_bit(domid_t domid)
{
    struct xen_domctl op = {.u.address_size.size = 64};

    return call_domctl_on(&op, XEN_DOMCTL_set_address_size, domid);
}

int pv_set_tsc_mode(domid_t domid, uint32_t mode)
{
    struct xen_domctl op = {.u.tsc_info.tsc_mode = mode};

    return call_domctl_on(&op, XEN_DOMCTL_settscinfo, domid);
}

int pv_pin_l4(domid_t domid, uint64_t mfn)
{
    struct mmuext_op op = {.cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = mfn};

    return call_mmuext(&op, domid);
}

int pv_grant_seed(domid_t domid, domid_t to, const grant_ref_t *refs,
                  const uint64_t *mfns, size_t count)
{
    uint64_t table;
    struct gnttab_setup_table op = {
        .dom = domid, .nr_frames = 1, .frame_list = &table};
    struct grant_entry_v1 *entries;
    int rc = call_grant(GNTTABOP_setup_table, &op, 1);

    if (rc || op.status != GNTST_okay)
        return rc ? rc : -XEN_EINVAL;
    entries = call_map(domid, &table, 1);
    if (!entries)
        return -XEN_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        entries[refs[i]].domid = to;
        entries[refs[i]].frame = (uint32_t)mfns[i];
        smp_wmb();
        entries[refs[i]].flags = GTF_permit_access;
    }
    call_unmap(entries, 1);
    return 0;
}

int pv_vcpu_set_context(domid_t domid, unsigned int vcpu,
                        struct vcpu_guest_context *context)
{
    struct xen_domctl op = {.u.vcpucontext = {vcpu, 0, context}};

    return call_domctl_on(&op, XEN_DOMCTL_setvcpucontext, domid);
}

int pv_vcpu_get_context(domid_t domid, unsigned int vcpu,
                        struct vcpu_guest_context *context)
{
    struct xen_domctl op = {.u.vcpucontext = {vcpu, 0, context}};

    return call_domctl_on(&op, XEN_DOMCTL_getvcpucontext, domid);
}

int pv_set_memory_map(domid_t domid, uint64_t kib)
{
    struct e820entry ram = {.size = kib << 10, .type = E820_RAM};
    struct xen_foreign_memory_map op = {
        .domid = domid, .map = {.nr_entries = 1, .buffer = &ram}};

    return (int)call_memory(XENMEM_set_memory_map, &op);
}

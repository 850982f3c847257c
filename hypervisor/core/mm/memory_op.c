/* SPDX-License-Identifier: MIT */
#include "mm/calls.h"

#include <errno.h>
#include <string.h>
#include <pv-abi/arch.h>
#include <pv-abi/inline/shared.h>
#include <pv-abi/memory.h>

#include "bug.h"
#include "mm/alloc.h"
#include "mm/table.h"
#include "mm/vcpu_mmu.h"

/* Bytes of the machine-to-physical table that XENMEM_machphys_mfn_list tells
 * one frame of. */
#define M2P_CHUNK (2ul << 20)

#define MAP_BYTES (HV_E820_MAX * sizeof(struct e820entry))

/* As much of the map as the caller has room for. */
static int64_t give(guest_ptr_t arg, const struct e820entry *map,
                    unsigned int count)
{
    struct xen_memory_map out;

    if (hal_copy_from_guest(&out, arg.va, sizeof(out)))
        return -EFAULT;
    if (out.nr_entries > count)
        out.nr_entries = count;
    if (hal_copy_to_guest(out.buffer.va, map, out.nr_entries * sizeof(*map)) ||
        hal_copy_to_guest(arg.va, &out, sizeof(out)))
        return -EFAULT;
    return 0;
}

static int64_t memory_map_get(struct vcpu *v, guest_ptr_t arg)
{
    /* A copy: it is not the guest's business to find us with a lock held. */
    struct e820entry map[HV_E820_MAX];
    unsigned int count;

    spin_lock(&v->d->lock);
    count = v->d->e820_count;
    if (count > 0)
        memcpy(map, v->d->e820, count * sizeof(*map));
    spin_unlock(&v->d->lock);
    if (count == 0)
        return -ENOSYS;
    return give(arg, map, count);
}

static int64_t memory_map_get_machine(struct vcpu *v, guest_ptr_t arg)
{
    const struct hv_machine *machine = &v->d->hv->machine;

    if (!v->d->privileged)
        return -EPERM;
    return give(arg, machine->e820, machine->e820_count);
}

static int64_t memory_map_set(struct vcpu *v, guest_ptr_t arg)
{
    struct xen_foreign_memory_map in;
    struct e820entry *map;
    struct domain *d;
    int rc;

    if (hal_copy_from_guest(&in, arg.va, sizeof(in)))
        return -EFAULT;
    if (in.map.nr_entries > HV_E820_MAX)
        return -EINVAL;
    rc = foreign_domain(v, in.domid, &d);
    if (rc)
        return rc;
    map = hv_alloc(d->hv, MAP_BYTES);
    rc = !map ? -ENOMEM
              : hal_copy_from_guest(map, in.map.buffer.va,
                                    in.map.nr_entries * sizeof(*map));
    if (!rc) {
        struct e820entry *old;

        spin_lock(&d->lock);
        old = d->e820;
        d->e820 = map;
        d->e820_count = in.map.nr_entries;
        spin_unlock(&d->lock);
        map = old;
    }
    hv_free(d->hv, map, MAP_BYTES);
    foreign_release(v, d);
    return rc;
}

/* How much memory a domain has, may have, or says it uses. */
static int64_t count_of(struct vcpu *v, unsigned int op, guest_ptr_t arg)
{
    struct xen_memory_domain which;
    struct domain *d;
    int64_t count;
    int rc;

    if (hal_copy_from_guest(&which, arg.va, sizeof(which)))
        return -EFAULT;
    rc = foreign_domain(v, which.domid, &d);
    if (rc)
        return rc;
    if (op == XENMEM_current_reservation)
        count = (int64_t)__atomic_load_n(&d->pages.total, __ATOMIC_RELAXED);
    else if (op == XENMEM_maximum_reservation)
        count = (int64_t)__atomic_load_n(&d->pages.max, __ATOMIC_RELAXED);
    else if (d->shared_info)
        count = (int64_t)shared_read(&d->shared_info->arch.max_pfn) - 1;
    else
        count = -ESRCH; /* dead, or nearly */
    foreign_release(v, d);
    return count;
}

static int64_t machphys_mapping(guest_ptr_t arg)
{
    const struct xen_machphys_mapping mapping = {
        .v_start = MACH2PHYS_VIRT_START,
        .v_end = MACH2PHYS_VIRT_END,
        .max_mfn = MACH2PHYS_NR_ENTRIES - 1,
    };

    return hal_copy_to_guest(arg.va, &mapping, sizeof(mapping));
}

/* Each chunk lies in one piece: hv->m2p is an address of the direct map. */
static int64_t machphys_mfn_list(const struct hv *hv, guest_ptr_t arg)
{
    uint64_t bytes = hv->frame_count * sizeof(*hv->m2p);
    struct xen_machphys_mfn_list list;
    uint32_t n = 0;

    if (hal_copy_from_guest(&list, arg.va, sizeof(list)))
        return -EFAULT;
    for (; n < list.max_extents && n * M2P_CHUNK < bytes; n++) {
        mfn_t m = hal_mfn_of((const uint8_t *)hv->m2p + n * M2P_CHUNK);

        if (hal_copy_to_guest(list.extent_start.va + n * sizeof(m.n), &m.n,
                              sizeof(m.n)))
            return -EFAULT;
    }
    list.nr_extents = n;
    return hal_copy_to_guest(arg.va, &list, sizeof(list));
}

/* Operations that may begin at an extent, and those that say they do not; to
 * others, cmd is a number that they do not know. */
#define HAVE_EXTENTS                                                           \
    (1ul << XENMEM_increase_reservation | 1ul << XENMEM_decrease_reservation | \
     1ul << XENMEM_populate_physmap)
#define KNOW_EXTENTS                                                           \
    (1ul << XENMEM_maximum_ram_page | 1ul << XENMEM_current_reservation |      \
     1ul << XENMEM_maximum_reservation | 1ul << XENMEM_maximum_gpfn |          \
     1ul << XENMEM_exchange)

int64_t do_memory_op(struct vcpu *v, uint64_t cmd, guest_ptr_t arg,
                     struct effects *fx)
{
    unsigned int op = cmd & ((1u << MEMORY_OP_BITS) - 1);

    if (cmd >> MEMORY_OP_BITS && !(1ul << op & HAVE_EXTENTS))
        return 1ul << op & KNOW_EXTENTS ? -EINVAL : -ENOSYS;
    switch (op) {
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        return reservation_op(v, op, cmd >> MEMORY_OP_BITS, arg, fx);
    case XENMEM_maximum_ram_page:
        return (int64_t)v->d->hv->frame_count;
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn:
        return count_of(v, op, arg);
    case XENMEM_machphys_mfn_list:
        return machphys_mfn_list(v->d->hv, arg);
    case XENMEM_get_sharing_freed_pages:
    case XENMEM_get_sharing_shared_pages:
        return 0;
    case XENMEM_memory_map:
        return memory_map_get(v, arg);
    case XENMEM_machine_memory_map:
        return memory_map_get_machine(v, arg);
    case XENMEM_set_memory_map:
        return memory_map_set(v, arg);
    case XENMEM_exchange:
        return memory_exchange(v, arg, fx);
    case XENMEM_machphys_mapping:
        return machphys_mapping(arg);
#define MEMORY_OP_REFUSED(nr, name, error, doc)                                \
    case nr:                                                                   \
        return -error;
#include <pv-abi/memory_ops.def>
    default:
        return -ENOSYS;
    }
}

/* ------------------------------------------------------------ teardown */

/*
 * The next frame of d, with a reference; NULL at the end. The cursor stays
 * good when frames are freed meanwhile (alloc.c). A frame whose last
 * reference somebody else is just dropping is no longer our business.
 */
static struct frame *next_frame(struct domain *d)
{
    spin_guard(&d->pages.lock);
    while (d->pages.cursor != FRAME_LIST_END) {
        struct frame *f = &d->hv->frames[d->pages.cursor];

        d->pages.cursor = f->next;
        if (!frame_ref(f))
            return f;
    }
    return NULL;
}

/* mm_lock held. Everything from the cursor on. */
static int release_frames(struct domain *d, struct effects *fx)
{
    for (;;) {
        struct frame *f;
        int rc = debris_drain(d, fx);

        if (rc)
            return rc;
        if (fx->budget <= 0)
            return -ERESTART;
        f = next_frame(d);
        if (!f)
            return 0;
        effects_spend(fx, 1);
        (void)type_unpin(d, f);
        type_abandon(d, f);
        /* Released in an earlier run already, if a foreign mapping holds it. */
        (void)!domain_frame_release(d, f);
        frame_put(d->hv, f);
    }
}

int domain_release_memory(struct domain *d, struct effects *fx)
{
    struct vcpu *v;

    domain_for_each_vcpu (d, v)
        vcpu_mm_drop(v);
    spin_guard(&d->mm_lock);
    /* Once: at the end the cursor looks as before, and frames that others
     * hold are still in the list. */
    if (!d->pages.releasing) {
        d->pages.releasing = true;
        d->pages.cursor = d->pages.first;
    }
    return release_frames(d, fx);
}

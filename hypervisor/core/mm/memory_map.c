/* SPDX-License-Identifier: MIT */
#include "mm/memory_map.h"

#include <errno.h>
#include <pv-abi/memory.h>
#include <string.h>

#include "bug.h"
#include "domain.h"
#include "mm/alloc.h"
#include "mm/foreign.h"
#include "vcpu.h"

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

int64_t memory_map_get(struct vcpu *v, guest_ptr_t arg)
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

int64_t memory_map_get_machine(struct vcpu *v, guest_ptr_t arg)
{
    const struct hv_machine *machine = &v->d->hv->machine;

    if (!v->d->privileged)
        return -EPERM;
    return give(arg, machine->e820, machine->e820_count);
}

int64_t memory_map_set(struct vcpu *v, guest_ptr_t arg)
{
    struct xen_foreign_memory_map in;
    struct e820entry *map;
    struct domain *d;
    int rc;

    if (!v->d->privileged)
        return -EPERM;
    if (hal_copy_from_guest(&in, arg.va, sizeof(in)))
        return -EFAULT;
    if (in.map.nr_entries > HV_E820_MAX)
        return -EINVAL;
    rc = foreign_domain(v, in.domid, &d);
    if (rc)
        return rc;
    map = hv_alloc(d->hv, MAP_BYTES);
    if (!map)
        rc = -ENOMEM;
    else
        rc = hal_copy_from_guest(map, in.map.buffer.va,
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

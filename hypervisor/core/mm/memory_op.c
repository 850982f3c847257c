/* SPDX-License-Identifier: MIT */
#include "mm/memory_op.h"

#include <errno.h>
#include <pv-abi/arch.h>
#include <pv-abi/inline/shared.h>
#include <pv-abi/memory.h>

#include "bug.h"
#include "domain.h"
#include "mm/alloc.h"
#include "mm/foreign.h"
#include "mm/memory_map.h"
#include "mm/reservation.h"
#include "vcpu.h"

/* What d says it uses. A dead one may have no shared_info any more. */
static int64_t maximum_gpfn(const struct domain *d)
{
    const struct shared_info *s = d->shared_info;

    return s ? (int64_t)shared_read(&s->arch.max_pfn) - 1 : -ESRCH;
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
    if (op == XENMEM_maximum_gpfn)
        count = maximum_gpfn(d);
    else if (op == XENMEM_maximum_reservation)
        count = (int64_t)__atomic_load_n(&d->pages.max, __ATOMIC_RELAXED);
    else
        count = (int64_t)__atomic_load_n(&d->pages.total, __ATOMIC_RELAXED);
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

static int64_t refused(unsigned int op)
{
    switch (op) {
#define MEMORY_OP_REFUSED(nr, name, error, doc)                                \
    case nr:                                                                   \
        return -error;
#include <pv-abi/memory_ops.def>
    default:
        return -ENOSYS;
    }
}

int64_t do_memory_op(struct vcpu *v, uint64_t cmd, guest_ptr_t arg,
                     struct effects *fx)
{
    unsigned int op = cmd & ((1u << MEMORY_OP_BITS) - 1);

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
    case XENMEM_memory_map:
        return memory_map_get(v, arg);
    case XENMEM_machine_memory_map:
        return memory_map_get_machine(v, arg);
    case XENMEM_set_memory_map:
        return memory_map_set(v, arg);
    case XENMEM_machphys_mapping:
        return machphys_mapping(arg);
    default:
        return refused(op);
    }
}

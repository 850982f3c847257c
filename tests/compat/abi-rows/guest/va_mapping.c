/* SPDX-License-Identifier: MIT */
/* update_va_mapping: entries found by the address they map. */
#include "calls.h"

#define READ_ONLY(page) PTE(mfn(page), PTE_KERNEL_RO)
#define WRITABLE(page)  PTE(mfn(page), PTE_KERNEL)

static uint64_t vcpu_mask = 1;

#define THESE_VCPUS ((uint64_t)&vcpu_mask)

static long map(const void *va, uint64_t entry)
{
    return va_map(va, entry, UVMF_INVLPG);
}

static long map_and_back(uint64_t flags)
{
    long answer = va_map(world.slot, READ_ONLY(world.data), flags);
    long back = va_map(world.slot, 0, UVMF_INVLPG);

    return answer ? answer : back;
}

/* Whose frame the entry names is the last argument of the other call. */
static long map_for(uint64_t entry, domid_t owner)
{
    return hypercall4(__HYPERVISOR_update_va_mapping_otherdomain,
                      (uint64_t)world.slot, entry, UVMF_INVLPG, owner);
}

/* The machine-to-physical table's first frame, which is everybody's. */
static long map_public(void)
{
    uint64_t frame = 0;
    struct xen_machphys_mfn_list list = {.max_extents = 1,
                                         .extent_start = &frame};
    long answer = hypercall_memory_op(XENMEM_machphys_mfn_list, &list);

    if (!answer)
        answer = map_for(PTE(frame, PTE_KERNEL_RO), DOMID_XEN);
    va_map(world.slot, 0, UVMF_INVLPG);
    return answer;
}

#define AREA      va_mapping
#define AREA_ROWS "va_mapping.def"
#include "area.h"

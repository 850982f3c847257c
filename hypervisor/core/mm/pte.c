/* SPDX-License-Identifier: MIT */
#include "mm/pte.h"

bool pte_flags_ok(unsigned int level, uint64_t e, bool device_access)
{
    if (level == 1)
        return device_access || !(e & PTE_CACHE);
    return !(e & (PTE_PSE | PTE_G | PTE_PWT | PTE_PCD));
}

uint64_t pte_adjust(unsigned int level, uint64_t e)
{
    if (!pte_is_present(e))
        return e;
    switch (level) {
    case 1:
        if (!(e & PTE_US))
            e |= PTE_GUEST_KERNEL;
        if (e & PTE_GUEST_KERNEL)
            return (e | PTE_US) & ~PTE_G;
        return e | PTE_US | PTE_G;
    case 4:
        return e | PTE_US | PTE_A;
    default:
        return e | PTE_US;
    }
}

bool pte_same_target(unsigned int level, uint64_t old, uint64_t new)
{
    /* A change of these needs a new decision about the frame. */
    uint64_t decisive = PTE_P | PTE_FRAME_MASK;

    if (level == 1)
        decisive |= PTE_RW | PTE_CACHE;
    return pte_is_present(old) && !((old ^ new) & decisive);
}

/* SPDX-License-Identifier: MIT */
/*
 * The machine-to-physical table: for each frame the number its owner gave it.
 * Guests read it; only the hypervisor writes, on their request. Frames that
 * belong to no guest say INVALID_M2P_ENTRY.
 *
 * Locks: none; single words, and nothing in the hypervisor trusts them.
 */
#ifndef MM_M2P_H
#define MM_M2P_H

#include <pv-abi/arch.h>

#include "hv.h"

static inline void m2p_set(struct hv *hv, mfn_t m, uint64_t pfn)
{
    __atomic_store_n(&hv->m2p[m.n], pfn, __ATOMIC_RELAXED);
}

static inline uint64_t m2p_get(const struct hv *hv, mfn_t m)
{
    if (m.n >= hv->frame_count)
        return INVALID_M2P_ENTRY;
    return __atomic_load_n(&hv->m2p[m.n], __ATOMIC_RELAXED);
}

#endif

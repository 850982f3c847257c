/* SPDX-License-Identifier: MIT */
/*
 * The page that a domain and the hypervisor both write, all the time.
 *
 * It belongs to the hypervisor; start_info gives its machine address and the
 * guest maps it where it likes. Either side may change a word while the other
 * looks, so it is read and written through inline/shared.h and nothing else.
 * The event words and their order of access are explained in event_channel.h,
 * the clock in inline/pvclock.h.
 */
#ifndef PV_ABI_SHARED_INFO_H
#define PV_ABI_SHARED_INFO_H

#include "types.h"

/* vCPUs that have their vcpu_info in shared_info; later ones register it. */
#define XEN_LEGACY_MAX_VCPUS 32

#define XEN_PVCLOCK_TSC_STABLE_BIT (1 << 0) /* same tuple on every vCPU */
#define XEN_PVCLOCK_GUEST_STOPPED  (1 << 1) /* the guest did not run a while */

#ifndef __ASSEMBLER__

struct arch_vcpu_info {
    uint64_t cr2; /* hypervisor: address of the last page fault it delivered */
    uint64_t pad;
};

/*
 * Written by the hypervisor only:
 *  1. version becomes odd   2. barrier   3. the fields   4. barrier
 *  5. version becomes even.
 * A reader takes version, the fields, version again, and starts over when the
 * first was odd or the two differ.
 */
struct vcpu_time_info {
    uint32_t version;
    uint32_t pad0;
    uint64_t tsc_timestamp;     /* TSC when system_time was right */
    uint64_t system_time;       /* ns since the machine started */
    uint32_t tsc_to_system_mul; /* ns per shifted tick, times 2^32 */
    int8_t tsc_shift;           /* ticks are shifted left by this first */
    uint8_t flags;              /* XEN_PVCLOCK_* */
    uint8_t pad1[2];
};

struct vcpu_info {
    uint8_t evtchn_upcall_pending; /* hypervisor sets, guest clears */
    uint8_t evtchn_upcall_mask; /* guest; set by delivery, cleared by block */
    uint8_t _pad[6];
    uint64_t evtchn_pending_sel; /* bit w: look at evtchn_pending[w] */
    struct arch_vcpu_info arch;
    struct vcpu_time_info time;
};

/* Written by the guest, for the tools that save it or read its memory. */
struct arch_shared_info {
    uint64_t max_pfn;                    /* highest pfn in the p2m, plus 1 */
    uint64_t pfn_to_mfn_frame_list_list; /* mfn; ~0 when there is p2m_vaddr */
    uint64_t nmi_reason;                 /* hypervisor: XEN_NMIREASON_* */
    uint64_t p2m_cr3;                    /* tables that map p2m_vaddr, or 0 */
    uint64_t p2m_vaddr;                  /* va of the linear p2m */
    uint64_t p2m_generation;             /* odd while the p2m changes */
};

struct shared_info {
    struct vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
    uint64_t evtchn_pending[64]; /* bit p%64 of word p/64: port p is pending */
    uint64_t evtchn_mask[64];    /* guest: same order; a set bit is masked */
    /* Wall clock when system time was 0, versioned like vcpu_time_info. */
    uint32_t wc_version;
    uint32_t wc_sec;
    uint32_t wc_nsec;
    uint32_t wc_sec_hi;
    struct arch_shared_info arch;
};

#endif /* C */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Direct paging: a guest's page tables are the ones the processor walks, and
 * the guest writes them by asking. Entries hold machine frames.
 *
 * Each frame has a type (page table of level 1 to 4, descriptor page,
 * writable) and a count of the uses as that type; the type changes only while
 * the count is 0. That is why a page table can never be mapped writable.
 */
#ifndef PV_ABI_MMU_H
#define PV_ABI_MMU_H

#include "types.h"

/* Bits of a page-table entry a guest may use. */
#define PTE_P            ABI_U64(0x001) /* present */
#define PTE_RW           ABI_U64(0x002)
#define PTE_US           ABI_U64(0x004) /* set by the hypervisor everywhere */
#define PTE_PWT          ABI_U64(0x008) /* domains with device rights only */
#define PTE_PCD          ABI_U64(0x010) /* domains with device rights only */
#define PTE_A            ABI_U64(0x020)
#define PTE_D            ABI_U64(0x040)
#define PTE_PSE          ABI_U64(0x080) /* L2 to L4: always refused */
#define PTE_PAT          ABI_U64(0x080) /* L1: domains with device rights */
#define PTE_G            ABI_U64(0x100) /* L1 only; set on user pages */
#define PTE_GUEST_KERNEL ABI_U64(0x0010000000000000) /* L1 given without US */
#define PTE_NX           ABI_U64(0x8000000000000000)
#define PTE_FRAME_MASK   ABI_U64(0x000FFFFFFFFFF000) /* mfn << 12 */

/*
 * mmu_update: what a request does is in the low bits of its ptr.
 * foreigndom: bits 0-15 the owner of the frames that new L1 entries name,
 * bits 16-31 the owner of the tables (0 the caller, otherwise domid + 1).
 */
#define MMU_NORMAL_PT_UPDATE       0 /* checked write of an entry */
#define MMU_MACHPHYS_UPDATE        1 /* M2P[ptr >> 12] = val */
#define MMU_PT_UPDATE_PRESERVE_AD  2 /* as 0, keeps the old A and D bits */
#define MMU_PT_UPDATE_NO_TRANSLATE 3 /* as 0 */

/* update_va_mapping: flags. Any other value than LOCAL and ALL, with the two
 * low bits cleared, is the va of a bitmap of vCPUs, 8-byte aligned. */
#define UVMF_NONE           ABI_U64(0)
#define UVMF_TLB_FLUSH      ABI_U64(1)
#define UVMF_INVLPG         ABI_U64(2)
#define UVMF_FLUSHTYPE_MASK ABI_U64(3)
#define UVMF_MULTI          ABI_U64(0)
#define UVMF_LOCAL          ABI_U64(0)
#define UVMF_ALL            ABI_U64(4)

#ifndef __ASSEMBLER__

struct mmu_update {
    uint64_t ptr; /* IN  machine address of the entry, | MMU_* */
    uint64_t val; /* IN  new entry, or pfn for MMU_MACHPHYS_UPDATE */
};

/* Numbers MMUEXT_<name>; which arguments count stands in mmuext_ops.def. */
enum mmuext_cmd {
#define MMUEXT_OP(nr, name, arg1, arg2, doc)    MMUEXT_##name = nr,
#define MMUEXT_OP_REFUSED(nr, name, error, doc) MMUEXT_##name = nr,
#include "mmuext_ops.def"
};

struct mmuext_op {
    uint32_t cmd; /* IN  MMUEXT_* */
    uint32_t _pad;
    union {
        uint64_t mfn;
        uint64_t linear_addr;
    } arg1; /* IN */
    union {
        uint32_t nr_ents;
        GUEST_PTR(const void) vcpumask; /* read in words of 8 bytes */
        uint64_t src_mfn;
    } arg2; /* IN */
};

#endif /* C */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * xen_version: what the hypervisor is and can do.
 */
#ifndef PV_ABI_VERSION_H
#define PV_ABI_VERSION_H

#include "types.h"

/* Lengths of the texts, NUL included. */
#define XEN_EXTRAVERSION_LEN      16
#define XEN_CAPABILITIES_INFO_LEN 1024
#define XEN_CHANGESET_INFO_LEN    64
#define XEN_COMMANDLINE_LEN       1024

/* Bits of xen_feature_info.submap; also named in a guest's ELF notes. */
#define XENFEAT_writable_page_tables       0
#define XENFEAT_writable_descriptor_tables 1
#define XENFEAT_auto_translated_physmap    2
#define XENFEAT_supervisor_mode_kernel     3
#define XENFEAT_pae_pgdir_above_4gb        4
#define XENFEAT_mmu_pt_update_preserve_ad  5
#define XENFEAT_highmem_assist             6
#define XENFEAT_gnttab_map_avail_bits      7
#define XENFEAT_hvm_callback_vector        8
#define XENFEAT_hvm_safe_pvclock           9
#define XENFEAT_hvm_pirqs                  10
#define XENFEAT_dom0                       11
#define XENFEAT_memory_op_vnode_supported  13
#define XENFEAT_linux_rsdp_unrestricted    15
#define XENFEAT_not_direct_mapped          16
#define XENFEAT_direct_mapped              17
#define XENFEAT_NR_SUBMAPS                 1

#ifndef __ASSEMBLER__

/* Numbers XENVER_<name>; what each does stands in version_ops.def. */
enum xenver_cmd {
#define VERSION_OP(nr, name, type, direction, doc) XENVER_##name = nr,
#define VERSION_OP_REFUSED(nr, name, error, doc)   XENVER_##name = nr,
#include "version_ops.def"
};

struct xen_compile_info {
    char compiler[64];
    char compile_by[16];
    char compile_domain[32];
    char compile_date[32];
};

struct xen_platform_parameters {
    uint64_t virt_start; /* OUT HYPERVISOR_VIRT_START */
};

struct xen_feature_info {
    uint32_t submap_idx; /* IN  below XENFEAT_NR_SUBMAPS */
    uint32_t submap;     /* OUT bits by XENFEAT_* */
};

#endif /* C */

#endif

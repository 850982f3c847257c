/* SPDX-License-Identifier: MIT */
/*
 * memory_op: how much memory a domain has, and which.
 */
#ifndef PV_ABI_MEMORY_H
#define PV_ABI_MEMORY_H

#include "types.h"

/* memory_op's cmd: operation below, first extent to work on above. */
#define MEMOP_EXTENT_SHIFT 6
#define MEMOP_CMD_MASK     ((1 << MEMOP_EXTENT_SHIFT) - 1)

/* xen_memory_reservation.mem_flags */
#define XENMEMF_address_bits(bits)  (bits) /* 0: any frame will do */
#define XENMEMF_get_address_bits(f) (0xffU & (f))
#define XENMEMF_node(node)          (((node) + 1) << 8)
#define XENMEMF_get_node(f)         ((((f) >> 8) - 1) & 0xffU)
#define XENMEMF_populate_on_demand  (1 << 16)
#define XENMEMF_exact_node_request  (1 << 17)
#define XENMEMF_exact_node(node)                                               \
    (XENMEMF_node(node) | XENMEMF_exact_node_request)
#define XENMEMF_vnode (1 << 18)

/* e820entry.type */
#define E820_RAM      1
#define E820_RESERVED 2
#define E820_ACPI     3
#define E820_NVS      4
#define E820_UNUSABLE 5

/* xen_mem_acquire_resource.type and id */
#define XENMEM_resource_ioreq_server          0
#define XENMEM_resource_grant_table           1
#define XENMEM_resource_vmtrace_buf           2
#define XENMEM_resource_grant_table_id_shared 0
#define XENMEM_resource_grant_table_id_status 1

#ifndef __ASSEMBLER__

/* Numbers XENMEM_<name>; what each does stands in memory_ops.def. */
enum xenmem_cmd {
#define MEMORY_OP(nr, name, type, direction, doc) XENMEM_##name = nr,
#define MEMORY_OP_REFUSED(nr, name, error, doc)   XENMEM_##name = nr,
#include "memory_ops.def"
};

/*
 * The call returns how many extents it did, and never an error: a number
 * short of nr_extents tells that something was wrong with the next one.
 */
struct xen_memory_reservation {
    /* increase: OUT mfns (may be NULL); decrease: IN mfns;
     * populate: IN pfns, OUT mfns */
    GUEST_PTR(uint64_t) extent_start;
    uint64_t nr_extents;   /* IN  elements of extent_start */
    uint32_t extent_order; /* IN  an extent is 2^order frames */
    uint32_t mem_flags;    /* IN  XENMEMF_* */
    domid_t domid;         /* IN  DOMID_SELF, or any for dom0 */
    uint16_t _pad[3];
};

/* Give extents back and get others of the same size in their place. */
struct xen_memory_exchange {
    struct xen_memory_reservation in;
    struct xen_memory_reservation out;
    uint64_t nr_exchanged; /* IN 0; OUT input extents that are gone */
};

struct xen_memory_domain {
    domid_t domid; /* IN  */
};

struct xen_machphys_mfn_list {
    uint32_t max_extents; /* IN  */
    uint32_t _pad0;
    GUEST_PTR(uint64_t) extent_start; /* OUT mfn of each 2 MiB of the table */
    uint32_t nr_extents;              /* OUT */
    uint32_t _pad1;
};

struct xen_machphys_mapping {
    uint64_t v_start, v_end; /* OUT va range kept for the table */
    uint64_t max_mfn;        /* OUT highest index */
};

/* A piece of a memory map, 20 bytes. */
struct e820entry {
    uint64_t addr;
    uint64_t size;
    uint32_t type; /* E820_* */
} __attribute__((packed));

struct xen_memory_map {
    uint32_t nr_entries; /* IN room in buffer; OUT entries written */
    uint32_t _pad;
    GUEST_PTR(void) buffer; /* struct e820entry[nr_entries] */
};

struct xen_foreign_memory_map {
    domid_t domid; /* IN  */
    uint16_t _pad[3];
    struct xen_memory_map map; /* IN  */
};

struct xen_mem_acquire_resource {
    domid_t domid;      /* IN  whose */
    uint16_t type;      /* IN  XENMEM_resource_* */
    uint32_t id;        /* IN  */
    uint32_t nr_frames; /* IN room; OUT, with frame_list NULL, how many */
    uint32_t pad;
    uint64_t frame;                 /* IN  first frame of the resource */
    GUEST_PTR(uint64_t) frame_list; /* OUT mfns */
};

#endif /* C */

#endif

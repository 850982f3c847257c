/* SPDX-License-Identifier: MIT */
/*
 * Grants: a domain lends single frames to another one.
 *
 * The granter's table lives in frames of the hypervisor that the granter maps
 * (GNTTABOP_setup_table). It writes an entry in this order:
 *  1. frame and domid   2. write barrier   3. flags, with GTF_permit_access.
 * The hypervisor sets GTF_reading, and GTF_writing for a writable use, with an
 * atomic operation while anybody uses the frame. To take a grant back the
 * granter exchanges flags with 0 atomically, on condition that neither bit is
 * set, and tries later when one is.
 */
#ifndef PV_ABI_GRANT_TABLE_H
#define PV_ABI_GRANT_TABLE_H

#include "types.h"

/* The first entries are the toolstack's: it grants the two rings there. */
#define GNTTAB_NR_RESERVED_ENTRIES 8
#define GNTTAB_RESERVED_CONSOLE    0
#define GNTTAB_RESERVED_XENSTORE   1

/* grant_entry_v1.flags: the type in bits 0-1, then */
#define GTF_invalid            0U
#define GTF_permit_access      1U
#define GTF_accept_transfer    2U
#define GTF_transitive         3U
#define GTF_type_mask          3U
#define GTF_readonly           (1U << 2) /* guest: no writable use */
#define GTF_reading            (1U << 3) /* hypervisor: in use */
#define GTF_writing            (1U << 4) /* hypervisor: in writable use */
#define GTF_PWT                (1U << 5)
#define GTF_PCD                (1U << 6)
#define GTF_PAT                (1U << 7)
#define GTF_sub_page           (1U << 8)
#define GTF_transfer_committed (1U << 2)
#define GTF_transfer_completed (1U << 3)

/* gnttab_map_grant_ref.flags */
#define GNTMAP_device_map       (1 << 0) /* for a device: dev_bus_addr */
#define GNTMAP_host_map         (1 << 1) /* into the page tables: host_addr */
#define GNTMAP_readonly         (1 << 2)
#define GNTMAP_application_map  (1 << 3) /* user mode may use the mapping */
#define GNTMAP_contains_pte     (1 << 4) /* host_addr is that of an L1 entry */
#define GNTMAP_guest_avail0     16       /* bits 16-18 go to entry bits 9-11 */
#define GNTMAP_guest_avail_mask (ABI_U32(0xFFFFFFFF) << GNTMAP_guest_avail0)

/* gnttab_copy.flags: that side names a grant, not a frame of the caller */
#define GNTCOPY_source_gref (1 << 0)
#define GNTCOPY_dest_gref   (1 << 1)

/* status of one operation; the hypercall itself returns 0 */
#define GNTST_okay              0
#define GNTST_general_error     (-1)
#define GNTST_bad_domain        (-2)
#define GNTST_bad_gntref        (-3)
#define GNTST_bad_handle        (-4)
#define GNTST_bad_virt_addr     (-5)
#define GNTST_bad_dev_addr      (-6)
#define GNTST_no_device_space   (-7)
#define GNTST_permission_denied (-8)
#define GNTST_bad_page          (-9)
#define GNTST_bad_copy_arg      (-10) /* crosses a page */
#define GNTST_address_too_big   (-11)
#define GNTST_eagain            (-12)
#define GNTST_no_space          (-13) /* no free handle */

#ifndef __ASSEMBLER__

/* Numbers GNTTABOP_<name>; what each does stands in gnttab_ops.def. */
enum gnttab_cmd {
#define GNTTAB_OP(nr, name, type, direction, doc) GNTTABOP_##name = nr,
#define GNTTAB_OP_REFUSED(nr, name, error, doc)   GNTTABOP_##name = nr,
#include "gnttab_ops.def"
};

struct grant_entry_v1 {
    uint16_t flags; /* GTF_*: guest, and two bits by the hypervisor */
    domid_t domid;  /* guest: to whom */
    uint32_t frame; /* guest: mfn */
};

struct gnttab_map_grant_ref {
    uint64_t host_addr;    /* IN  va, or machine address of an L1 entry */
    uint32_t flags;        /* IN  GNTMAP_* */
    grant_ref_t ref;       /* IN  in the table of dom */
    domid_t dom;           /* IN  the granter */
    int16_t status;        /* OUT GNTST_* */
    grant_handle_t handle; /* OUT names the mapping when it is undone */
    uint64_t dev_bus_addr; /* OUT machine address of the frame */
};

struct gnttab_unmap_grant_ref {
    uint64_t host_addr;    /* IN  as it was mapped; 0 to leave it */
    uint64_t dev_bus_addr; /* IN  as it was returned; 0 to leave it */
    grant_handle_t handle; /* IN  */
    int16_t status;        /* OUT GNTST_*; okay only after the TLB flush */
    uint16_t _pad;
};

struct gnttab_setup_table {
    domid_t dom; /* IN  DOMID_SELF, or any for dom0 */
    uint16_t _pad0;
    uint32_t nr_frames; /* IN  the table grows to this many */
    int16_t status;     /* OUT GNTST_* */
    uint16_t _pad1[3];
    GUEST_PTR(uint64_t) frame_list; /* OUT nr_frames mfns */
};

/*
 * The receiver invites: its entry is GTF_accept_transfer, domid the giver,
 * frame the pfn it will have. It then waits for GTF_transfer_committed, after
 * which nobody else gives, and GTF_transfer_completed: frame is the mfn now.
 */
struct gnttab_transfer {
    uint64_t mfn;  /* IN  the caller's, mapped and used by nobody */
    domid_t domid; /* IN  the receiver */
    uint16_t _pad0;
    grant_ref_t ref; /* IN  in its table */
    int16_t status;  /* OUT GNTST_* */
    uint16_t _pad1[3];
};

struct gnttab_copy {
    struct gnttab_copy_ptr {
        union {
            grant_ref_t ref;
            uint64_t gmfn;
        } u;
        domid_t domid;   /* whose grant; DOMID_SELF for a frame */
        uint16_t offset; /* bytes into the frame */
        uint32_t _pad;
    } source, dest; /* IN  */
    uint16_t len;   /* IN  bytes; neither side may cross a page */
    uint16_t flags; /* IN  GNTCOPY_* */
    int16_t status; /* OUT GNTST_* */
    uint16_t _pad;
};

struct gnttab_query_size {
    domid_t dom; /* IN  DOMID_SELF, or any for dom0 */
    uint16_t _pad0;
    uint32_t nr_frames;     /* OUT frames of the table now */
    uint32_t max_nr_frames; /* OUT and at most */
    int16_t status;         /* OUT GNTST_* */
    uint16_t _pad1;
};

struct gnttab_unmap_and_replace {
    uint64_t host_addr;    /* IN  as it was mapped; 0 to leave it */
    uint64_t new_addr;     /* IN  va: its entry moves there; 0: none does */
    grant_handle_t handle; /* IN  */
    int16_t status;        /* OUT GNTST_*; okay only after the TLB flush */
    uint16_t _pad;
};

struct gnttab_set_version {
    uint32_t version; /* IN 1; OUT the version in force */
};

struct gnttab_get_version {
    domid_t dom; /* IN  */
    uint16_t pad;
    uint32_t version; /* OUT */
};

#endif /* C */

#endif

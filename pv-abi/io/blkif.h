/* SPDX-License-Identifier: MIT */
/*
 * Block device ring. A request covers up to 11 pages; sectors have 512 bytes
 * whatever the device's own are.
 */
#ifndef PV_ABI_IO_BLKIF_H
#define PV_ABI_IO_BLKIF_H

#include "../types.h"
#include "ring.h"

/* operation */
#define BLKIF_OP_READ            0
#define BLKIF_OP_WRITE           1
#define BLKIF_OP_WRITE_BARRIER   2
#define BLKIF_OP_FLUSH_DISKCACHE 3
#define BLKIF_OP_DISCARD         5 /* struct blkif_request_discard */
#define BLKIF_OP_INDIRECT        6 /* struct blkif_request_indirect */

/* blkif_response.status */
#define BLKIF_RSP_OKAY       0
#define BLKIF_RSP_ERROR      (-1)
#define BLKIF_RSP_EOPNOTSUPP (-2)

#define BLKIF_MAX_SEGMENTS_PER_REQUEST       11
#define BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST 8

#define BLKIF_DISCARD_SECURE (1 << 0) /* blkif_request_discard.flag */

/* the back end's `info` key */
#define VDISK_CDROM     0x1
#define VDISK_REMOVABLE 0x2
#define VDISK_READONLY  0x4

struct blkif_request_segment {
    grant_ref_t gref;
    uint8_t first_sect, last_sect; /* of the page's 8, both included */
    uint8_t _pad[2];
};

struct blkif_request {
    uint8_t operation;
    uint8_t nr_segments;
    uint16_t handle; /* virtual device number, read and write only */
    uint32_t _pad;
    uint64_t id; /* front's choice, echoed */
    uint64_t sector_number;
    struct blkif_request_segment seg[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};

struct blkif_request_discard {
    uint8_t operation; /* BLKIF_OP_DISCARD */
    uint8_t flag;      /* BLKIF_DISCARD_* */
    uint16_t handle;
    uint32_t _pad;
    uint64_t id;
    uint64_t sector_number;
    uint64_t nr_sectors;
};

struct blkif_request_indirect {
    uint8_t operation;    /* BLKIF_OP_INDIRECT */
    uint8_t indirect_op;  /* BLKIF_OP_READ or BLKIF_OP_WRITE */
    uint16_t nr_segments; /* 512 in a page of struct blkif_request_segment */
    uint32_t _pad0;
    uint64_t id;
    uint64_t sector_number;
    uint16_t handle;
    uint16_t _pad1;
    grant_ref_t indirect_grefs[BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST];
    uint32_t _pad2;
};

struct blkif_response {
    uint64_t id;
    uint8_t operation; /* that of the request */
    uint8_t _pad0;
    int16_t status; /* BLKIF_RSP_* */
    uint32_t _pad1;
};

DEFINE_RING_TYPES(blkif, struct blkif_request, struct blkif_response);

#endif

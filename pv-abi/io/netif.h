/* SPDX-License-Identifier: MIT */
/*
 * Network device rings: one for packets the guest sends (tx), one for those
 * it receives (rx). A packet takes one slot or several; a slot of extra
 * information may follow the first. In tx the first slot's size is that of
 * the whole packet. Responses of rx come in the order of its requests.
 */
#ifndef PV_ABI_IO_NETIF_H
#define PV_ABI_IO_NETIF_H

#include "../types.h"
#include "ring.h"

#define XEN_NETIF_NR_SLOTS_MIN 18     /* every back end takes so many */
#define XEN_NETIF_MAX_TX_SIZE  0xFFFF /* bytes of a packet */

/* netif_tx_request.flags */
#define NETTXF_csum_blank     (1U << 0) /* checksum left to the back end */
#define NETTXF_data_validated (1U << 1)
#define NETTXF_more_data      (1U << 2) /* the packet goes on */
#define NETTXF_extra_info     (1U << 3) /* next slot: struct netif_extra_info */

/* netif_rx_response.flags */
#define NETRXF_data_validated (1U << 0)
#define NETRXF_csum_blank     (1U << 1)
#define NETRXF_more_data      (1U << 2)
#define NETRXF_extra_info     (1U << 3)
#define NETRXF_gso_prefix     (1U << 4)

/* netif_extra_info.type and flags */
#define XEN_NETIF_EXTRA_TYPE_NONE      0
#define XEN_NETIF_EXTRA_TYPE_GSO       1
#define XEN_NETIF_EXTRA_TYPE_MCAST_ADD 2
#define XEN_NETIF_EXTRA_TYPE_MCAST_DEL 3
#define XEN_NETIF_EXTRA_TYPE_HASH      4
#define XEN_NETIF_EXTRA_FLAG_MORE      (1U << 0)

/* netif_extra_info.u.gso.type */
#define XEN_NETIF_GSO_TYPE_NONE  0
#define XEN_NETIF_GSO_TYPE_TCPV4 1
#define XEN_NETIF_GSO_TYPE_TCPV6 2

/* status; in rx a number >= 0 is a length */
#define NETIF_RSP_DROPPED (-2)
#define NETIF_RSP_ERROR   (-1)
#define NETIF_RSP_OKAY    0
#define NETIF_RSP_NULL    1 /* answers a slot of extra information */

struct netif_tx_request {
    grant_ref_t gref;
    uint16_t offset; /* bytes into the page */
    uint16_t flags;  /* NETTXF_* */
    uint16_t id;     /* echoed */
    uint16_t size;   /* bytes: of the packet in its first slot */
};

struct netif_extra_info {
    uint8_t type;  /* XEN_NETIF_EXTRA_TYPE_* */
    uint8_t flags; /* XEN_NETIF_EXTRA_FLAG_* */
    union {
        struct {
            uint16_t size; /* bytes of each segment's payload */
            uint8_t type;  /* XEN_NETIF_GSO_TYPE_* */
            uint8_t pad;
            uint16_t features;
        } gso;
        struct {
            uint8_t addr[6];
        } mcast;
        struct {
            uint8_t type;
            uint8_t algorithm;
            uint8_t value[4];
        } hash;
        uint16_t pad[3];
    } u;
};

struct netif_tx_response {
    uint16_t id;
    int16_t status; /* NETIF_RSP_* */
};

struct netif_rx_request {
    uint16_t id; /* echoed */
    uint16_t pad;
    grant_ref_t gref; /* an empty page, writable by the back end */
};

struct netif_rx_response {
    uint16_t id;
    uint16_t offset; /* bytes into the page */
    uint16_t flags;  /* NETRXF_* */
    int16_t status;  /* bytes, or NETIF_RSP_* */
};

DEFINE_RING_TYPES(netif_tx, struct netif_tx_request, struct netif_tx_response);
DEFINE_RING_TYPES(netif_rx, struct netif_rx_request, struct netif_rx_response);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Layout of the request and response ring of a split device: one page shared
 * by a front and a back end. How to use one is in inline/ring.h.
 *
 * A slot holds a request until the back end has taken it, then a response.
 * The number of slots is the largest power of two that fits.
 */
#ifndef PV_ABI_IO_RING_H
#define PV_ABI_IO_RING_H

#include "../types.h"

typedef uint32_t RING_IDX; /* runs freely, masked when used */

/*
 * Defines, for a device `name`: union name_sring_entry and struct name_sring,
 * which are shared, and struct name_front_ring and name_back_ring, which each
 * end keeps for itself.
 */
#define DEFINE_RING_TYPES(name, request, response)                             \
    union name##_sring_entry {                                                 \
        request req;                                                           \
        response rsp;                                                          \
    };                                                                         \
    struct name##_sring {                                                      \
        RING_IDX req_prod;  /* front: requests written */                      \
        RING_IDX req_event; /* back: notify me at this one */                  \
        RING_IDX rsp_prod;  /* back: responses written */                      \
        RING_IDX rsp_event; /* front: notify me at this one */                 \
        uint8_t __pad[48];                                                     \
        union name##_sring_entry ring[1]; /* as many as fit the page */        \
    };                                                                         \
    struct name##_front_ring {                                                 \
        RING_IDX req_prod_pvt; /* requests prepared */                         \
        RING_IDX rsp_cons;     /* responses taken */                           \
        uint32_t nr_ents;                                                      \
        RING_IDX pushed; /* requests the back end was shown */                 \
        struct name##_sring *sring;                                            \
    };                                                                         \
    struct name##_back_ring {                                                  \
        RING_IDX rsp_prod_pvt; /* responses prepared */                        \
        RING_IDX req_cons;     /* requests taken */                            \
        uint32_t nr_ents;                                                      \
        RING_IDX pushed; /* responses the front end was shown */               \
        struct name##_sring *sring;                                            \
    }

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A domain's console: a ring in one page, between the guest and consoled.
 *
 * Indices run freely and are masked when used; prod - cons bytes are waiting.
 * Who produces: 1. look at cons, write bytes  2. write barrier  3. prod
 * 4. notify. Who consumes: 1. read prod  2. read barrier  3. the bytes
 * 4. barrier  5. cons  6. notify, since the other side may wait for room.
 * A distance greater than the ring is an error of the other side: ignore it.
 * The port and the frame are in start_info.console.
 */
#ifndef PV_ABI_IO_CONSOLE_H
#define PV_ABI_IO_CONSOLE_H

#include "../types.h"

/* The hypercall console_io: the machine's console, dom0's only. */
#define CONSOLEIO_write 0 /* returns 0 */
#define CONSOLEIO_read  1 /* returns bytes; VIRQ_CONSOLE announces some */

#ifndef __ASSEMBLER__

typedef uint32_t XENCONS_RING_IDX;

#define MASK_XENCONS_IDX(idx, ring) ((idx) & (sizeof(ring) - 1))

struct xencons_interface {
    char in[1024];                       /* consoled writes, the guest reads */
    char out[2048];                      /* the guest writes, consoled reads */
    XENCONS_RING_IDX in_cons, in_prod;   /* guest, consoled */
    XENCONS_RING_IDX out_cons, out_prod; /* consoled, guest */
};

#endif /* C */

#endif

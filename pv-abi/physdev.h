/* SPDX-License-Identifier: MIT */
/*
 * physdev_op: interrupts and I/O rights of physical devices. Domains here own
 * no interrupt; what remains is the right to use I/O ports.
 */
#ifndef PV_ABI_PHYSDEV_H
#define PV_ABI_PHYSDEV_H

#include "types.h"

#ifndef __ASSEMBLER__

/* Numbers PHYSDEVOP_<name>; what each does stands in physdev_ops.def. */
enum physdev_cmd {
#define PHYSDEV_OP(nr, name, type, direction, doc) PHYSDEVOP_##name = nr,
#define PHYSDEV_OP_REFUSED(nr, name, error, doc)   PHYSDEVOP_##name = nr,
#include "physdev_ops.def"
};

struct physdev_set_iopl {
    uint32_t iopl; /* IN  0 to 3; the kernel counts as level 1 */
};

struct physdev_set_iobitmap {
    GUEST_PTR(uint8_t) bitmap; /* IN  a clear bit permits the port */
    uint32_t nr_ports;         /* IN  at most 65536 */
    uint32_t _pad;
};

#endif /* C */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * nmi_op: virtual non-maskable interrupts. The reason of a machine's NMI is
 * in shared_info.arch.nmi_reason.
 */
#ifndef PV_ABI_NMI_H
#define PV_ABI_NMI_H

#include "types.h"

#define XENNMI_register_callback   0 /* arg: struct xennmi_callback */
#define XENNMI_unregister_callback 1 /* arg: ignored */

#define XEN_NMIREASON_io_error ABI_U64(1) /* I/O check */
#define XEN_NMIREASON_pci_serr ABI_U64(2) /* PCI SERR */
#define XEN_NMIREASON_unknown  ABI_U64(4)

#ifndef __ASSEMBLER__

struct xennmi_callback {
    uint64_t handler_address; /* IN  va; -EINVAL when not canonical */
    uint64_t pad;
};

#endif /* C */

#endif

/* SPDX-License-Identifier: MIT */
/* Rights to ports, and the launcher's channel. See guest/ioport.h. */
#include <guest/hypercall.h>
#include <guest/ioport.h>
#include <pv-abi/physdev.h>
#include "internal.h"

#define IOPL_KERNEL 1 /* a guest's kernel counts as privilege level 1 */

int ioport_enable(void)
{
    struct physdev_set_iopl op = {.iopl = IOPL_KERNEL};

    return hypercall_physdev_op(PHYSDEVOP_set_iopl, &op);
}

void debugcon_write(const void *bytes, size_t len)
{
    const uint8_t *at = bytes;

    while (len--)
        outb(IOPORT_DEBUGCON, *at++);
}

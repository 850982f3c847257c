/* SPDX-License-Identifier: MIT */
/*
 * Ports of a domain that has no devices: all ones and dropped writes, with a
 * few exceptions that kernels look at while they start.
 * Source: abi/traps-and-privops.md 5.1.
 */
#ifndef X86_IO_H
#define X86_IO_H

#include <stdint.h>

#include "x86/machine.h"

/* bytes: 1, 2 or 4. now_ns: system time. */
uint32_t virtual_port_read(struct virtual_ports *p, uint16_t port,
                           unsigned int bytes, uint64_t now_ns);
void virtual_port_write(struct virtual_ports *p, uint16_t port,
                        unsigned int bytes, uint32_t value, uint64_t now_ns);

#endif

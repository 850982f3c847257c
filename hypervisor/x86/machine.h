/* SPDX-License-Identifier: MIT */
/*
 * The machine's own part of a vCPU: what core/ has no word for. One block,
 * made by hal_vcpu_init (fpu.c), page aligned.
 */
#ifndef X86_MACHINE_H
#define X86_MACHINE_H

#include <stdint.h>

#include "vcpu.h"

/* Ports that a domain without devices finds something behind; io.c. */
struct virtual_ports {
    uint32_t pci_address; /* 0xcf8 */
    uint8_t cmos_index;   /* 0x70 */
    uint8_t gate;         /* 0x61, the bits written */
    /* Channel 2 of the interval timer, counting down once. */
    uint16_t pit_count;
    uint64_t pit_start_ns;
    uint8_t pit_low;
    bool pit_high_next; /* the next byte written is the high one */
    bool pit_read_high; /* the next byte read is the high one */
};

struct vcpu_machine {
    struct virtual_ports ports;
    bool segment_bad; /* percpu's, while this vCPU is off every CPU */
    char xstate[] __attribute__((aligned(64)));
};

static inline struct vcpu_machine *vcpu_machine(const struct vcpu *v)
{
    return v->machine;
}

#endif
